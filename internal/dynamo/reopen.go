package dynamo

import (
	"context"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// ReopenExecution implements execution.Repository. There may be more records than one
// write can release: that is left to who calls.
func (s *Store) ReopenExecution(ctx context.Context, account, id string, redriven asl.Event, _ ...string) (x execution.Execution, err error) {
	err = again(ctx, func() error {
		x, err = s.reopen(ctx, account, id, redriven)
		return err
	})
	if err != nil {
		return execution.Execution{}, doing(err, "reopening execution %s", id)
	}
	return x, nil
}

// reopen undoes what finish did: nothing of the execution goes any more. The history
// is kept before it is reopened: kept for too long it does no harm, for too short it
// would.
func (s *Store) reopen(ctx context.Context, account, id string, redriven asl.Event) (execution.Execution, error) {
	v, err := s.executionHead(ctx, account, id)
	if err != nil {
		return execution.Execution{}, err
	}
	if v.Status == execution.Running || v.Status == execution.Succeeded {
		return execution.Execution{}, fault.New(fault.Conflict,
			"Only an execution that has failed, timed out or was stopped can go on again; this one is %s.", v.Status)
	}
	events, err := packEvents([]asl.Event{redriven})
	if err != nil {
		return execution.Execution{}, err
	}
	expires := s.lastExpiry()
	if err := s.keepHistory(ctx, v, expires); err != nil {
		return execution.Execution{}, err
	}
	if err := s.keepValues(ctx, account, id, expires); err != nil {
		return execution.Execution{}, err
	}
	writes := []write{
		{
			key: executionKey(account, id),
			update: "SET #status = :running, #stopped_at = :never, #status_list = :list, #history = :next " +
				"REMOVE #error, #output, #expires",
			values: values{
				":running": execution.Running, ":never": time.Time{}, ":status": v.Status, ":history": v.History,
				":next": v.History + 1, ":list": workflowList(account, v.Workflow, execution.Running),
			},
			when: exists + " AND #status = :status AND #history = :history", fails: moved,
		},
		{
			key: listingKey(account, id), update: "SET #status_list = :list REMOVE #expires",
			values: values{":list": accountList(account, execution.Running)},
		},
		{key: runningKey(account, id), put: runningEntry(v.executionFields)},
		{key: historyKey(account, id, v.History+1), put: historyItem{events[0], expires}},
	}
	for _, k := range v.InputBody.keys(inputChunks(account, id)) {
		writes = append(writes, write{key: k, update: "REMOVE #expires", when: exists, fails: moved})
	}
	writes = append(writes, removals(v.OutputBody.keys(outputChunks(account, id)))...)
	if err := s.transact(ctx, writes...); err != nil {
		return execution.Execution{}, err
	}
	return s.execution(ctx, account, id)
}
