package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/execution"
	"switchboard/internal/workflow"
)

// leftKey names a version of a workflow that was deleted. One that is imported again has
// the same id, and counts its versions anew: what tells them apart is when they were
// published.
func leftKey(account, workflow string, number int, published time.Time) []byte {
	return appendTime(versionKey(account, workflow, number), published)
}

// leave keeps those versions of a workflow that is being deleted which executions run.
// They are found by VersionLeft alone, until a sweep finds that nothing runs them.
func (c *change) leave(account, id string) error {
	running, err := runningOf(c.tx, account, id)
	if err != nil || len(running) == 0 {
		return err
	}
	return each(c.tx, versionBucket, prefix(account, id), func(number, value []byte) error {
		v, err := unpackVersion(account, id, int(binary.BigEndian.Uint64(number)), value)
		if err == nil && slices.ContainsFunc(running, func(x execution.Execution) bool { return x.Version == v.Number && x.Ran(v) }) {
			c.put(leftVersionBucket, leftKey(account, id, v.Number, v.PublishedAt), bytes.Clone(value))
		}
		return err
	})
}

// runningOf reads the executions of a workflow that have not ended.
func runningOf(tx *bbolt.Tx, account, id string) (running []execution.Execution, err error) {
	err = each(tx, executionsByBucket, listingPrefix(account, id, execution.Running), func(rest, _ []byte) error {
		x, err := executionIn(tx, account, string(rest[timeBytes:]))
		running = append(running, x)
		return err
	})
	return running, err
}

// VersionLeft implements execution.Left.
func (s *Store) VersionLeft(ctx context.Context, x execution.Execution) (v workflow.Version, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		below := versionKey(x.Account, x.Workflow, x.Version)
		if !x.Published.IsZero() {
			below = leftKey(x.Account, x.Workflow, x.Version, x.Published)
		}
		found := false
		err := each(tx, leftVersionBucket, below, func(_, value []byte) error { // the newest, where it is not known which
			found = true
			v, err = unpackVersion(x.Account, x.Workflow, x.Version, value)
			return err
		})
		if err == nil && !found {
			return noVersion(x.Workflow, x.Version)
		}
		return err
	})
	return v, doing(err, "reading version %d of workflow %s, which was deleted", x.Version, x.Workflow)
}

// sweepLeft removes what was left of workflows that were deleted and that nothing runs
// any more.
func (s *Store) sweepLeft(ctx context.Context) error {
	none := false
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		k, _ := leftVersionBucket.of(tx).Cursor().First()
		none = k == nil
		return nil
	})
	if err != nil || none {
		return err
	}
	return s.do(ctx, 0, func(c *change) error {
		needed := map[string][]execution.Execution{}
		return each(c.tx, leftVersionBucket, nil, func(key, _ []byte) error {
			account, rest, err := cut(key)
			if err != nil {
				return err
			}
			id, rest, err := cut(rest)
			if err != nil {
				return err
			}
			below := string(prefix(account, id))
			running, known := needed[below]
			if !known {
				if running, err = runningOf(c.tx, account, id); err != nil {
					return err
				}
				needed[below] = running
			}
			number := int(binary.BigEndian.Uint64(rest))
			if !slices.ContainsFunc(running, func(x execution.Execution) bool {
				return x.Version == number && (x.Published.IsZero() || bytes.Equal(key, leftKey(account, id, number, x.Published)))
			}) {
				c.remove(leftVersionBucket, bytes.Clone(key))
			}
			return nil
		})
	})
}
