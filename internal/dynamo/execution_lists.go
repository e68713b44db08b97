package dynamo

import (
	"context"
	"slices"
	"strings"

	"switchboard/internal/execution"
	"switchboard/internal/page"
)

// Executions implements execution.Repository. A workflow that is not there has
// none: the filter may name one that was deleted.
func (s *Store) Executions(ctx context.Context, account string, f execution.Filter, q page.Query) (page.Of[execution.Execution], error) {
	l := listing{name: "executions", index: listIndex, newestFirst: true, partition: accountList(account, f.Status)}
	if f.Workflow != "" {
		l.partition = workflowList(account, f.Workflow, f.Status)
	}
	if f.Status != "" {
		l.index = statusIndex
	}
	if f.Looks() {
		l.filtered, l.most = true, execution.MaxLookedThrough
	}
	if !f.StartedBefore.IsZero() {
		l.from = startedSort(f.StartedBefore)
	}
	if !f.StartedAfter.IsZero() {
		l.to = startedSort(f.StartedAfter)
	}
	p, err := pageOf(ctx, s, l, q, func(ctx context.Context, entries []item) ([]*execution.Execution, error) {
		executions, err := s.executionsOf(ctx, entries, f.Status)
		for n, x := range executions {
			if x != nil && !f.Passes(*x) {
				executions[n] = nil
			}
		}
		return executions, err
	})
	return p, doing(err, "listing executions")
}

// executionsOf reads the executions that entries of an index belong to. One is nil
// that is gone, or no longer has the status: the index lags behind the table.
func (s *Store) executionsOf(ctx context.Context, entries []item, status execution.Status) ([]*execution.Execution, error) {
	keys := make([]key, len(entries))
	for n, i := range entries {
		// All items of an execution are in one partition, whichever is indexed.
		keys[n] = key{textOf(i, partitionAttribute), executionKey("", "").sort}
	}
	var executions []*execution.Execution
	err := again(ctx, func() error {
		items, err := s.getAll(ctx, keys)
		if err != nil {
			return err
		}
		executions = make([]*execution.Execution, len(keys))
		var live []*executionItem
		for n, k := range keys {
			i, ok := items[k]
			if !ok {
				continue
			}
			v := &executionItem{}
			if err := unmarshal(i, v); err != nil {
				return err
			}
			if !s.over(v.Expires) && (status == "" || v.Status == status) {
				executions[n], live = (*execution.Execution)(&v.executionFields), append(live, v)
			}
		}
		return fill(ctx, s, live...)
	})
	return executions, err
}

// RunningExecutions implements execution.Repository.
func (s *Store) RunningExecutions(ctx context.Context) ([]execution.Execution, error) {
	var running []execution.Execution
	for shard := range runningShards {
		var entries []item
		err := s.all(ctx, listing{index: listIndex, partition: runningList(shard)}, func(i item) error {
			entries = append(entries, i)
			return nil
		})
		if err != nil {
			return nil, doing(err, "listing what is running")
		}
		executions, err := s.executionsOf(ctx, entries, execution.Running)
		if err != nil {
			return nil, doing(err, "listing what is running")
		}
		for _, x := range executions {
			if x != nil {
				running = append(running, *x)
			}
		}
	}
	slices.SortFunc(running, func(a, b execution.Execution) int {
		if c := a.StartedAt.Compare(b.StartedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return running, nil
}
