package local

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"switchboard/internal/fault"
)

// Addresses at which other commands on this machine ask a running stack.
const (
	adminPrefix    = "/admin/"
	adminBackup    = adminPrefix + "backup"
	adminRotateKey = adminPrefix + "rotate-key"
	adminExport    = adminPrefix + "export"
	adminImport    = adminPrefix + "import"
)

// doorway is the file by which commands find the stack that has a data folder open.
// Who may read the folder may do everything with what is in it, so a secret that
// stands there lets in just those.
type doorway struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Admin serves, beside next, what the commands of this machine ask for, and
// writes down that they find it at url. The secret is another one at every start.
func (s *Stack) Admin(data, url string, next http.Handler) (http.Handler, error) {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	at := doorway{URL: url, Secret: base64.RawURLEncoding.EncodeToString(random)}
	text, err := json.Marshal(at) //nolint:gosec // the secret is for the file that only the owner can read
	if err != nil {
		return nil, err
	}
	s.runningFile = filepath.Join(data, runningFile)
	// One that a killed process left behind may have lost its mode by a restore.
	if err := os.Remove(s.runningFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, folderError(data, err)
	}
	if err := os.WriteFile(s.runningFile, text, 0o600); err != nil {
		return nil, folderError(data, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+adminBackup, s.serveBackup)
	mux.HandleFunc("POST "+adminRotateKey, s.serveRotateKey)
	mux.HandleFunc("GET "+adminExport, s.serveExport)
	mux.HandleFunc("POST "+adminImport, s.serveImport)
	mux.HandleFunc("GET "+adminRotateKey, func(w http.ResponseWriter, _ *http.Request) { writeAnswer(w, s.rotation.progress()) })
	want := sha256.Sum256([]byte(at.Secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, adminPrefix) {
			next.ServeHTTP(w, r)
			return
		}
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(bearer))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			http.Error(w, "The commands of this machine ask here.", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

func (s *Stack) serveBackup(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := s.store.Snapshot(w); err != nil {
		panic(http.ErrAbortHandler) // half a copy must not look like a whole one
	}
}

func (s *Stack) serveRotateKey(w http.ResponseWriter, r *http.Request) {
	if err := s.rotation.begin(r.Context()); err != nil {
		s.refuse(w, r, err)
		return
	}
	writeAnswer(w, s.rotation.progress())
}

// refuse says why a command was not done. What is not the caller's mistake is logged.
func (s *Stack) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := fault.Of(err).Code.Means().Status
	if status >= http.StatusInternalServerError {
		s.rotation.log.ErrorContext(r.Context(), "a command of this machine failed", "path", r.URL.Path, "error", err)
	}
	http.Error(w, inWords(err), status)
}

func writeAnswer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has gone
}
