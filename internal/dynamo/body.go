package dynamo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// Bounds of what can be large, in bytes. Items have room for 400 KB.
const (
	compressFrom = 1 << 10   // below, compressing saves nothing: 1 KB is the least that is paid for
	inlineMax    = 350 << 10 // of one part in its item, for things that are written whole
	inlineSlim   = 4 << 10   // for things that are updated often: each update pays for the whole item
	chunkMax     = 350 << 10
	storedMax    = 3 << 20 // of all chunks: a transaction takes 4 MB
	// plainMax is a bound on what a row can do to its reader when it is unpacked.
	plainMax = value.MaxBytes + 1<<20
)

// A body is text that can be large, as its item has it: packed, in the item itself
// or in so many chunks, whose keys the item's owner knows.
type body struct {
	Inline []byte `dynamodbav:"inline,omitempty"`
	Chunks int    `dynamodbav:"chunks,omitempty"`
}

// chunk is an item of its own.
type chunk struct {
	Data    []byte `dynamodbav:"data"`
	Expires int64  `dynamodbav:"expires,omitempty"`
}

// The first byte of what is packed.
const (
	plain  = 0
	zipped = 1
)

// pack joins parts, each with its length before it, and compresses them. They come
// back byte for byte: a definition is what is deployed, a document what was given,
// and none is parsed on its way.
func pack(parts ...[]byte) ([]byte, error) {
	joined := []byte{plain}
	for _, part := range parts {
		joined = append(binary.AppendUvarint(joined, uint64(len(part))), part...)
	}
	if len(joined) < compressFrom {
		return joined, nil
	}
	if len(joined) > plainMax {
		return nil, tooLarge()
	}
	var b bytes.Buffer
	b.WriteByte(zipped)
	z := gzip.NewWriter(&b)
	if _, err := z.Write(joined[1:]); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	return b.Bytes(), nil
}

// unpack gives the parts. An empty one is nil.
func unpack(packed []byte) (parts [][]byte, err error) {
	if len(packed) == 0 {
		return nil, errors.New("unpacking: nothing is there")
	}
	joined := packed[1:]
	if packed[0] == zipped {
		z, err := gzip.NewReader(bytes.NewReader(joined))
		if err != nil {
			return nil, fmt.Errorf("unpacking: %w", err)
		}
		if joined, err = io.ReadAll(io.LimitReader(z, plainMax+1)); err != nil {
			return nil, fmt.Errorf("unpacking: %w", err)
		}
		if len(joined) > plainMax {
			return nil, errors.New("unpacking: it is larger than anything that was packed")
		}
	}
	for len(joined) > 0 {
		n, used := binary.Uvarint(joined)
		if used <= 0 || n > uint64(len(joined)-used) {
			return nil, errors.New("unpacking: it is cut off")
		}
		joined = joined[used:]
		parts = append(parts, append([]byte(nil), joined[:n]...))
		joined = joined[n:]
	}
	return parts, nil
}

// unpackInto gives exactly the parts that are asked for.
func unpackInto(packed []byte, into ...*[]byte) error {
	parts, err := unpack(packed)
	if err != nil {
		return err
	}
	if len(parts) != len(into) {
		return fmt.Errorf("unpacking: it has %d parts, not %d", len(parts), len(into))
	}
	for n, to := range into {
		*to = parts[n]
	}
	return nil
}

// newBody packs parts. What is larger than inline goes into chunks at first, to be
// written in the transaction that writes the item.
func newBody(first key, inline int, expires int64, parts ...[]byte) (body, []write, error) {
	packed, err := pack(parts...)
	if err != nil {
		return body{}, nil, err
	}
	if len(packed) <= inline {
		return body{Inline: packed}, nil, nil
	}
	if len(packed) > storedMax {
		return body{}, nil, tooLarge()
	}
	var writes []write
	for len(packed) > 0 {
		n := min(len(packed), chunkMax)
		writes = append(writes, write{key: chunkKey(first, len(writes)), put: chunk{packed[:n], expires}})
		packed = packed[n:]
	}
	return body{Chunks: len(writes)}, writes, nil
}

// keys are those of the body's chunks.
func (b body) keys(first key) []key {
	var keys []key
	for n := range b.Chunks {
		keys = append(keys, chunkKey(first, n))
	}
	return keys
}

// packedIn joins a body's chunks again. It is errMoved if one is not there.
func (b body) packedIn(chunks map[key]item, first key) ([]byte, error) {
	if b.Chunks == 0 {
		return b.Inline, nil
	}
	var packed []byte
	for _, k := range b.keys(first) {
		i, ok := chunks[k]
		if !ok {
			return nil, errMoved
		}
		var c chunk
		if err := unmarshal(i, &c); err != nil {
			return nil, err
		}
		packed = append(packed, c.Data...)
	}
	return packed, nil
}

// A stored thing can have bodies.
type stored interface {
	// bodies gives each with the key of its chunks and where its parts go.
	bodies() []part
}

type part struct {
	body  body
	first key
	into  []*[]byte
}

// fill reads the bodies of things, all chunks at once. It is errMoved if a thing was
// changed while it was read.
func fill[T stored](ctx context.Context, s *Store, things ...T) error {
	var keys []key
	for _, t := range things {
		for _, p := range t.bodies() {
			keys = append(keys, p.body.keys(p.first)...)
		}
	}
	chunks, err := s.getAll(ctx, keys)
	if err != nil {
		return err
	}
	for _, t := range things {
		for _, p := range t.bodies() {
			packed, err := p.body.packedIn(chunks, p.first)
			if err != nil {
				return err
			}
			if err := unpackInto(packed, p.into...); err != nil {
				return fault.Of(err)
			}
		}
	}
	return nil
}
