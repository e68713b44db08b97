package value

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"switchboard/internal/exact"
)

// Each is the segment of a plan's pointer that stands for every item of a list.
const Each = "*"

// Plan says what of an output has to go along where the output is too large. Package
// compile writes it into a task. The pointers are JSON pointers into the output, in
// which Each stands for all items of a list.
type Plan struct {
	// Reads are the parts that expressions of the state machine look at: they are
	// carried as they are.
	Reads []string `json:"reads,omitempty"`
	// Carries are the parts that are only handed on as a whole: a stand-in will do.
	Carries []string `json:"carries,omitempty"`
	// Room is the largest output, in bytes, that is carried as it is; 0 means MaxRoom.
	Room int `json:"room,omitempty"`
}

// limit is the room of an output.
func (p *Plan) limit() int {
	if p == nil || p.Room <= 0 || p.Room > MaxRoom {
		return MaxRoom
	}
	return p.Room
}

// Fits says whether an output is carried as it is.
func (p *Plan) Fits(text []byte) bool { return len(text) <= p.limit() }

// TooLargeError says that parts of a value have to be carried as they are and have
// no room.
type TooLargeError struct {
	Pointer string // of the largest such part
	Bytes   int    // that it has
	Total   int    // that all have together
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the part at %q has %d bytes, and all that is read has %d", e.Pointer, e.Bytes, e.Total)
}

// Cut makes the stand-in for a value, given as JSON text. The error is a
// *TooLargeError where the parts that are read have no room.
func (p *Plan) Cut(text []byte) (json.RawMessage, error) {
	v, err := Decode(text)
	if err != nil {
		return nil, err
	}
	c := cutter{id: ID(text)}
	root := &part{carry: true}
	if p != nil {
		for _, pointer := range p.Reads {
			root.at(segments(pointer)).read = true
		}
		for _, pointer := range p.Carries {
			root.at(segments(pointer)).carry = true
		}
	}
	cut, err := c.cut(v, root, "")
	if err != nil {
		return nil, err
	}
	short, err := Encode(cut)
	if err != nil {
		return nil, err
	}
	if len(short) > MaxRoom {
		c.largest.Total = len(short)
		return nil, &c.largest
	}
	return short, nil
}

// part is what a plan says of one part of a value and of the parts within.
type part struct {
	read, carry bool
	parts       map[string]*part
}

// at gives the part below, and makes it where it is not there.
func (p *part) at(path []string) *part {
	for _, name := range path {
		if p.parts[name] == nil {
			if p.parts == nil {
				p.parts = map[string]*part{}
			}
			p.parts[name] = &part{}
		}
		p = p.parts[name]
	}
	return p
}

// with joins what is said of a part twice: by its own place, and by that of all items.
func (p *part) with(other *part) *part {
	if p == nil || other == nil {
		if p == nil {
			return other
		}
		return p
	}
	joined := &part{read: p.read || other.read, carry: p.carry || other.carry, parts: maps.Clone(p.parts)}
	for name, sub := range other.parts {
		if joined.parts == nil {
			joined.parts = map[string]*part{}
		}
		joined.parts[name] = joined.parts[name].with(sub)
	}
	return joined
}

// cutter makes a stand-in.
type cutter struct {
	id      string
	largest TooLargeError
}

// cut gives what goes along of a part. What is not carried keeps its type, because
// expressions look at the types on their way to what they read.
func (c *cutter) cut(v any, p *part, at string) (any, error) {
	size, err := sizeOf(v)
	if err != nil {
		return nil, err
	}
	if p.read || size <= plainBytes {
		if size > c.largest.Bytes {
			c.largest = TooLargeError{Pointer: at, Bytes: size}
		}
		return v, nil
	}
	switch v := v.(type) {
	case map[string]any:
		return c.object(v, p, at)
	case []any:
		if p.parts != nil {
			return c.list(v, p, at)
		}
	}
	if p.carry {
		return map[string]any{member: reference{c.id, at}.String()}, nil
	}
	if _, isList := v.([]any); isList {
		return []any{}, nil
	}
	return "", nil // of the texts, only the type counts here; no other scalar is so large
}

func (c *cutter) object(v map[string]any, p *part, at string) (any, error) {
	short := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(p.parts)) {
		value, ok := v[name]
		if !ok {
			continue
		}
		var err error
		if short[name], err = c.cut(value, p.parts[name], at+"/"+pointerEscaper.Replace(name)); err != nil {
			return nil, err
		}
	}
	if p.carry {
		short[member] = reference{c.id, at}.String()
	}
	return short, nil
}

// list gives a list of the same length, whose items stand for themselves: it is
// itself no stand-in. Where nothing goes through all items, those that are not read
// are left out.
func (c *cutter) list(v []any, p *part, at string) (any, error) {
	each := p.parts[Each]
	if p.carry {
		each = (&part{carry: true}).with(each)
	}
	short := make([]any, 0, len(v))
	last := -1
	for i, item := range v {
		own := p.parts[strconv.Itoa(i)].with(each)
		if own == nil {
			short = append(short, nil)
			continue
		}
		cut, err := c.cut(item, own, at+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		short, last = append(short, cut), i
	}
	size, err := sizeOf(short)
	if err == nil && size > MaxRoom && size > c.largest.Bytes {
		c.largest = TooLargeError{Pointer: at, Bytes: size}
	}
	return short[:last+1], err
}

func sizeOf(v any) (int, error) {
	text, err := Encode(v)
	return len(text), err
}

// Decode reads JSON and keeps numbers as they are written.
func Decode(text []byte) (any, error) {
	v, err := exact.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("decoding a value: %w", err)
	}
	return v, nil
}

// Encode writes JSON as it is measured and stored: without HTML escapes.
func Encode(v any) (json.RawMessage, error) {
	text, err := exact.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a value: %w", err)
	}
	return text, nil
}
