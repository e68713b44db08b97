package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
)

// Position is a place in the document's text, counted from 1.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"` // in bytes
}

// Positions tells where the value at a JSON pointer begins.
type Positions map[string]Position

// Parse reads a document. Its shape must be right: a fault ValidationFailed lists
// every member that is unknown or has the wrong JSON type. Whether the workflow
// makes sense is not asked here; a draft with problems is a document all the same.
func Parse(text []byte) (*Document, error) {
	if len(text) > MaxDocumentBytes {
		return nil, fault.New(fault.PayloadTooLarge, "The workflow document has %d bytes; at most %d are allowed.", len(text), MaxDocumentBytes).
			WithHint("Move long texts into variables, or split the workflow.")
	}
	positions, err := locate(text)
	if err != nil {
		return nil, err
	}
	var root any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		return nil, malformed(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed(errors.New("there is more after the document's end"))
	}
	r := reader{}
	doc := r.document(root)
	doc.Positions = positions
	if len(r.fields) > 0 {
		return nil, &fault.Error{
			Code: fault.ValidationFailed, Message: "The workflow document does not have the right shape.",
			Hint: "See the workflow document in the API's description.", Fields: r.fields,
		}
	}
	return doc, nil
}

func malformed(err error) *fault.Error {
	return fault.New(fault.BadRequest, "The workflow document is not valid JSON: %v.", err)
}

// locate notes where every value begins, and refuses what is not strictly JSON
// (names that are there twice, invalid UTF-8) or nested too deep.
func locate(text []byte) (Positions, error) {
	positions := Positions{}
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	line, lineStart, scanned := 1, 0, 0
	for {
		kind := dec.PeekKind()
		_, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return positions, nil
		}
		if err != nil {
			var syntax *jsontext.SyntacticError
			if errors.As(err, &syntax) {
				return nil, malformed(fmt.Errorf("%w at byte %d", syntax.Err, syntax.ByteOffset))
			}
			return nil, malformed(err)
		}
		if dec.StackDepth() > maxDepth {
			return nil, fault.New(fault.ValidationFailed, "The workflow document is nested more than %d levels deep.", maxDepth).
				At(string(dec.StackPointer()), fmt.Sprintf("is more than %d levels deep", maxDepth))
		}
		if kind == '}' || kind == ']' {
			continue
		}
		// InputOffset is the end of the token; for lines its own line is what counts,
		// and a token never spans lines.
		end := int(dec.InputOffset())
		for ; scanned < end; scanned++ {
			if text[scanned] == '\n' {
				line, lineStart = line+1, scanned+1
			}
		}
		if pointer := string(dec.StackPointer()); pointer != "" || len(positions) == 0 {
			positions[pointer] = Position{Line: line, Column: tokenStart(text[:end], lineStart) + 1}
		}
	}
}

// tokenStart finds the first byte of the token that ends the text, from the start of its line.
func tokenStart(text []byte, lineStart int) int {
	i := len(text) - 1
	if text[i] == '"' {
		for i--; i > lineStart; i-- {
			if text[i] != '"' {
				continue
			}
			slashes := 0
			for j := i - 1; j >= lineStart && text[j] == '\\'; j-- {
				slashes++
			}
			if slashes%2 == 0 {
				break
			}
		}
		return i - lineStart
	}
	for i > lineStart && !bytes.ContainsRune([]byte(" \t,:[{"), rune(text[i-1])) {
		i--
	}
	return i - lineStart
}

// reader turns generic JSON into a Document and notes what does not fit.
type reader struct{ fields []fault.Field }

// maxWrong is how many mistakes are told at once.
const maxWrong = 100

func (r *reader) wrong(pointer, format string, args ...any) {
	if len(r.fields) < maxWrong {
		r.fields = append(r.fields, fault.Field{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
	}
}

// object reads the members that are expected and reports the others.
func (r *reader) object(v any, pointer string, members ...string) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		r.wrong(pointer, "must be an object")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(members, name) && len(r.fields) < maxWrong {
			r.fields = append(r.fields, fault.Field{
				Pointer: pointer + "/" + schema.Escape(name), Message: "is not known here",
				Hint: spelling.Hint(name, members, "The members are"),
			})
		}
	}
	return m
}

