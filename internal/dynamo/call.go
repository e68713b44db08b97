package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"switchboard/internal/awsapi"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/fault"
)

// item is an item as DynamoDB has it.
type item = dynamodb.Item

// values are what the :names of an expression stand for.
type values map[string]any

func (k key) item() item {
	return item{
		partitionAttribute: dynamodb.Text(k.partition),
		sortAttribute:      dynamodb.Text(k.sort),
	}
}

func textOf(i item, name string) string { return i[name].Text() }

// marshal makes an item of a value: its fields, and the key.
func marshal(k key, value any) (item, error) {
	i, err := dynamodb.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding an item: %w", err)
	}
	for name, v := range k.item() {
		i[name] = v
	}
	return i, nil
}

// unmarshal reads an item into a value.
func unmarshal(i item, value any) error {
	if err := dynamodb.Unmarshal(i, value); err != nil {
		return fmt.Errorf("decoding an item: %w", err)
	}
	return nil
}

// marshalValues gives nil, as DynamoDB wants it, where there are none.
func marshalValues(v values) (item, error) {
	if len(v) == 0 {
		return nil, nil
	}
	i, err := dynamodb.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the values of an expression: %w", err)
	}
	return i, nil
}

var placeholder = regexp.MustCompile(`#[a-z_]+`)

// namesIn gives what the #names in expressions stand for: themselves, so that an
// attribute may be called as DynamoDB's many reserved words are, or what known says.
func namesIn(known map[string]string, expressions ...string) map[string]string {
	names := map[string]string{}
	for _, expression := range expressions {
		for _, name := range placeholder.FindAllString(expression, -1) {
			if as, ok := known[name]; ok {
				names[name] = as
			} else {
				names[name] = name[1:]
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names
}

// call makes one call, and a fault of its error.
func call[In, Out any](ctx context.Context, f func(context.Context, *In) (*Out, error), in *In) (*Out, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.Of(err)
	}
	out, err := f(ctx, in)
	if err != nil {
		return nil, asFault(ctx, err)
	}
	return out, nil
}

// passing are the codes by which DynamoDB says that trying again later may help.
// The client has tried again before we see one.
var passing = map[string]bool{
	"ProvisionedThroughputExceededException": true,
	"ProvisionedThroughputExceeded":          true, // as a transaction's reason
	"ThrottlingException":                    true,
	"ThrottlingError":                        true, // as a transaction's reason
	"RequestLimitExceeded":                   true,
	"InternalServerError":                    true,
	"ServiceUnavailable":                     true,
	"TransactionConflictException":           true,
	"TransactionConflict":                    true, // as a transaction's reason
	"TransactionInProgressException":         true,
	"ReplicatedWriteConflictException":       true,
}

// asFault says what an error of a call means for whoever asked for it.
func asFault(ctx context.Context, err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if ctx.Err() != nil {
		return fault.Of(ctx.Err()).Because(err)
	}
	unavailable := fault.New(fault.Unavailable, "The database did not answer in time.").WithHint("Try again.").Because(err)
	if e, ok := errors.AsType[*awsapi.Refusal](err); ok {
		switch {
		case passing[e.Code], e.Status >= http.StatusInternalServerError:
			return unavailable
		case e.Code == "ValidationException" && tooLargeFor(e.Message):
			return tooLarge().Because(err)
		}
	}
	if _, ok := errors.AsType[*awsapi.NoAnswer](err); ok {
		return unavailable
	}
	return fault.Of(err)
}

// tooLargeFor tells from a ValidationException's message, which is the only place
// where DynamoDB says it, that an item is larger than it takes.
func tooLargeFor(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "item size") && strings.Contains(message, "exceed")
}

func tooLarge() *fault.Error {
	return fault.New(fault.PayloadTooLarge, "This is larger than the database can store, even when compressed.").
		WithHint("Store large data elsewhere and keep a reference to it here.")
}

func taken(id string) *fault.Error { return fault.New(fault.Conflict, "The id %s is taken.", id) }

// doing says what was being done when err arose.
func doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, fault.Of(err))...)
}

// get reads one item, all of it, or, with a projection, a part. It is nil if there
// is none.
func (s *Store) get(ctx context.Context, k key, projection string, known map[string]string) (item, error) {
	out, err := call(ctx, s.client.GetItem, &dynamodb.GetItemInput{
		TableName: s.table, Key: k.item(), ConsistentRead: true,
		ProjectionExpression: projection, ExpressionAttributeNames: namesIn(known, projection),
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// batchSize is how many items DynamoDB gives at once.
const batchSize = 100

// getAll reads items, by their keys. What is not there is not in the answer.
func (s *Store) getAll(ctx context.Context, keys []key) (map[key]item, error) {
	found := make(map[key]item, len(keys))
	var wanted []item
	for _, k := range keys {
		wanted = append(wanted, k.item())
	}
	for n := 0; len(wanted) > 0; {
		batch := wanted[:min(len(wanted), batchSize)]
		wanted = wanted[len(batch):]
		out, err := call(ctx, s.client.BatchGetItem, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]dynamodb.KeysAndAttributes{s.table: {Keys: batch, ConsistentRead: true}},
		})
		if err != nil {
			return nil, err
		}
		for _, i := range out.Responses[s.table] {
			found[key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}] = i
		}
		// What is left was too much for one answer, which is no reason to wait, or for
		// the partition, which is if nothing came at all.
		wanted = append(wanted, out.UnprocessedKeys[s.table].Keys...)
		if len(out.Responses[s.table]) == 0 && len(out.UnprocessedKeys) > 0 {
			if n++; n == attempts {
				return nil, fault.New(fault.Unavailable, "The database is asked for too much at once.").WithHint("Try again.")
			}
			if err := pause(ctx, n); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}
