package bolt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"go.etcd.io/bbolt"

	"switchboard/internal/page"
)

// A listing is the keys of a bucket below a prefix, read in pages.
type listing struct {
	// name stands in the cursor's checksum, so that a cursor of one list is refused by
	// the others. Lists that differ only in their filter share a name and their cursors.
	name        string
	in          bucket
	below       []byte
	newestFirst bool
	// from is where a list begins that has no cursor, as if it were one; and to is where
	// it ends, the key with it. Both are without the prefix.
	from, to []byte
	// most is how many items are looked at for a page, 0 for any number: one that is
	// reached ends the page, with a next one.
	most int
}

// pageOf reads a page. It gives each key without the prefix, and the value, to
// read, which says whether the item belongs to the list.
func pageOf[T any](tx *bbolt.Tx, l listing, q page.Query, read func(rest, value []byte) (T, bool, error)) (page.Of[T], error) {
	var p page.Of[T]
	after, err := l.decodeCursor(q.Cursor)
	if err != nil {
		return p, err
	}
	if len(after) == 0 {
		after = l.from
	}
	c := l.in.of(tx).Cursor()
	var last []byte
	looked := 0
	for k, v := l.start(c, after); k != nil && bytes.HasPrefix(k, l.below); k, v = l.next(c) {
		rest := k[len(l.below):]
		if l.ends(rest) {
			break
		}
		if looked++; l.most > 0 && looked > l.most {
			p.Next = l.encodeCursor(last)
			break
		}
		item, ok, err := read(rest, v)
		if err != nil {
			return page.Of[T]{}, err
		}
		if ok && len(p.Items) == q.Size() { // there is one more
			p.Next = l.encodeCursor(last)
			break
		}
		if last = rest; ok {
			p.Items = append(p.Items, item)
		}
	}
	return p, nil
}

func (l listing) ends(rest []byte) bool {
	switch {
	case l.to == nil:
		return false
	case l.newestFirst:
		return bytes.Compare(rest, l.to) <= 0
	}
	return bytes.Compare(rest, l.to) >= 0
}

func (l listing) next(c *bbolt.Cursor) (key, value []byte) {
	if l.newestFirst {
		return c.Prev()
	}
	return c.Next()
}

// start moves to the first key of the page: the one behind after, or, where that is
// empty, the first of all.
func (l listing) start(c *bbolt.Cursor, after []byte) (key, value []byte) {
	from := append(slices.Clone(l.below), after...)
	if !l.newestFirst {
		key, value = c.Seek(from)
		if len(after) > 0 && bytes.Equal(key, from) {
			return c.Next()
		}
		return key, value
	}
	if len(after) == 0 {
		from = afterAll(l.below)
	}
	if from == nil {
		return c.Last()
	}
	if key, _ = c.Seek(from); key == nil {
		return c.Last()
	}
	return c.Prev()
}

// A cursor is the part of the last key that stands behind the prefix: never the
// account, which always comes from the caller's own query.
func (l listing) encodeCursor(rest []byte) string {
	b := binary.BigEndian.AppendUint32(nil, l.checksum(rest))
	return base64.RawURLEncoding.EncodeToString(append(b, rest...))
}

// checksumBytes is the length of a cursor's checksum. It finds mistakes, such as a
// cursor that was cut; a forged cursor can do no more than begin somewhere else.
const checksumBytes = 4

func (l listing) checksum(rest []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(l.name)), crc32.IEEETable, rest)
}

func (l listing) decodeCursor(cursor string) (after []byte, err error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	// What is decoded from another text than ours, such as one with a line break, is refused, too.
	if err != nil || len(b) <= checksumBytes || l.encodeCursor(b[checksumBytes:]) != cursor {
		return nil, page.WrongCursor()
	}
	return b[checksumBytes:], nil
}

// each gives every key below a prefix, without it, and its value.
func each(tx *bbolt.Tx, in bucket, below []byte, read func(rest, value []byte) error) error {
	c := in.of(tx).Cursor()
	for k, v := c.Seek(below); k != nil && bytes.HasPrefix(k, below); k, v = c.Next() {
		if err := read(k[len(below):], v); err != nil {
			return err
		}
	}
	return nil
}

// keysBelow copies up to limit keys below a prefix.
func keysBelow(tx *bbolt.Tx, in bucket, below []byte, limit int) [][]byte {
	var keys [][]byte
	c := in.of(tx).Cursor()
	for k, _ := c.Seek(below); k != nil && bytes.HasPrefix(k, below) && len(keys) < limit; k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	return keys
}

// idsBelow gives the last parts of all keys below a prefix, sorted.
func idsBelow(tx *bbolt.Tx, in bucket, below []byte) []string {
	ids := []string{}
	c := in.of(tx).Cursor()
	for k, _ := c.Seek(below); k != nil && bytes.HasPrefix(k, below); k, _ = c.Next() {
		ids = append(ids, string(k[len(below):]))
	}
	return ids
}
