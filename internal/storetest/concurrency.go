package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// racers is how many do the same at once.
const racers = 32

// race runs f by all of them, as nearly at once as can be.
func race(f func(n int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for n := range racers {
		wg.Go(func() {
			<-begin
			f(n)
		})
	}
	close(begin)
	wg.Wait()
}

func testConcurrency(t *testing.T, open func(testing.TB) Stores) {
	t.Run("OneBegins", func(t *testing.T) {
		s := open(t)
		var began atomic.Int32
		race(func(n int) {
			r := aRecord(task.Begun)
			r.Reason = fmt.Sprint(n)
			stored, first, err := s.Records.Begin(t.Context(), aKey("a"), r)
			if err != nil {
				t.Error(err)
			}
			if first {
				began.Add(1)
			} else if stored.State != task.Begun {
				t.Errorf("a loser is given %+v", stored)
			}
		})
		want(t, 1, began.Load(), nil)
	})
	t.Run("OneBeginsAfterARelease", func(t *testing.T) {
		s := open(t)
		must(t, s.Records.Put(t.Context(), aKey("a"), aRecord(task.Released)))
		var began atomic.Int32
		race(func(int) {
			_, first, err := s.Records.Begin(t.Context(), aKey("a"), aRecord(task.Begun))
			if err != nil {
				t.Error(err)
			}
			if first {
				began.Add(1)
			}
		})
		want(t, 1, began.Load(), nil)
	})
	t.Run("OneEnds", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		var won atomic.Int32
		statuses := []execution.Status{execution.Succeeded, execution.Stopped}
		var ends [2]atomic.Int32
		race(func(n int) {
			err := s.Executions.FinishExecution(t.Context(), ended(anExecution(1), statuses[n%2]))
			if err == nil {
				won.Add(1)
				ends[n%2].Add(1)
			} else {
				wantFault(t, fault.AlreadyEnded, err)
			}
		})
		want(t, 1, won.Load(), nil)
		x, err := s.Executions.Execution(t.Context(), account, anExecution(1).ID)
		if err != nil || ends[0].Load() == 1 != (x.Status == execution.Succeeded) {
			t.Errorf("it ended as %s, which is not what the winner said (%v)", x.Status, err)
		}
	})
	t.Run("OneStarts", func(t *testing.T) {
		s := open(t)
		var created atomic.Int32
		var ids sync.Map
		race(func(n int) {
			x := anExecution(n)
			x.IdempotencyKey = "order-1"
			stored, isNew, err := s.Executions.StartExecution(t.Context(), x)
			if err != nil {
				t.Error(err)
			}
			if isNew {
				created.Add(1)
			}
			ids.Store(stored.ID, true)
		})
		want(t, 1, created.Load(), nil)
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		want(t, 1, n, nil)
		running, err := s.Executions.RunningExecutions(t.Context())
		want(t, 1, len(running), err)
	})
	t.Run("OneUpdatesARevision", func(t *testing.T) {
		s := withWorkflow(t, open)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		var drafts, creds, versions atomic.Int32
		count := func(n *atomic.Int32, err error, loser fault.Code) {
			if err == nil {
				n.Add(1)
			} else {
				wantFault(t, loser, err)
			}
		}
		race(func(int) {
			count(&drafts, s.Workflows.UpdateWorkflow(t.Context(), aWorkflow(1)), fault.PreconditionFailed)
			count(&creds, s.Credentials.UpdateCredential(t.Context(), aCredential(1), nil), fault.Conflict)
			count(&versions, s.Workflows.Publish(t.Context(), aVersion(1), ""), fault.Conflict)
		})
		want(t, []int32{1, 1, 1}, []int32{drafts.Load(), creds.Load(), versions.Load()}, nil)
		w, err := s.Workflows.Workflow(t.Context(), account, aWorkflow(1).ID)
		want(t, []int64{2, 1, 1}, []int64{w.Revision, int64(w.Latest), int64(w.Published)}, err)
	})
	t.Run("LosersDoNotDisturbTheOthers", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1000)))
		race(func(n int) {
			for i := range 10 {
				k := aKey(fmt.Sprintf("n%d_%d", n, i))
				if _, began, err := s.Records.Begin(t.Context(), k, aRecord(task.Begun)); err != nil || !began {
					t.Errorf("Begin = %v, %v", began, err)
				}
				wantFault(t, fault.Conflict, s.Agents.CreateAgent(t.Context(), anAgent(1000)))
				if _, err := s.Records.Record(t.Context(), k); err != nil {
					t.Errorf("what was written cannot be read: %v", err)
				}
			}
		})
		records, err := s.Records.RecordsOf(t.Context(), account, idOf("exe", 1))
		want(t, 10*racers, len(records), err)
	})
	t.Run("HistoryIsInTheOrderOfItsWriter", func(t *testing.T) {
		s := open(t)
		const events = 100
		race(func(n int) {
			start(t, s, anExecution(n))
			for i, size := 0, 1; i < events; i, size = i+size, 5-size { // one and four, by turns
				var more []asl.Event
				for step := i; step < i+size; step++ {
					more = append(more, asl.Event{Kind: asl.StateEntered, Step: step, At: at(step)})
				}
				if err := s.Executions.AppendHistory(account, anExecution(n).ID, more...); err != nil {
					t.Error(err)
				}
			}
			history, err := s.Executions.History(t.Context(), account, anExecution(n).ID)
			if err != nil || len(history) != events {
				t.Errorf("%d events, %v; want %d", len(history), err, events)
			}
			for i, e := range history {
				if e.Step != i {
					t.Errorf("event %d is number %d", i, e.Step)
					return
				}
			}
		})
	})
}
