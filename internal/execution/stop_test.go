package execution_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// ending is a runner whose executions end in some way when they are to be stopped.
type ending struct {
	execution.Runner
	store *bolt.Store
	as    execution.Status
}

func (e ending) Stop(ctx context.Context, x execution.Execution, _ string) error {
	x.Status, x.StoppedAt = e.as, time.Now()
	if err := e.store.FinishExecution(ctx, x); err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return err
	}
	return nil
}

// TestStop: the one stop that counted is told and in the audit, and no other.
func TestStop(t *testing.T) {
	for name, c := range map[string]struct {
		as      execution.Status
		stopped int
	}{
		"OfManyOneCounts":            {execution.Stopped, 1},
		"ErrItEndedByItselfMeantime": {execution.Succeeded, 0},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}()
			x := execution.Execution{ID: "exe_1", Account: "acc_1", Workflow: "wf_1", Status: execution.Running, StartedAt: time.Now()}
			if _, _, err := store.StartExecution(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			service := execution.NewService(execution.Config{Repository: store, Records: store, Runner: ending{store: store, as: c.as}, Now: time.Now})
			errs := make([]error, 10)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					_, errs[i] = service.Stop(t.Context(), account.Principal{Account: "acc_1", Actor: "owner"}, x.ID, "")
				})
			}
			all.Wait()
			stopped := 0
			for _, err := range errs {
				if err == nil {
					stopped++
				} else if !fault.Is(err, fault.AlreadyEnded) {
					t.Error(err)
				}
			}
			entries, err := store.Audit(t.Context(), "acc_1", audit.Filter{}, page.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if stopped != c.stopped || len(entries.Items) != c.stopped {
				t.Errorf("%d stops were answered as done, %d are in the audit, want %d; errors: %v", stopped, len(entries.Items), c.stopped, errors.Join(errs...))
			}
		})
	}
}
