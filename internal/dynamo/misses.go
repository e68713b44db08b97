package dynamo

import (
	"context"
	"slices"
	"time"

	"switchboard/internal/workflow"
)

// missItem is a workflow.Miss, until it is too old to be shown.
type missItem struct {
	Account  string              `dynamodbav:"account"`
	Workflow string              `dynamodbav:"workflow"`
	Trigger  string              `dynamodbav:"trigger"`
	Reason   workflow.MissReason `dynamodbav:"reason"`
	Due      time.Time           `dynamodbav:"due"`
	Event    string              `dynamodbav:"event"`
	First    time.Time           `dynamodbav:"first"`
	Last     time.Time           `dynamodbav:"last"`
	Count    int64               `dynamodbav:"count"`
}

// expiringMiss is one as it is first stored.
type expiringMiss struct {
	missItem
	Expires int64 `dynamodbav:"expires"`
}

// AddMiss implements workflow.Misses. DynamoDB adds; one that is over, but is not gone
// yet, begins anew.
func (s *Store) AddMiss(ctx context.Context, m workflow.Miss) error {
	now := s.now()
	expires := now.Add(workflow.MissesKept).Unix()
	m.First, m.Last, m.Count = now, now, 1
	err := again(ctx, func() error {
		fresh := s.transact(ctx, write{
			key: missKey(m), put: expiringMiss{missItem(m), expires}, when: notExists + " OR #expires <= :now", values: values{":now": now.Unix()}, fails: moved,
		})
		if fresh != errMoved { //nolint:errorlint // it is never wrapped
			return fresh
		}
		return s.transact(ctx, write{
			key:    missKey(m),
			update: "ADD #count :one SET #trigger = :trigger, #due = :due, #event = :event, #last = :last, #expires = :expires",
			values: values{
				":one": 1, ":trigger": m.Trigger, ":due": m.Due, ":event": m.Event, ":last": m.Last, ":expires": expires, ":now": now.Unix(),
			},
			when: exists + " AND #expires > :now", fails: moved,
		})
	})
	return doing(err, "noting a start of %s that was missed", m.Workflow)
}

// Misses implements workflow.Misses.
func (s *Store) Misses(ctx context.Context, account string) (misses []workflow.Miss, err error) {
	now := s.now()
	err = s.all(ctx, listing{partition: missKey(workflow.Miss{Account: account}).partition}, func(i item) error {
		var v missItem
		err := unmarshal(i, &v)
		if now.Sub(v.Last) < workflow.MissesKept {
			misses = append(misses, workflow.Miss(v))
		}
		return err
	})
	slices.SortStableFunc(misses, func(a, b workflow.Miss) int { return b.Last.Compare(a.Last) })
	return misses, doing(err, "reading what was missed")
}
