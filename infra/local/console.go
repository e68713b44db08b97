package main

import (
	"context"
	"io"
	"net/http"
	"sync"

	"switchboard/functions/console/ui"
)

// withConsole serves the web console beside the API, from the same address. It is
// built when somebody first asks for it: most starts are for the API, and need no
// Node.js and no wait. People sign in as signIn says, or with a token.
func withConsole(ctx context.Context, api http.Handler, progress io.Writer, signIn ui.SignIn) (http.Handler, error) {
	dir, err := ui.CacheDir()
	if err != nil {
		return nil, err
	}
	pages := sync.OnceValue(func() http.Handler { return ui.Start(ctx, progress, dir, signIn) })
	return ui.Beside(api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages().ServeHTTP(w, r) })), nil
}
