package eventbridge_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/mototest"
	"switchboard/internal/workflow"
)

// startMoto runs moto with the repairs of package stepfn's tests, furnished.
func startMoto(t *testing.T) (address string) {
	t.Helper()
	folder := filepath.Join("..", "asl", "testdata", "peer")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "jsonata")); err != nil {
		mototest.Missing(t, "the reference implementation of JSONata is not installed: run npm ci in internal/asl/testdata/peer")
	}
	address = mototest.StartScript(t, filepath.Join("..", "stepfn", "testdata", "peer.py"), filepath.Join(folder, "jsonata.js"), "http://functions.invalid")
	furnish(t, address)
	return address
}

// step is what a user does, with a service whose calls to AWS may go wrong.
type step func(w *world, s *workflow.Service, id string) error

func publishing(w *world, s *workflow.Service, id string) error {
	_, _, err := s.Publish(w.t.Context(), owner, id, nil)
	return err
}

func unpublishing(w *world, s *workflow.Service, id string) error {
	_, err := s.Unpublish(w.t.Context(), owner, id)
	return err
}

func rollingBack(w *world, s *workflow.Service, id string) error {
	_, err := s.Rollback(w.t.Context(), owner, id, 1)
	return err
}

func deleting(w *world, s *workflow.Service, id string) error {
	return s.Delete(w.t.Context(), owner, id)
}

// TestRepair has every call to AWS go wrong in turn, before it has got there and after.
// Doing the same again leaves what would be there had nothing gone wrong. Where calls
// are throttled at first, nothing has to be done again.
func TestRepair(t *testing.T) {
	address := startMoto(t)
	for _, c := range []struct {
		name   string
		before []string // triggers of the versions that are published before
		draft  string   // and of the draft, if it is another one
		do     step
		again  step // what repairs, if it is not the same
		want   []string
	}{
		{"PublishSchedule", nil, hourly, publishing, nil, []string{"schedule"}},
		{"PublishBothDays", []string{hourly}, bothDays, publishing, nil, []string{"schedule", "schedule-weekday"}},
		{"PublishEvent", []string{bothDays}, orders, publishing, nil, []string{"rule", "target triggers"}},
		{"PublishScheduleAfterEvent", []string{orders}, rate, publishing, nil, []string{"schedule"}},
		{"PublishManualAfterEvent", []string{orders}, manual, publishing, nil, nil},
		{"UnpublishEvent", []string{anything}, "", unpublishing, nil, nil},
		{"UnpublishSchedule", []string{bothDays}, "", unpublishing, nil, nil},
		{"UnpublishRepairsAPublication", []string{hourly}, orders, publishing, unpublishing, nil},
		{"Rollback", []string{hourly, orders}, "", rollingBack, nil, []string{"schedule"}},
		{"Delete", []string{bothDays}, "", deleting, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			again := c.again
			if again == nil {
				again = c.do
			}
			// prepare makes a workflow of its own, and does the step with some calls going wrong.
			prepare := func(t *testing.T, way *transport) (w *world, id string, err error) {
				t.Helper()
				w = newWorld(t, address)
				id = w.create(manual)
				for _, trigger := range c.before {
					w.draft(id, trigger)
					w.publish(id)
				}
				if c.draft != "" {
					w.draft(id, c.draft)
				}
				way.next = http.DefaultClient
				return w, id, c.do(w, w.workflows(way), id)
			}
			way := &transport{}
			w, id, err := prepare(t, way)
			w.must(err)
			if c.again != nil {
				w.must(again(w, w.workflows(http.DefaultClient), id))
			}
			want, machine := w.made(id), w.startable(id) != ""
			for _, part := range c.want {
				if want[part] == nil {
					t.Errorf("undisturbed, there is no %s: %v", part, want)
				}
			}
			if len(want) != len(c.want) {
				t.Errorf("undisturbed, there is %v", want)
			}
			t.Run("EveryCallIsThrottledAtFirst", func(t *testing.T) {
				way := &transport{alternate: true, code: "ThrottlingException"}
				w, id, err := prepare(t, way)
				w.must(err)
				if c.again != nil {
					w.must(again(w, w.workflows(http.DefaultClient), id))
				}
				if diff := cmp.Diff(want, w.made(id)); diff != "" || way.calls%2 != 0 {
					t.Errorf("after throttling, and %d calls, other than undisturbed (-want +got):\n%s", way.calls, diff)
				}
			})
			for at := 1; at <= way.calls; at++ {
				for _, after := range []bool{false, true} {
					if after && way.machines[at] {
						continue // package stepfn's tests have that
					}
					t.Run(fmt.Sprintf("Call%d/after=%v", at, after), func(t *testing.T) {
						w, id, err := prepare(t, &transport{at: at, after: after, code: "AccessDeniedException"})
						if err == nil {
							t.Error("a call went wrong, and nobody noticed")
						}
						w.must(again(w, w.workflows(http.DefaultClient), id))
						if diff := cmp.Diff(want, w.made(id)); diff != "" {
							t.Errorf("after a repair, other than undisturbed (-want +got):\n%s", diff)
						}
						if got := w.startable(id) != ""; got != machine {
							t.Errorf("what serves can be started: %v, want %v", got, machine)
						}
					})
				}
			}
		})
	}
}
