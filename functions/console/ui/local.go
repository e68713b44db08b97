package ui

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"net/http"
	"sync/atomic"
)

var (
	//go:embed waiting.html
	waitingText string
	//go:embed waiting.css
	waitingStyle []byte
)

// Local is the console of a local stack. It builds the pages in the background, and
// until they are there it serves one that says so and asks again; the API beside it
// never waits.
type Local struct {
	current atomic.Pointer[http.Handler]
	signIn  SignIn
	done    chan struct{}
}

// Start begins to build. It ends with the context. log gets the progress.
func Start(ctx context.Context, log io.Writer, cacheDir string, signIn SignIn) *Local {
	l := &Local{signIn: signIn, done: make(chan struct{})}
	l.show(waiting{Title: "The console is being built", Text: "This happens once, and takes less than a minute. The page opens by itself.", Again: true})
	go func() {
		defer close(l.done)
		l.build(ctx, log, cacheDir)
	}()
	return l
}

func (l *Local) build(ctx context.Context, log io.Writer, cacheDir string) {
	files, err := Build(ctx, log, cacheDir)
	var pages http.Handler
	if err == nil {
		pages, err = Handler(files, l.signIn)
	}
	switch noNode, missing := errors.AsType[*NoNodeError](err); {
	case err == nil:
		l.current.Store(&pages)
	case ctx.Err() != nil:
	case missing:
		_, _ = io.WriteString(log, "console: "+noNode.Error()+" The API works without it.\n")
		l.show(waiting{
			Title: "The console needs Node.js", Text: noNode.Error() + " The API works without it.",
			Steps: []string{"Install Node.js from nodejs.org, or with your system's package manager.", "Start Switchboard again."},
		})
	default:
		_, _ = io.WriteString(log, "console: "+err.Error()+"\n")
		l.show(waiting{
			Title: "The console could not be built", Text: "The API works without it. This is what went wrong:", Said: err.Error(),
			Steps: []string{"If packages could not be fetched, check the network and npm's settings.", "Start Switchboard again."},
		})
	}
}

// Done is closed when the build has ended, well or not.
func (l *Local) Done() <-chan struct{} { return l.done }

// ServeHTTP serves the pages, or says why there are none.
func (l *Local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*l.current.Load()).ServeHTTP(w, r)
}

// waiting is what the page says while there is no console.
type waiting struct {
	Title, Text, Said string
	Steps             []string
	Again             bool // the browser should ask again
}

func (l *Local) show(page waiting) {
	text := template.Must(template.New("waiting").Parse(waitingText))
	policy, _ := SignIn{}.policy() // nobody signs in here, which is no error
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), policy)
		w.Header().Set("Cache-Control", "no-store")
		if r.URL.Path == "/waiting.css" {
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
			_, _ = w.Write(waitingStyle) // an error means that the client has gone
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = text.Execute(w, page)
	})
	l.current.Store(&h)
}
