package template_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"switchboard/internal/asl/jsonata"
	"switchboard/internal/template"
)

// evaluator runs JSONata.
type evaluator interface {
	evaluate(t *testing.T, expression string, variables map[string]any) outcome
}

// eachEvaluator runs a test with the evaluator of the local stack, and with the
// reference implementation where it is installed.
func eachEvaluator(t *testing.T, test func(*testing.T, evaluator)) {
	t.Helper()
	t.Run("Local", func(t *testing.T) { test(t, local{}) })
	t.Run("Reference", func(t *testing.T) { test(t, startPeer(t)) })
}

// local is the evaluator of the local stack.
type local struct{}

func (local) evaluate(t *testing.T, expression string, variables map[string]any) outcome {
	t.Helper()
	expr, err := jsonata.Compile(expression)
	if err != nil {
		t.Fatalf("compiling %s: %v", expression, err)
	}
	v, defined, err := expr.Eval(jsonata.MapBindings(variables))
	if failure, ok := errors.AsType[*jsonata.Error](err); ok {
		return outcome{Error: failure.Message}
	}
	if !defined {
		return outcome{}
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{Value: text}
}

// peer is the reference implementation of JSONata, in a process of its own.
type peer struct {
	in  io.Writer
	out *bufio.Reader
}

// outcome is what an expression gave: a value, undefined, or an error.
type outcome struct {
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

func (o outcome) undefined() bool { return o.Value == nil && o.Error == "" }

const peerFolder = "testdata/jsonata"

// startPeer skips the test where Node.js or the package is missing, unless peers are required.
func startPeer(t *testing.T) *peer {
	t.Helper()
	missing := func(reason string) {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("Node.js is not installed, so JSONata cannot be compared with its reference implementation")
	}
	if _, err := os.Stat(filepath.Join(peerFolder, "node_modules", "jsonata")); err != nil {
		missing("the npm package jsonata is not installed: run npm ci in internal/template/" + peerFolder)
	}
	cmd := exec.CommandContext(t.Context(), node, "evaluate.mjs")
	cmd.Dir, cmd.Stderr = peerFolder, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // the context has ended it, or the closed input does
	})
	return &peer{in: in, out: bufio.NewReader(out)}
}

func (p *peer) evaluate(t *testing.T, expression string, variables map[string]any) outcome {
	t.Helper()
	line, err := json.Marshal(map[string]any{"expression": expression, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("reading the answer for %s: %v", expression, err)
	}
	var o outcome
	if err := json.Unmarshal(answer, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// resolve finds a node's output in the variable $n_<node>, and every other root
// in the variable of its name.
func resolve(p template.Path) (string, []template.Step, error) {
	if p.Root == "steps" && len(p.Steps) > 0 && !p.Steps[0].IsIndex {
		return "$n_" + p.Steps[0].Name, p.Steps[1:], nil
	}
	return "$" + p.Root, p.Steps, nil
}

// variables are those that resolve names.
func variables(vars template.Vars) map[string]any {
	all := map[string]any{}
	for name, v := range vars {
		all[name] = v
	}
	nodes, _ := vars["steps"].(map[string]any)
	for name, v := range nodes {
		all["n_"+name] = v
	}
	return all
}
