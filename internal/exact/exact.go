// Package exact reads JSON without losing digits, and writes it: numbers stay the
// texts they are written as, so that what only passes through comes out as it went in.
//
// An execution's values are read and written a dozen times on their way, and were a
// fifth of all its processor time with encoding/json. So values that are plain (see
// plain and appendPlain) take a way of their own here, and encoding/json has the
// word on all others, and on whatever is not valid.
package exact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// errTrailing: there is more than one value.
var errTrailing = errors.New("there is more after the JSON value")

// decoder reads one text after the other as if they were one stream, because
// encoding/json has no decoder that can be used again: a new one, with its buffer,
// takes more memory than most values do.
type decoder struct {
	text bytes.Reader
	json *json.Decoder
}

// keptBytes is the longest text after which a decoder, whose buffer has grown with
// it, is kept.
const keptBytes = 64 << 10

var decoders = sync.Pool{New: func() any {
	d := &decoder{}
	d.json = json.NewDecoder(&d.text)
	d.json.UseNumber()
	return d
}}

// Decode reads one JSON value, with nothing but space around it: as map[string]any,
// []any, string, json.Number, bool or nil.
func Decode(text []byte) (any, error) {
	if v, ok := plain(text); ok {
		return v, nil
	}
	var v any
	err := Unmarshal(text, &v)
	return v, err
}

// Unmarshal is json.Unmarshal, with numbers as they are written.
func Unmarshal(text []byte, into any) error {
	d := decoders.Get().(*decoder)
	d.text.Reset(text)
	if err := d.json.Decode(into); err != nil {
		return err // and the decoder, which would say so again, is left to the collector
	}
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return errTrailing
	}
	if n := len(text); n <= keptBytes && n > 0 && endsItself(bytes.TrimRight(text, " \t\r\n")) {
		d.text.Reset(nil)
		decoders.Put(d)
	}
	return nil
}

// endsItself says whether the text of a value shows where it ends, as that of an
// object or a list does. Behind a number the decoder has looked for more, and
// remembers that there was none.
func endsItself(text []byte) bool {
	last := text[len(text)-1]
	return last == '}' || last == ']'
}

// Encode writes a value as json.Marshal does, but without HTML escapes.
func Encode(v any) (json.RawMessage, error) {
	return Append(make([]byte, 0, roomFor(v, 0)), v)
}

// Append appends what Encode writes.
func Append(b []byte, v any) ([]byte, error) {
	before := len(b)
	b, ok := appendPlain(b, v, 0)
	if ok {
		return b, nil
	}
	return appendAny(b[:before], v)
}

// appendAny appends any value that encoding/json can write.
func appendAny(b []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}
