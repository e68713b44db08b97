package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf8"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/page"
)

// A listing is the items of one partition, of the table or of an index, in the
// order of their sort keys.
type listing struct {
	// name stands in the cursor's checksum, so that a cursor of one list is refused by
	// the others. Lists that differ only in their filter share a name and their cursors.
	name        string
	index       string // "" is the table
	partition   string
	newestFirst bool
	keysOnly    bool
	only        string // the attributes that are wanted, as a projection; "" is all
	// filtered lists leave items out: where one read was not enough, each further one
	// takes many.
	filtered bool
	// from is a sort key behind which a list begins that has no cursor, and to one that
	// ends it.
	from, to string
	// most is how many items are looked at for a page, about, 0 for any number: one that
	// is reached ends the page, with a next one.
	most int
}

// attributes names what the listing's keys are made of.
func (l listing) attributes() (partition, sort string) {
	switch l.index {
	case listIndex:
		return listAttribute, startedAttribute
	case statusIndex:
		return statusListAttribute, startedAttribute
	default:
		return partitionAttribute, sortAttribute
	}
}

// read gives up to limit items behind a sort key, from the first where it is "";
// and where to go on, "" at the end.
func (s *Store) read(ctx context.Context, l listing, after string, limit int) (items []item, next string, err error) {
	partition, sort := l.attributes()
	condition, bound := "#"+partition+" = :in", values{":in": l.partition}
	if after != "" {
		comparison := " > "
		if l.newestFirst {
			comparison = " < "
		}
		condition += " AND #" + sort + comparison + ":after"
		bound[":after"] = after
	}
	projection := l.only
	if l.keysOnly {
		projection = "#" + partitionAttribute + ", #" + sortAttribute
	}
	in := &dynamodb.QueryInput{
		TableName: s.table, IndexName: l.index, KeyConditionExpression: condition,
		ProjectionExpression: projection, ExpressionAttributeNames: namesIn(nil, condition, projection),
		ScanIndexForward: new(!l.newestFirst), ConsistentRead: l.index == "",
	}
	if in.ExpressionAttributeValues, err = marshalValues(bound); err != nil {
		return nil, "", err
	}
	if limit > 0 {
		in.Limit = min(limit, page.MaxLimit+1)
	}
	out, err := call(ctx, s.client.Query, in)
	if err != nil {
		return nil, "", err
	}
	return out.Items, textOf(out.LastEvaluatedKey, sort), nil
}

// all gives every item of a listing to each.
func (s *Store) all(ctx context.Context, l listing, each func(item) error) error {
	for after, first := l.from, true; first || after != ""; first = false {
		items, next, err := s.read(ctx, l, after, 0)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := each(i); err != nil {
				return err
			}
		}
		after = next
	}
	return nil
}

// keysOf gives the keys of everything in a partition.
func (s *Store) keysOf(ctx context.Context, partition string) (keys []key, err error) {
	err = s.all(ctx, listing{partition: partition, keysOnly: true}, func(i item) error {
		keys = append(keys, key{textOf(i, partitionAttribute), textOf(i, sortAttribute)})
		return nil
	})
	return keys, err
}

// pageOf reads a page of a listing. load makes things of items, one for each, and
// nil for those that do not belong to the list.
func pageOf[T any](ctx context.Context, s *Store, l listing, q page.Query, load func(context.Context, []item) ([]*T, error)) (page.Of[T], error) {
	var p page.Of[T]
	after, err := l.decodeCursor(q.Cursor)
	if err != nil {
		return p, err
	}
	if after == "" {
		after = l.from
	}
	_, sort := l.attributes()
	var last string
	for looked := 0; ; {
		wanted := q.Size() + 1 - len(p.Items) // one more tells whether there is a next page
		if l.filtered && looked > 0 {
			wanted = page.MaxLimit
		}
		items, next, err := s.read(ctx, l, after, wanted)
		if err != nil {
			return page.Of[T]{}, err
		}
		things, err := load(ctx, items)
		if err != nil {
			return page.Of[T]{}, err
		}
		for n, thing := range things {
			key := textOf(items[n], sort)
			if l.to != "" && (l.newestFirst && key <= l.to || !l.newestFirst && key >= l.to) {
				return p, nil
			}
			if thing != nil && len(p.Items) == q.Size() {
				p.Next = l.encodeCursor(last)
				return p, nil
			}
			if last = key; thing != nil {
				p.Items = append(p.Items, *thing)
			}
		}
		if next == "" {
			return p, nil
		}
		if looked += len(items); l.most > 0 && looked >= l.most && last != "" {
			p.Next = l.encodeCursor(last)
			return p, nil
		}
		after = next
	}
}

// checksumBytes is the length of a cursor's checksum. It finds mistakes, such as a
// cursor that was cut; a forged cursor can do no more than begin somewhere else.
const checksumBytes = 4

// maxCursor is above any: DynamoDB refuses longer sort keys.
const maxCursor = 1 << 10

// A cursor is the sort key of the page's last item, never the partition, which
// always comes from the caller's own query.
func (l listing) encodeCursor(last string) string {
	b := binary.BigEndian.AppendUint32(nil, l.checksum([]byte(last)))
	return base64.RawURLEncoding.EncodeToString(append(b, last...))
}

func (l listing) checksum(last []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(l.name)), crc32.IEEETable, last)
}

func (l listing) decodeCursor(cursor string) (after string, err error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	// What is decoded from another text than ours, such as one with a line break, is refused, too.
	if err != nil || len(b) <= checksumBytes || len(b) > maxCursor || !utf8.Valid(b[checksumBytes:]) ||
		l.encodeCursor(string(b[checksumBytes:])) != cursor {
		return "", page.WrongCursor()
	}
	return string(b[checksumBytes:]), nil
}
