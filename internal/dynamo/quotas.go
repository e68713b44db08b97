package dynamo

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/execution"
	"switchboard/internal/quota"
)

var (
	_ quota.Starts  = (*Store)(nil)
	_ quota.Running = (*Store)(nil)
)

// errSpent says that the minute has less left than was asked for.
var errSpent = errors.New("the minute's starts are taken")

// TakeStarts implements quota.Starts.
func (s *Store) TakeStarts(ctx context.Context, account string, minute time.Time, n, limit int) (bool, error) {
	if n > limit {
		return false, nil
	}
	err := s.transact(ctx, write{
		key: quotaKey(account, minute), update: "ADD #taken :n SET #expires = :expires",
		values: values{":n": n, ":room": limit - n, ":expires": minute.Add(time.Hour).Unix()},
		when:   notExists + " OR #taken <= :room", fails: otherwise(errSpent),
	})
	if errors.Is(err, errSpent) {
		return false, nil
	}
	return err == nil, doing(err, "counting starts")
}

// CountRunning implements quota.Running. The index lags behind the table for a moment.
func (s *Store) CountRunning(ctx context.Context, account string, limit int) (int, error) {
	n, err := s.count(ctx, listing{index: statusIndex, partition: accountList(account, execution.Running)}, limit)
	return n, doing(err, "counting what runs")
}

// CountWorkflows implements workflow.Repository.
func (s *Store) CountWorkflows(ctx context.Context, account string, limit int) (int, error) {
	n, err := s.count(ctx, listing{partition: accountWorkflowKey(account, "").partition}, limit)
	return n, doing(err, "counting workflows")
}

// count counts the items of a listing, up to a limit, without reading them over.
func (s *Store) count(ctx context.Context, l listing, limit int) (int, error) {
	partition, _ := l.attributes()
	condition := "#" + partition + " = :in"
	bound, err := marshalValues(values{":in": l.partition})
	if err != nil {
		return 0, err
	}
	in := &dynamodb.QueryInput{
		TableName: s.table, IndexName: l.index, KeyConditionExpression: condition, Select: dynamodb.Count,
		ExpressionAttributeNames: namesIn(nil, condition), ExpressionAttributeValues: bound, ConsistentRead: l.index == "",
	}
	for n := 0; ; {
		in.Limit = limit - n
		out, err := call(ctx, s.client.Query, in)
		if err != nil {
			return 0, err
		}
		n += out.Count
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil || n >= limit {
			return n, nil
		}
	}
}
