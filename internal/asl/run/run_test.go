package run_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard/internal/asl"
)

// TestScenarios runs every machine in testdata in virtual time.
func TestScenarios(t *testing.T) {
	all := scenarios(t)
	for _, name := range sortedKeys(all) {
		s := all[name]
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := newWorld(s), &journal{}
				res, err := load(t, s.Definition).Run(t.Context(), w.execution(), nil, w.env(j))
				if err != nil {
					t.Fatalf("%s: Run: %v", s.About, err)
				}
				t.Log(s.About)
				checkResult(t, res, s.Result)
				checkHistory(t, j.events)
				if s.Path != nil && !slices.Equal(path(j.events), s.Path) {
					t.Errorf("path %v, want %v", path(j.events), s.Path)
				}
				if s.Calls != nil {
					if diff := cmp.Diff(s.Calls, w.calls(s.Unordered || s.Racy), cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("calls (-want +got)\n%s", diff)
					}
				}
				if s.Took != "" && time.Since(start).String() != s.Took {
					t.Errorf("took %s, want %s", time.Since(start), s.Took)
				}
			})
		})
	}
}

// TestReplay cuts the history of every machine after each event, which is every
// moment at which the process can have died, and goes on from there.
func TestReplay(t *testing.T) {
	all := scenarios(t)
	for _, name := range sortedKeys(all) {
		s := all[name]
		t.Run(name, func(t *testing.T) {
			whole := &journal{}
			w := newWorld(s)
			synctest.Test(t, func(t *testing.T) {
				if _, err := load(t, s.Definition).Run(t.Context(), w.execution(), nil, w.env(whole)); err != nil {
					t.Fatalf("Run: %v", err)
				}
			})
			for cut := range len(whole.events) + 1 {
				synctest.Test(t, func(t *testing.T) { replay(t, s, w, whole, cut) })
			}
		})
	}
}

// replay goes on from the first cut events of a run that has ended.
func replay(t *testing.T, s scenario, first *world, whole *journal, cut int) {
	past := slices.Clone(whole.events[:cut])
	if cut > 0 {
		time.Sleep(time.Until(past[cut-1].At))
	}
	w, j := newWorld(s), &journal{}
	for token, at := range first.asked {
		if !at.After(time.Now()) {
			w.asked[token], w.tokens[token] = at, first.tokens[token]
		}
	}
	res, err := load(t, s.Definition).Run(t.Context(), w.execution(), past, w.env(j))
	if err != nil {
		t.Fatalf("after %d events: %v", cut, err)
	}
	checkResult(t, res, s.Result)
	known := outcomes(past)
	for _, c := range w.invoked {
		if known[key(c.Frame, c.Step, c.Attempt)] {
			t.Errorf("after %d events: attempt %d of %q in %q was made again", cut, c.Attempt, c.State, c.Frame)
		}
	}
	joined := slices.Concat(past, j.events)
	checkHistory(t, joined)
	if !s.Racy {
		if diff := cmp.Diff(frames(whole.events), frames(joined)); diff != "" {
			t.Errorf("after %d events the histories differ (-whole +joined)\n%s", cut, diff)
		}
	}
	again := &journal{}
	w = newWorld(s)
	checkEnded(t, s, w, joined, again)
	if len(again.events) > 0 || len(w.invoked) > 0 {
		t.Errorf("after %d events: an ended execution made %d events and %d calls", cut, len(again.events), len(w.invoked))
	}
	w = newWorld(s)
	checkEnded(t, s, w, joined[:len(joined)-1], again)
	if len(again.events) != 1 || len(w.invoked) > 0 {
		t.Errorf("after %d events: writing the lost end made %d events and %d calls", cut, len(again.events), len(w.invoked))
	}
}

func checkEnded(t *testing.T, s scenario, w *world, past []asl.Event, j *journal) {
	t.Helper()
	res, err := load(t, s.Definition).Run(t.Context(), w.execution(), past, w.env(j))
	if err != nil {
		t.Fatalf("replaying %d events: %v", len(past), err)
	}
	checkResult(t, res, s.Result)
}
