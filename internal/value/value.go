// Package value lets executions carry values that are too large for a state.
//
// A state machine carries at most 256 KiB from state to state. An output that is
// larger than there is room for is stored beside the execution, and a stand-in goes
// on in its place: an object that names the stored value, and that has, at their
// own places, just those parts of it which expressions of the state machine read.
// Where a service is to be given such a value, and where people look at it, the
// stand-in is resolved: it becomes the value again.
//
// The same goes for the trigger's data, whatever an execution is started with.
//
// A stand-in's name for a value is the value's own hash, and is only looked up
// among the values of the same account and execution. So nobody can make one up:
// whoever knows the hash of a value has the value. Data that merely looks like a
// stand-in is not found, and in the trigger's data it stays what it is.
package value

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"strings"
)

// Limits, in bytes of JSON text.
const (
	// MaxDataBytes is the most data that a step can hand on, not counting a file that
	// it fetched.
	MaxDataBytes = 5 << 20
	// MaxBytes is the largest value that a step can hand on: a file of 10 MB, in base64
	// and with what goes along with it.
	MaxBytes = 16 << 20
	// MaxRoom is the largest output that is carried as it is, and the most that a
	// stand-in may have. A state takes 256 KiB, and much goes along with a value.
	MaxRoom = 200 << 10
	// plainBytes is up to where a part is carried as it is, rather than by a stand-in
	// that would hardly be shorter.
	plainBytes = 96
)

// member is the one that makes an object a stand-in; its text is an id, and, for a
// part of a value, # and the JSON pointer of the part.
const member = "$value"

const (
	idPrefix = "val_"
	// idBytes of a SHA-256 are kept: nobody finds another value with the same ones.
	idBytes = 24
)

// ID is the name of a value: the same for the same text, however often it is stored.
func ID(text []byte) string {
	sum := sha256.Sum256(text)
	return idPrefix + base64.RawURLEncoding.EncodeToString(sum[:idBytes])
}

// IsID says whether a text has the form of an id.
func IsID(text string) bool {
	encoded, ok := strings.CutPrefix(text, idPrefix)
	if !ok {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	// Decoding passes over line breaks, which no id has.
	return err == nil && len(b) == idBytes && len(encoded) == base64.RawURLEncoding.EncodedLen(idBytes)
}

// reference is what a stand-in stands for.
type reference struct {
	id      string
	pointer string
}

func (r reference) String() string {
	if r.pointer == "" {
		return r.id
	}
	return r.id + "#" + r.pointer
}

// referenceOf reads a stand-in; false for anything else.
func referenceOf(v any) (reference, bool) {
	object, ok := v.(map[string]any)
	if !ok {
		return reference{}, false
	}
	text, ok := object[member].(string)
	if !ok {
		return reference{}, false
	}
	id, pointer, _ := strings.Cut(text, "#")
	if !IsID(id) || pointer != "" && pointer[0] != '/' {
		return reference{}, false
	}
	return reference{id, pointer}, true
}

// StandsFor gives the id of the value that v stands for as a whole, if it does.
func StandsFor(v any) (id string, ok bool) {
	r, ok := referenceOf(v)
	return r.id, ok && r.pointer == ""
}

// Parts gives what a stand-in has of the value it stands for, as an object that stands
// for nothing; anything else as it is.
func Parts(v any) any {
	if _, ok := referenceOf(v); !ok {
		return v
	}
	parts := maps.Clone(v.(map[string]any)) //nolint:forcetypeassert // a stand-in is an object
	delete(parts, member)
	return parts
}

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// segments takes a JSON pointer apart.
func segments(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, p := range parts {
		parts[i] = pointerUnescaper.Replace(p)
	}
	return parts
}
