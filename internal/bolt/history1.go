package bolt

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"switchboard/internal/asl"
)

// eventValue is how schema 1 stored an event: alone in its value, its members as
// JSON with three raw parts behind. Such histories are still read.
type eventValue struct {
	Kind     asl.EventKind   `json:"k"`
	At       time.Time       `json:"t"`
	Frame    string          `json:"f,omitempty"`
	Step     int             `json:"s,omitempty"`
	State    string          `json:"n,omitempty"`
	Attempt  int             `json:"a,omitempty"`
	Input    json.RawMessage `json:"-"`
	Output   json.RawMessage `json:"-"`
	Assigned json.RawMessage `json:"-"`
	Error    string          `json:"e,omitempty"`
	Cause    string          `json:"c,omitempty"`
	Until    time.Time       `json:"u,omitzero"`
	Next     string          `json:"x,omitempty"`
}

// isEventValue tells the old form from the new one, which begins with a kind of event.
func isEventValue(value []byte) bool {
	_, used := binary.Uvarint(value)
	return used > 0 && used < len(value) && value[used] == '{'
}

func unpackEventValue(value []byte) (asl.Event, error) {
	var v eventValue
	err := unpack(value, &v, bytesOf(&v.Input), bytesOf(&v.Output), bytesOf(&v.Assigned))
	return asl.Event(v), err
}
