package jsonata_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// reference evaluates with npm jsonata@2.0.6 in a process of its own.
type reference struct {
	in  io.WriteCloser
	out *bufio.Reader
}

type referenceAnswer struct {
	Value     json.RawMessage `json:"value,omitempty"`
	Undefined bool            `json:"undefined,omitempty"`
	Code      string          `json:"code,omitempty"`
	Message   string          `json:"message,omitempty"`
	Accident  bool            `json:"accident,omitempty"`
}

// startReference skips the test where the reference is not installed, which
// SWITCHBOARD_TEST_PEERS=required forbids.
func startReference(tb testing.TB) *reference {
	tb.Helper()
	missing := func(format string, args ...any) {
		tb.Helper()
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			tb.Fatalf(format, args...)
		}
		tb.Skipf(format, args...)
	}
	folder := filepath.Join("..", "testdata", "peer")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "jsonata")); err != nil {
		missing("the reference implementation is not installed: run npm ci in internal/asl/testdata/peer")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("the reference implementation needs node: %v", err)
	}
	cmd := exec.CommandContext(tb.Context(), node, "jsonata.js")
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()     // ends it
		_ = cmd.Wait() // it may have been killed with the test's context
	})
	return &reference{in: in, out: bufio.NewReader(out)}
}

func (r *reference) eval(tb testing.TB, expr string, vars map[string]any) referenceAnswer {
	tb.Helper()
	if err := json.NewEncoder(r.in).Encode(map[string]any{"expr": expr, "vars": vars}); err != nil {
		tb.Fatalf("asking the reference about %s: %v", expr, err)
	}
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		tb.Fatalf("asking the reference about %s: %v", expr, err)
	}
	var a referenceAnswer
	if err := json.Unmarshal(line, &a); err != nil {
		tb.Fatalf("asking the reference about %s: %v", expr, err)
	}
	return a
}

// sameJSON compares values as JSON: numbers by what a double makes of them.
func sameJSON(tb testing.TB, ours any, theirs json.RawMessage) bool {
	tb.Helper()
	b, err := json.Marshal(ours)
	if err != nil {
		tb.Errorf("encoding %#v: %v", ours, err)
		return false
	}
	var x, y any
	if err := json.Unmarshal(b, &x); err != nil {
		tb.Errorf("decoding %s: %v", b, err)
		return false
	}
	if err := json.Unmarshal(theirs, &y); err != nil {
		tb.Errorf("decoding %s: %v", theirs, err)
		return false
	}
	return reflect.DeepEqual(x, y)
}
