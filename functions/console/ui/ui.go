// Package ui is the web console: a single-page application that talks to the public
// HTTP API and to nothing else. Its source is beside this file, its design notes are
// in README.md.
//
// The built files are not in the repository. Build makes them where Node.js is
// installed; Local does so beside a running API and says meanwhile what is going on.
// For AWS, sam build has the Makefile one folder up put them beside the function's
// program. What a browser may do with the pages is said once, in setHeaders and in the
// policy of SignIn.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// index is the page that every address of the application gets.
const index = "index.html"

// file is a built file, ready to be sent.
type file struct {
	name        string
	contentType string
	etag        string
	plain       []byte
	gzipped     func() []byte // once somebody asks for it; nil where it is not text
	immutable   bool          // its name changes with its content
}

type handler struct {
	files  map[string]*file // by path without the first slash
	policy string
}

// Handler serves built files, and beside them how people sign in. They are read at
// once, and compressed when they are first asked for; later changes of files are not
// seen. An address that is no file gets the application's page, which knows what to
// show there.
func Handler(files fs.FS, signIn SignIn) (http.Handler, error) {
	h := &handler{files: map[string]*file{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		h.files[name], err = read(files, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the console's files: %w", err)
	}
	if h.files[index] == nil {
		return nil, errors.New("reading the console's files: there is no " + index)
	}
	if h.files[signInFile], err = signIn.file(); err != nil {
		return nil, err
	}
	h.policy, err = signIn.policy()
	return h, err
}

func read(files fs.FS, name string) (*file, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return newFile(name, content), nil
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		name: name, plain: content, contentType: mime.TypeByExtension(path.Ext(name)),
		etag: hex.EncodeToString(sum[:12]), immutable: strings.HasPrefix(name, "assets/"),
	}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if isText(f.contentType) {
		f.gzipped = sync.OnceValue(func() []byte { return compress(content) })
	}
	return f
}

func isText(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(mediaType, "text/") || mediaType == "image/svg+xml" || mediaType == "application/json"
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	_, _ = w.Write(content)                               // a buffer takes whatever is written
	_ = w.Close()
	return b.Bytes()
}

// ServeHTTP sends a file.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header(), h.policy)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address takes GET only.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f := h.files[name]
	if f == nil {
		if path.Ext(name) != "" || strings.HasPrefix(name, "assets/") {
			// A script that was asked for must not get a page.
			http.Error(w, "There is nothing at this address.", http.StatusNotFound)
			return
		}
		f = h.files[index]
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", "no-cache")
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content, etag := f.plain, f.etag
	if f.gzipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			content, etag = f.gzipped(), f.etag+"-gz"
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(content))
}

// takesGzip reads an Accept-Encoding header.
func takesGzip(accepted string) bool {
	for part := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && !strings.HasPrefix(weight, "q=0.000")
		}
	}
	return false
}

func setHeaders(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// Beside gives the API what is the API's, and the console every other page.
func Beside(api, console http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPage(r) {
			console.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// isPage says whether a request is for the console. The API has what begins with
// one of its own words, and whatever is not for reading.
func isPage(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "v1", "hooks", "approvals", "healthz", "readyz", "metrics", "openapi.json":
		return false
	default:
		return true
	}
}
