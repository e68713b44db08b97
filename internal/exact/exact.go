// Package exact reads JSON without losing digits: numbers stay the texts they are
// written as, so that what only passes through comes out as it went in.
package exact

import (
	"bytes"
	"encoding/json"
	"errors"
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

// Decode reads one JSON value, with nothing but space around it.
func Decode(text []byte) (any, error) {
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
