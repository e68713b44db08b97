package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"switchboard/functions/console"
)

// withConsole serves the web console beside the API, from the same address. It is
// built when somebody first asks for it: most starts are for the API, and need no
// Node.js and no wait.
func withConsole(ctx context.Context, api http.Handler, progress io.Writer) http.Handler {
	pages := sync.OnceValue(func() http.Handler { return console.Start(ctx, progress, consoleCache()) })
	mux := http.NewServeMux()
	for _, path := range []string{"/v1/", "/hooks/", "/openapi.json", "/healthz"} {
		mux.Handle(path, api)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { pages().ServeHTTP(w, r) })
	return mux
}

// consoleCache is where built pages are kept: they belong to the source, not to the
// data, so every stack of this user shares them.
func consoleCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "switchboard", "console")
}
