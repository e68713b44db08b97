// Package secret keeps secret values from being shown by accident.
//
// A Text prints as a fixed mark in every formatter and encoder; only Reveal
// gives the value. A Redactor removes the values of one credential, in the
// forms in which they travel, from what a task is about to store or report.
package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// What stands where something was.
const (
	Mark         = "[redacted]" // a secret
	PersonalMark = "[personal]" // what says who somebody is
)

// Text is a secret string.
type Text struct{ value string }

// New wraps a value.
func New(value string) Text { return Text{value: value} }

// Reveal gives the value. It is the only way to it.
func (t Text) Reveal() string { return t.value }

// IsZero says whether there is no value.
func (t Text) IsZero() bool { return t.value == "" }

// String, Format, GoString and the encoders show Mark.
func (t Text) String() string { return Mark }

// GoString shows Mark.
func (t Text) GoString() string { return Mark }

// Format shows Mark whatever the verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Mark)) }

// MarshalJSON shows Mark.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(Mark) }

// MarshalText shows Mark.
func (t Text) MarshalText() ([]byte, error) { return []byte(Mark), nil }

// LogValue shows Mark.
func (t Text) LogValue() slog.Value { return slog.StringValue(Mark) }
