package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
)

// AppendHistory implements execution.Repository. Where the queue is full it waits
// for room. Events of an execution that is not there, because it was swept away
// meanwhile, are dropped.
func (s *Store) AppendHistory(account, id string, events ...asl.Event) error {
	values := make([][]byte, 0, len(events))
	size := 0
	for _, e := range events {
		value, err := packEvent(e)
		if err != nil {
			return doing(err, "writing the history of execution %s", id)
		}
		values = append(values, value)
		size += len(value)
	}
	err := s.queue.add(context.Background(), &write{size: size, apply: func(c *change) error {
		if !c.has(executionBucket, under(id, account)) {
			return noExecution(id)
		}
		history := historyBucket.of(c.tx)
		for _, value := range values {
			// One sequence for all executions: it needs no look at what is there already,
			// and the events of each are still in order.
			n, err := history.NextSequence()
			if err != nil {
				return err
			}
			c.put(historyBucket, historyKey(account, id, n), value)
		}
		return nil
	}})
	return doing(err, "writing the history of execution %s", id)
}

// History implements execution.Repository. It shows all that was queued before.
func (s *Store) History(ctx context.Context, account, id string) (events []asl.Event, err error) {
	err = s.settle(ctx)
	if err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			if executionBucket.of(tx).Get(under(id, account)) == nil {
				return noExecution(id)
			}
			return each(tx, historyBucket, prefix(account, id), func(_, value []byte) error {
				e, err := unpackEvent(value)
				events = append(events, e)
				return err
			})
		})
	}
	if err != nil {
		return nil, doing(err, "reading the history of execution %s", id)
	}
	return events, nil
}
