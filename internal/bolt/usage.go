package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"switchboard/internal/usage"
)

// usageValue is a day's counts as they are stored, see values.go.
type usageValue struct {
	Executions int64                  `json:"executions,omitempty"`
	Failed     int64                  `json:"failed,omitempty"`
	NodeRuns   int64                  `json:"node_runs,omitempty"`
	Connectors map[string]usage.Calls `json:"connectors,omitempty"`
}

// AddUsage implements usage.Repository.
func (s *Store) AddUsage(ctx context.Context, account, day string, counts usage.Counts) error {
	if counts.None() {
		return nil
	}
	err := s.do(ctx, 0, func(c *change) error {
		key := under(day, account)
		var v usageValue
		if there := c.get(usageBucket, key); there != nil {
			if err := unpack(there, &v); err != nil {
				return err
			}
		}
		sum := usage.Counts(v)
		sum.Add(counts)
		c.store(usageBucket, key, usageValue(sum))
		return nil
	})
	return doing(err, "counting usage")
}

// UsageDays implements usage.Repository.
func (s *Store) UsageDays(ctx context.Context, account, from, to string) (days []usage.Day, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, usageBucket, prefix(account), func(day, value []byte) error {
			if string(day) < from || string(day) > to {
				return nil
			}
			var v usageValue
			err := unpack(value, &v)
			days = append(days, usage.Day{Day: string(day), Counts: usage.Counts(v)})
			return err
		})
	})
	return days, doing(err, "reading usage")
}
