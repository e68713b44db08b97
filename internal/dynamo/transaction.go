package dynamo

import (
	"context"
	"errors"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/audit"
	"switchboard/internal/fault"
)

// A write is one item's part of a transaction. It does one of put, update and
// remove, or none of them and only checks when.
type write struct {
	key    key
	put    any    // the whole item
	update string // an update expression
	remove bool

	when   string // the condition; #names stand for themselves
	values values
	names  map[string]string // what #names stand for otherwise
	// fails gives the error of the transaction if the condition does not hold, from the
	// item that is there, nil if there is none.
	fails func(there item) error
}

const (
	exists    = "attribute_exists(#pk)"
	notExists = "attribute_not_exists(#pk)"
)

// maxWrites is how many writes there may be in a transaction. DynamoDB takes 100: one
// is for what the change leaves in the audit.
const maxWrites = 99

// errMoved says that what was read for a write has been changed since. It is a
// wish to try again, see again, and no fault.
var errMoved = errors.New("changed since it was read")

func moved(item) error { return errMoved }

// errChainMoved says that the end of a chain of the audit has been moved since.
var errChainMoved = errors.New("the chain has a new end")

// otherwise is a write's fails where the item does not matter.
func otherwise(err error) func(item) error { return func(item) error { return err } }

// ifMissing is a write's fails for a condition on an item that may not be there.
func ifMissing(missing, else_ error) func(item) error {
	return func(there item) error {
		if there == nil {
			return missing
		}
		return else_
	}
}

// transact makes all writes or none, and with them stores what ctx says that they
// leave in the audit.
func (s *Store) transact(ctx context.Context, writes ...write) error {
	if entries := audit.From(ctx); len(entries) > 0 {
		return s.chained(ctx, chainFor(entries[0]), entries, writes)
	}
	return s.transactAll(ctx, writes)
}

// transactAll makes all writes or none. Transactions that meet on an item, and
// partitions that have too much to do, make DynamoDB give up a transaction with a
// reason; the client does not repeat it then, so we do.
func (s *Store) transactAll(ctx context.Context, writes []write) error {
	in := &dynamodb.TransactWriteItemsInput{}
	for _, w := range writes {
		i, err := s.transactItem(w)
		if err != nil {
			return err
		}
		in.TransactItems = append(in.TransactItems, i)
	}
	for n := 0; ; n++ {
		_, err := call(ctx, s.client.TransactWriteItems, in)
		if err == nil {
			return nil
		}
		cancelled, ok := errors.AsType[*dynamodb.TransactionCanceled](err)
		if !ok {
			return err
		}
		err, passes := cancelledFor(cancelled, writes)
		if !passes || n == attempts-1 {
			return err
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// cancelledFor finds why a transaction was given up, and whether that passes. A
// condition that does not hold comes before all else: it stays so.
func cancelledFor(e *dynamodb.TransactionCanceled, writes []write) (err error, passes bool) { //nolint:revive // the error is the result here
	err = fault.Of(e)
	for n, reason := range e.CancellationReasons {
		code := reason.Code
		switch {
		case code == "ConditionalCheckFailed" && n < len(writes) && writes[n].fails != nil:
			return writes[n].fails(reason.Item), false
		case code == "ValidationError" && tooLargeFor(reason.Message):
			err = tooLarge().Because(e)
		case passing[code]:
			passes = true
			err = fault.New(fault.Unavailable, "Too much is being changed at the same time.").WithHint("Try again.").Because(e)
		}
	}
	return err, passes
}

func (s *Store) transactItem(w write) (dynamodb.TransactWriteItem, error) {
	bound, err := marshalValues(w.values)
	if err != nil {
		return dynamodb.TransactWriteItem{}, err
	}
	conditional := dynamodb.Conditional{
		TableName: s.table, ConditionExpression: w.when, ExpressionAttributeNames: namesIn(w.names, w.update, w.when),
		ExpressionAttributeValues: bound, ReturnValuesOnConditionCheckFailure: dynamodb.AllOld,
	}
	switch {
	case w.put != nil:
		i, err := marshal(w.key, w.put)
		return dynamodb.TransactWriteItem{Put: &dynamodb.Put{Item: i, Conditional: conditional}}, err
	case w.update != "":
		return dynamodb.TransactWriteItem{Update: &dynamodb.Update{Key: w.key.item(), UpdateExpression: w.update, Conditional: conditional}}, nil
	case w.remove:
		return dynamodb.TransactWriteItem{Delete: &dynamodb.Delete{Key: w.key.item(), Conditional: conditional}}, nil
	default:
		return dynamodb.TransactWriteItem{ConditionCheck: &dynamodb.ConditionCheck{Key: w.key.item(), Conditional: conditional}}, nil
	}
}

// removeAll removes items, in as many transactions as it takes.
func (s *Store) removeAll(ctx context.Context, keys []key) error {
	for len(keys) > 0 {
		n := min(len(keys), maxWrites)
		if err := s.transactAll(ctx, removals(keys[:n])); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func removals(keys []key) []write {
	var writes []write
	for _, k := range keys {
		writes = append(writes, write{key: k, remove: true})
	}
	return writes
}
