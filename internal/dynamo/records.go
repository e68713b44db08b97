package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/fault"
	"switchboard/internal/task"
)

type recordFields struct {
	State     task.RecordState `dynamodbav:"state"`
	Input     json.RawMessage  `dynamodbav:"-"`
	Output    json.RawMessage  `dynamodbav:"-"`
	StartedAt time.Time        `dynamodbav:"started_at"`
	NotBefore time.Time        `dynamodbav:"not_before"`
	Reason    string           `dynamodbav:"reason"`
	Failure   *task.Failure    `dynamodbav:"failure,omitempty"`
	Openings  []task.Opening   `dynamodbav:"openings,omitempty"`
	Reopened  bool             `dynamodbav:"-"`
}

type recordItem struct {
	recordFields
	Node      string `dynamodbav:"node"`
	Iteration string `dynamodbav:"iteration"`
	Body      []byte `dynamodbav:"body"` // input and output, packed: a record is one item
	Expires   int64  `dynamodbav:"expires"`
	// Attempt is made up by each Begin. A client that got no answer sends its put
	// again; if the first one was stored, the second meets it, and knows it by this.
	Attempt string `dynamodbav:"attempt,omitempty"`
}

func (s *Store) recordItem(k task.Key, r task.Record, attempt string) (item, error) {
	packed, err := pack(r.Input, r.Output)
	if err != nil {
		return nil, err
	}
	return marshal(recordKey(k), recordItem{
		recordFields: recordFields(r), Node: k.Node, Iteration: k.Iteration, Body: packed,
		Expires: s.now().Add(kept).Unix(), Attempt: attempt,
	})
}

// record reads an item, whether or not it is past its time.
func record(i item) (v recordItem, err error) {
	if err := unmarshal(i, &v); err != nil {
		return v, err
	}
	return v, unpackInto(v.Body, (*[]byte)(&v.Input), (*[]byte)(&v.Output))
}

// over says whether a time that an item expires at has come. 0 is never.
func (s *Store) over(expires int64) bool { return expires != 0 && expires <= s.now().Unix() }

// Begin implements task.Records, in one conditional put.
func (s *Store) Begin(ctx context.Context, k task.Key, r task.Record) (stored task.Record, began bool, err error) {
	stored, began, err = s.beginRecord(ctx, k, r)
	return stored, began, doing(recordFault(r, err), "beginning %s of execution %s", k.Node, k.Execution)
}

func (s *Store) beginRecord(ctx context.Context, k task.Key, r task.Record) (stored task.Record, began bool, err error) {
	attempt := rand.Text()
	i, err := s.recordItem(k, r, attempt)
	if err != nil {
		return stored, false, err
	}
	when := notExists + " OR #state = :released OR #expires <= :now"
	bound, err := marshalValues(values{":released": task.Released, ":now": s.now().Unix()})
	if err != nil {
		return stored, false, err
	}
	out, err := call(ctx, s.client.PutItem, &dynamodb.PutItemInput{
		TableName: s.table, Item: i, ConditionExpression: when,
		ExpressionAttributeNames: namesIn(nil, when), ExpressionAttributeValues: bound,
		ReturnValues:                        dynamodb.AllOld,
		ReturnValuesOnConditionCheckFailure: dynamodb.AllOld,
	})
	if refused, ok := errors.AsType[*dynamodb.ConditionalCheckFailed](err); ok {
		there, err := record(refused.Item)
		if err == nil && there.Attempt == attempt { // our own put, sent again
			return stored, true, nil
		}
		return task.Record(there.recordFields), false, err
	}
	if err != nil || out.Attributes == nil {
		return stored, err == nil, err
	}
	there, err := record(out.Attributes)
	if err != nil || s.over(there.Expires) {
		return stored, err == nil, err
	}
	return task.Record(there.recordFields), true, nil
}

// Put implements task.Records, in one put.
func (s *Store) Put(ctx context.Context, k task.Key, r task.Record) error {
	i, err := s.recordItem(k, r, "")
	if err == nil {
		_, err = call(ctx, s.client.PutItem, &dynamodb.PutItemInput{TableName: s.table, Item: i})
	}
	return doing(recordFault(r, err), "recording %s of execution %s", k.Node, k.Execution)
}

// recordFault gives a record that is too large a name that a workflow can catch.
func recordFault(r task.Record, err error) error {
	switch {
	case !fault.Is(err, fault.PayloadTooLarge):
		return err
	case r.State == task.Done:
		return fault.New(fault.OutputTooLarge, "The step's input and output together are too large to be recorded.").
			WithHint("The call was made. Ask the service for less, for example by a filter or a limit.").Because(err)
	default:
		return fault.New(fault.InvalidInput, "The step's input is too large to be recorded.").
			WithHint("Store large data elsewhere and send a reference to it.").Because(err)
	}
}

// Record implements task.Records.
func (s *Store) Record(ctx context.Context, k task.Key) (task.Record, error) {
	i, err := s.get(ctx, recordKey(k), "", nil)
	var v recordItem
	if err == nil && i != nil {
		v, err = record(i)
	}
	if err == nil && (i == nil || s.over(v.Expires)) {
		err = fault.NotFoundf("There is no record of %s in execution %s.", k.Node, k.Execution)
	}
	if err != nil {
		return task.Record{}, doing(err, "reading the record of %s of execution %s", k.Node, k.Execution)
	}
	return task.Record(v.recordFields), nil
}

// RecordsOf implements task.Records.
func (s *Store) RecordsOf(ctx context.Context, account, execution string) (map[task.Key]task.Record, error) {
	records := map[task.Key]task.Record{}
	k := task.Key{Account: account, Execution: execution}
	err := s.all(ctx, listing{partition: recordKey(k).partition}, func(i item) error {
		v, err := record(i)
		if err == nil && !s.over(v.Expires) {
			k.Node, k.Iteration = v.Node, v.Iteration
			records[k] = task.Record(v.recordFields)
		}
		return err
	})
	if err != nil {
		return nil, doing(err, "listing the records of execution %s", execution)
	}
	return records, nil
}
