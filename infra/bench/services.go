package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// slowness is how long the slow service takes to answer.
const slowness = 2 * time.Second

// largeAnswer is more than a state may hold, so that the stack keeps it elsewhere.
const largeAnswer = 300 << 10

// services are those that the workflows of a soak call, each on an address of its own:
// what the stack knows of the health of one must not tell of another.
type services struct {
	well, failing, slow *httptest.Server

	mu    sync.Mutex
	calls map[int]int // by the number of the start that an execution comes from
	timed int         // calls of workflows that a schedule starts, which have no number
}

func newServices() *services {
	s := &services{calls: map[int]int{}}
	large := `{"ok":true,"data":"` + strings.Repeat("large ", largeAnswer/6) + `"}`
	s.well = httptest.NewServer(s.counting(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			_, _ = io.WriteString(w, large)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"total":1200}`)
	}))
	s.failing = httptest.NewServer(s.counting(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	s.slow = httptest.NewServer(s.counting(func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(slowness)
		defer timer.Stop()
		select {
		case <-timer.C:
			_, _ = io.WriteString(w, `{"ok":true}`)
		case <-r.Context().Done():
		}
	}))
	return s
}

// counting counts a call by the number that its body begins with.
func (s *services) counting(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		first, _, _ := strings.Cut(string(body), " ")
		number, err := strconv.Atoi(first)
		s.mu.Lock()
		if err == nil {
			s.calls[number]++
		} else {
			s.timed++
		}
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		answer(w, r)
	})
}

// take gives how many calls came of a start, and forgets them.
func (s *services) take(number int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.calls[number]
	delete(s.calls, number)
	return n
}

func (s *services) byTime() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.timed
}

func (s *services) close() {
	for _, server := range []*httptest.Server{s.well, s.failing, s.slow} {
		server.Close()
	}
}
