package dynamo

import (
	"context"
	"encoding/json"

	"golang.org/x/sync/errgroup"
	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/value"
)

// valueItem is a value, or the list of its chunks.
type valueItem struct {
	Body    body  `dynamodbav:"body"`
	Expires int64 `dynamodbav:"expires"`
}

// PutValue implements task.Values. A value never changes, so its chunks need no
// transaction, whose 4 MB may be less than it has: they are written first.
func (s *Store) PutValue(ctx context.Context, account, execution, id string, text json.RawMessage) error {
	return doing(s.putValue(ctx, valueKey(account, execution, id), text), "storing a value of execution %s", execution)
}

func (s *Store) putValue(ctx context.Context, k key, text []byte) error {
	packed, err := pack(text)
	if err != nil {
		return err
	}
	v := valueItem{Expires: s.lastExpiry()}
	if len(packed) <= inlineMax {
		v.Body.Inline = packed
		return s.putItem(ctx, k, v)
	}
	group, chunked := errgroup.WithContext(ctx)
	for ; len(packed) > 0; v.Body.Chunks++ {
		n, at := min(len(packed), chunkMax), chunkKey(k, v.Body.Chunks)
		c := chunk{packed[:n], v.Expires}
		group.Go(func() error { return s.putItem(chunked, at, c) })
		packed = packed[n:]
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.putItem(ctx, k, v)
}

func (s *Store) putItem(ctx context.Context, k key, v any) error {
	i, err := marshal(k, v)
	if err != nil {
		return err
	}
	_, err = call(ctx, s.client.PutItem, &dynamodb.PutItemInput{TableName: s.table, Item: i})
	return err
}

// Values implements task.Values.
func (s *Store) Values(ctx context.Context, account, execution string, ids []string) (value.Found, error) {
	found, err := s.values(ctx, account, execution, ids)
	if err != nil {
		return nil, doing(err, "reading values of execution %s", execution)
	}
	return found, nil
}

func (s *Store) values(ctx context.Context, account, execution string, ids []string) (value.Found, error) {
	keys := make([]key, len(ids))
	for n, id := range ids {
		keys[n] = valueKey(account, execution, id)
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	bodies := map[string]body{}
	var chunkKeys []key
	for n, id := range ids {
		i, ok := items[keys[n]]
		if !ok {
			continue
		}
		var v valueItem
		if err := unmarshal(i, &v); err != nil {
			return nil, err
		}
		if !s.over(v.Expires) {
			bodies[id] = v.Body
			chunkKeys = append(chunkKeys, v.Body.keys(keys[n])...)
		}
	}
	chunks, err := s.getAll(ctx, chunkKeys)
	if err != nil {
		return nil, err
	}
	found := value.Found{}
	for id, b := range bodies {
		packed, err := b.packedIn(chunks, valueKey(account, execution, id))
		if err == errMoved { //nolint:errorlint // it is never wrapped
			continue // its time came while it was read
		}
		if err != nil {
			return nil, err
		}
		var text []byte
		if err := unpackInto(packed, &text); err != nil {
			return nil, err
		}
		found[id] = text
	}
	return found, nil
}

// keepValues sets until when the values of an execution are kept.
func (s *Store) keepValues(ctx context.Context, account, execution string, expires int64) error {
	keys, err := s.keysOf(ctx, valueKey(account, execution, "").partition)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(keptAtOnce)
	for _, k := range keys {
		group.Go(func() error { return s.expire(ctx, k, expires) })
	}
	return group.Wait()
}
