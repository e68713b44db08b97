package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/asl"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awscall"
)

const (
	// appendTime bounds AppendHistory, which has no context.
	appendTime = 30 * time.Second
	// longestRun is how long an execution can run on Step Functions. A history gets its
	// real time to go when the execution ends; this is for one that never was ended.
	longestRun = 366 * 24 * time.Hour
	// eventsMax is how many bytes of events go into an item, unless one alone has more.
	eventsMax = 256 << 10
	// keptAtOnce is how many items of a history are given their time at once.
	keptAtOnce = 16
)

// eventHead is an event without what is kept byte for byte.
type eventHead struct {
	Kind     asl.EventKind   `json:"k"`
	At       time.Time       `json:"t"`
	Frame    string          `json:"f,omitempty"`
	Step     int             `json:"s,omitempty"`
	State    string          `json:"n,omitempty"`
	Attempt  int             `json:"a,omitempty"`
	Input    json.RawMessage `json:"-"`
	Output   json.RawMessage `json:"-"`
	Assigned json.RawMessage `json:"-"`
	Error    string          `json:"e,omitempty"`
	Cause    string          `json:"c,omitempty"`
	Until    time.Time       `json:"u,omitzero"`
	Next     string          `json:"x,omitempty"`
}

// partsOfEvent is how many parts an event has when it is packed.
const partsOfEvent = 4

// historyItem is some events, one after the other.
type historyItem struct {
	Events  []byte `dynamodbav:"events"`
	Expires int64  `dynamodbav:"expires"`
}

// AppendHistory implements execution.Repository. It returns when the events are
// stored. The execution's count gives them their place: whatever the clocks say,
// what is appended later comes later.
func (s *Store) AppendHistory(account, id string, events ...asl.Event) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), appendTime)
	defer cancel()
	batches, err := packEvents(events)
	if err == nil {
		err = s.appendHistory(ctx, account, id, batches)
	}
	return doing(err, "writing the history of execution %s", id)
}

// packEvents makes items of events.
func packEvents(events []asl.Event) (batches [][]byte, err error) {
	var parts [][]byte
	size := 0
	flush := func() error {
		packed, err := pack(parts...)
		batches, parts, size = append(batches, packed), nil, 0
		return err
	}
	for _, e := range events {
		head, err := json.Marshal(eventHead(e))
		if err != nil {
			return nil, fmt.Errorf("encoding an event: %w", err)
		}
		n := len(head) + len(e.Input) + len(e.Output) + len(e.Assigned)
		if len(parts) > 0 && size+n > eventsMax {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		parts, size = append(parts, head, e.Input, e.Output, e.Assigned), size+n
	}
	return batches, flush()
}

func (s *Store) appendHistory(ctx context.Context, account, id string, batches [][]byte) error {
	var last int
	var expires int64
	err := again(ctx, func() (err error) {
		last, expires, err = s.reserve(ctx, account, id, len(batches))
		return err
	})
	if err != nil {
		return err
	}
	for n, events := range batches {
		k := historyKey(account, id, last-len(batches)+n+1)
		i, err := marshal(k, historyItem{events, expires})
		if err != nil {
			return err
		}
		if _, err := call(ctx, s.client.PutItem, &dynamodb.PutItemInput{TableName: s.table, Item: i}); err != nil {
			return err
		}
	}
	return nil
}

// reserve counts n items of an execution's history. It gives the number of the last
// one, and when they expire.
func (s *Store) reserve(ctx context.Context, account, id string, n int) (last int, expires int64, err error) {
	update := "ADD #history :n"
	bound, err := marshalValues(values{":n": n})
	if err != nil {
		return 0, 0, err
	}
	condition := exists
	out, err := call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: executionKey(account, id).item(), UpdateExpression: update, ConditionExpression: condition,
		ExpressionAttributeNames: namesIn(nil, update, condition), ExpressionAttributeValues: bound,
		ReturnValues: dynamodb.AllNew,
	})
	if _, refused := errors.AsType[*dynamodb.ConditionalCheckFailed](err); refused {
		return 0, 0, noExecution(id)
	}
	if awscall.Code(err) == "TransactionConflictException" {
		return 0, 0, errMoved // the execution is just being finished
	}
	if err != nil {
		return 0, 0, err
	}
	var v executionItem
	if err := unmarshal(out.Attributes, &v); err != nil {
		return 0, 0, err
	}
	if v.Expires != 0 {
		return v.History, v.Expires, nil
	}
	return v.History, s.lastExpiry(), nil
}

// lastExpiry is when an execution that runs will be gone, at the latest.
func (s *Store) lastExpiry() int64 { return s.now().Add(longestRun + s.retention).Unix() }

// keepHistory sets until when the history of an execution is kept.
func (s *Store) keepHistory(ctx context.Context, v executionItem, expires int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(keptAtOnce)
	for n := 1; n <= v.History; n++ {
		group.Go(func() error { return s.expire(ctx, historyKey(v.Account, v.ID, n), expires) })
	}
	return group.Wait()
}

// expire sets when an item is gone, if there is one.
func (s *Store) expire(ctx context.Context, k key, expires int64) error {
	update, condition := "SET #expires = :expires", exists
	_, err := call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: k.item(), UpdateExpression: update, ConditionExpression: condition,
		ExpressionAttributeNames: namesIn(nil, update, condition), ExpressionAttributeValues: item{
			":expires": dynamodb.Number(expires),
		},
	})
	if _, missing := errors.AsType[*dynamodb.ConditionalCheckFailed](err); missing {
		return nil
	}
	return err
}

// History implements execution.Repository.
func (s *Store) History(ctx context.Context, account, id string) ([]asl.Event, error) {
	_, err := s.executionHead(ctx, account, id)
	var events []asl.Event
	if err == nil {
		err = s.all(ctx, listing{partition: historyKey(account, id, 0).partition}, func(i item) error {
			more, err := eventsOf(i)
			events = append(events, more...)
			return err
		})
	}
	if err != nil {
		return nil, doing(err, "reading the history of execution %s", id)
	}
	return events, nil
}

func eventsOf(i item) (events []asl.Event, err error) {
	var v historyItem
	if err := unmarshal(i, &v); err != nil {
		return nil, err
	}
	parts, err := unpack(v.Events)
	if err != nil {
		return nil, err
	}
	for ; len(parts) >= partsOfEvent; parts = parts[partsOfEvent:] {
		e := eventHead{Input: parts[1], Output: parts[2], Assigned: parts[3]}
		if err := json.Unmarshal(parts[0], &e); err != nil {
			return nil, fmt.Errorf("decoding an event: %w", err)
		}
		events = append(events, asl.Event(e))
	}
	return events, nil
}
