package dynamo

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/audit"
)

// countItem is what was counted, and is not in the audit yet. Whoever counts may not
// write there.
type countItem struct {
	Account  string       `dynamodbav:"account"`
	Actor    string       `dynamodbav:"actor"`
	Action   audit.Action `dynamodbav:"action"`
	Resource string       `dynamodbav:"resource"`
	Agent    string       `dynamodbav:"agent"`
	Reason   string       `dynamodbav:"reason"`
	Since    time.Time    `dynamodbav:"since"`
	Last     time.Time    `dynamodbav:"last"`
	Count    int64        `dynamodbav:"count"`
	Moved    int64        `dynamodbav:"moved"` // how often some of it has gone into the audit
}

// Count implements audit.Counter: DynamoDB adds, so that those who count at the same
// time do not wait for each other.
func (s *Store) Count(ctx context.Context, e audit.Entry) error {
	bound, err := marshalValues(values{
		":one": 1, ":account": e.Account, ":actor": e.Actor, ":action": e.Action, ":resource": e.Resource, ":agent": e.Agent,
		":reason": e.Reason, ":now": s.now(), ":none": 0,
	})
	if err == nil {
		const update = "ADD #count :one SET #account = :account, #actor = :actor, #action = :action, #resource = :resource, " +
			"#agent = :agent, #reason = :reason, #last = :now, #since = if_not_exists(#since, :now), #moved = if_not_exists(#moved, :none)"
		_, err = call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
			TableName: s.table, Key: countKey(e).item(), UpdateExpression: update,
			ExpressionAttributeNames: namesIn(nil, update), ExpressionAttributeValues: bound,
		})
	}
	return doing(err, "counting %s of %s", e.Action, e.Resource)
}

// NoteCounts implements audit.Counter.
func (s *Store) NoteCounts(ctx context.Context, before time.Time) error {
	for shard := range runningShards {
		err := s.all(ctx, listing{partition: countPartition(shard)}, func(i item) error {
			var v countItem
			if err := unmarshal(i, &v); err != nil || !v.Since.Before(before) {
				return err
			}
			return s.noteCount(ctx, key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}, v)
		})
		if err != nil {
			return doing(err, "noting counts in the audit")
		}
	}
	return nil
}

// noteCount moves what was read of one count into the audit. What was counted meanwhile
// stays.
func (s *Store) noteCount(ctx context.Context, at key, v countItem) error {
	e := audit.Entry{
		At: v.Last, Account: v.Account, Actor: v.Actor, Action: v.Action, Resource: v.Resource, Agent: v.Agent, Reason: v.Reason, Count: v.Count,
	}
	w := write{
		key: at, when: "#since = :since AND #moved = :moved", values: values{":since": v.Since, ":moved": v.Moved},
		fails: otherwise(errNoted),
	}
	ctx = audit.Without(ctx)
	if v.Count == 0 {
		w.remove, w.when, w.values[":none"] = true, w.when+" AND #count = :none", 0
	} else {
		w.update = "ADD #count :less, #moved :one SET #since = :now"
		w.values[":less"], w.values[":one"], w.values[":now"] = -v.Count, 1, s.now()
		ctx = audit.WithEntry(ctx, e)
	}
	if err := s.transact(ctx, w); !errors.Is(err, errNoted) {
		return err
	}
	return nil
}

// errNoted says that somebody else has noted what was read of a count.
var errNoted = errors.New("noted by somebody else")
