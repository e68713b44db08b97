package bolt

import (
	"bytes"
	"testing"

	"switchboard/internal/fault"
)

func FuzzCursor(f *testing.F) {
	l := listing{name: "executions"}
	f.Add("")
	f.Add("AAAA")
	f.Add(l.encodeCursor([]byte("exe_1")))
	f.Add("M\nResAWV4ZV8x") // the same, with a line break
	f.Fuzz(func(t *testing.T, cursor string) {
		after, err := l.decodeCursor(cursor)
		switch {
		case err != nil:
			if !fault.Is(err, fault.ValidationFailed) {
				t.Errorf("decodeCursor(%q) = %v, want %s", cursor, err, fault.ValidationFailed)
			}
		case cursor != "" && l.encodeCursor(after) != cursor:
			t.Errorf("%q is a cursor of %q, whose cursor is %q", cursor, after, l.encodeCursor(after))
		}
		again, err := l.decodeCursor(l.encodeCursor([]byte("x" + cursor)))
		if err != nil || !bytes.Equal(again, []byte("x"+cursor)) {
			t.Errorf("a cursor came back as %q, %v", again, err)
		}
	})
}

func TestCursorOfAnotherList(t *testing.T) {
	cursor := listing{name: "agents"}.encodeCursor([]byte("agt_1"))
	if _, err := (listing{name: "workflows"}).decodeCursor(cursor); !fault.Is(err, fault.ValidationFailed) {
		t.Errorf("decodeCursor = %v, want %s", err, fault.ValidationFailed)
	}
}