func member[T any](r *reader, m map[string]any, pointer, name, noun string) (T, bool) {
	var none T
	v, ok := m[name]
	if !ok || v == nil {
		return none, false
	}
	t, ok := v.(T)
	if !ok {
		r.wrong(pointer+"/"+name, "must be %s", noun)
	}
	return t, ok
}

func (r *reader) text(m map[string]any, pointer, name string) string {
	s, _ := member[string](r, m, pointer, name, "a text")
	return s
}

func (r *reader) number(m map[string]any, pointer, name string) *json.Number {
	if n, ok := member[json.Number](r, m, pointer, name, "a number"); ok {
		return &n
	}
	return nil
}

func (r *reader) document(v any) *Document {
	m := r.object(v, "", "name", "description", "trigger", "nodes", "edges", "output", "timeout_seconds")
	doc := &Document{Name: r.text(m, "", "name"), TimeoutSeconds: r.number(m, "", "timeout_seconds")}
	r.text(m, "", "description")
	doc.Output, doc.HasOutput = m["output"]
	if t, ok := m["trigger"]; ok && t != nil {
		doc.Trigger = r.trigger(t)
	}
	nodes, _ := member[[]any](r, m, "", "nodes", "a list")
	for i, n := range nodes {
		doc.Nodes = append(doc.Nodes, r.node(n, fmt.Sprintf("/nodes/%d", i)))
	}
	edges, _ := member[[]any](r, m, "", "edges", "a list")
	for i, e := range edges {
		doc.Edges = append(doc.Edges, r.edge(e, fmt.Sprintf("/edges/%d", i)))
	}
	return doc
}

func (r *reader) trigger(v any) *Trigger {
	m := r.object(v, "/trigger", "type", "config", "name", "position")
	r.layout(m, "/trigger")
	config, _ := member[map[string]any](r, m, "/trigger", "config", "an object")
	return &Trigger{Type: r.text(m, "/trigger", "type"), Config: config}
}

func (r *reader) node(v any, at string) Node {
	m := r.object(v, at, "id", "name", "type", "credential", "config", "retry", "timeout_seconds", "on_error", "on_uncertain", "position")
	r.layout(m, at)
	config, _ := member[map[string]any](r, m, at, "config", "an object")
	n := Node{
		ID: r.text(m, at, "id"), Name: r.text(m, at, "name"), Type: r.text(m, at, "type"), Credential: r.text(m, at, "credential"),
		Config: config, TimeoutSeconds: r.number(m, at, "timeout_seconds"),
		OnError: r.text(m, at, "on_error"), OnUncertain: r.text(m, at, "on_uncertain"),
	}
	if retry, ok := m["retry"]; ok && retry != nil {
		at += "/retry"
		m := r.object(retry, at, "max_attempts", "interval_seconds", "backoff_rate")
		n.Retry = &Retry{
			MaxAttempts: r.number(m, at, "max_attempts"), IntervalSeconds: r.number(m, at, "interval_seconds"),
			BackoffRate: r.number(m, at, "backoff_rate"),
		}
	}
	return n
}

func (r *reader) edge(v any, at string) Edge {
	m := r.object(v, at, "from", "port", "to", "id", "name")
	r.text(m, at, "id")
	r.text(m, at, "name")
	return Edge{From: r.text(m, at, "from"), Port: r.text(m, at, "port"), To: r.text(m, at, "to")}
}

// layout checks what belongs to the editor alone.
func (r *reader) layout(m map[string]any, at string) {
	r.text(m, at, "name")
	if p, ok := m["position"]; ok && p != nil {
		position := r.object(p, at+"/position", "x", "y")
		r.number(position, at+"/position", "x")
		r.number(position, at+"/position", "y")
	}
}
