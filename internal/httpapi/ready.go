package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// Check looks at one part that everything depends on. The error is for people who look
// after the deployment: a fault's message, no cause.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// checkTimeout is how long a part may take: what answers later is of no use either.
const checkTimeout = 5 * time.Second

type partView struct {
	Status  string `json:"status"` // "ok" or "failing"
	Problem string `json:"problem,omitempty"`
}

type readyView struct {
	Status string              `json:"status"`
	Parts  map[string]partView `json:"parts"`
}

// ready says of every part whether it works: 200, or 503 if one does not. It needs no
// token, as who asks is a load balancer, and tells nothing of any account.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	view, status := readyView{Status: "ok", Parts: map[string]partView{}}, http.StatusOK
	var mu sync.Mutex
	var asked sync.WaitGroup
	for _, check := range s.Checks {
		asked.Go(func() {
			err := check.Run(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				view.Parts[check.Name] = partView{Status: "ok"}
				return
			}
			view.Parts[check.Name] = partView{Status: "failing", Problem: fault.Of(err).Message}
			view.Status, status = "failing", http.StatusServiceUnavailable
			s.Log.ErrorContext(r.Context(), "a part does not work", "part", check.Name, "error", err)
		})
	}
	asked.Wait()
	writeJSON(w, status, mediaJSON, view)
}

// metrics serves the counts of this process, which are of all accounts, to who looks
// after one.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	p, err := s.authenticate(r)
	if err == nil && (!p.Role.Includes(account.Admin) || p.Agent != "") {
		err = tooSmall(p, account.Admin)
	}
	if err != nil {
		writeProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if err := s.Metrics(w); err != nil {
		s.Log.WarnContext(r.Context(), "writing metrics", "error", err)
	}
}
