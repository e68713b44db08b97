package compile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// toy is a connector for tests: say gives back the text it was given, behind the
// node's id, or fails if the text holds "fail"; pick says besides that the first word
// of the text is what it picked.
func toy() connector.Connector {
	text := schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true}
	choices := schema.Field{Name: "choices", Kind: schema.List, Title: "Choices", Required: true}
	picked := schema.Field{Name: "picked", Kind: schema.Text}
	return connector.Connector{
		Name: "toy", Title: "Toy", CredentialOptional: true,
		CredentialTypes: []connector.CredentialType{{Name: "toy_key", Title: "Toy key"}},
		Actions: []connector.Action{{
			Name: "say", Title: "Say",
			Input: schema.Fields{
				text,
				{Name: "count", Kind: schema.Integer, Title: "Count"},
				{Name: "mood", Kind: schema.Choice, Title: "Mood", Choices: []string{"calm", "loud"}},
			},
			Output: schema.Fields{{Name: "text", Kind: schema.Text}, {Name: "parts", Kind: schema.Values}},
		}, {
			Name: "pick", Title: "Pick",
			Input: schema.Fields{text, choices}, Output: schema.Fields{{Name: "text", Kind: schema.Text}, picked},
			Ports: &connector.Ports{Names: choices, Taken: picked},
		}},
	}
}

func strict() connector.Connector {
	c := toy()
	c.Name, c.Title, c.CredentialOptional = "strict", "Strict", false
	return c
}

func newCompiler(tb testing.TB) *compile.Compiler {
	tb.Helper()
	catalog, err := connector.NewCatalog(toy(), strict())
	if err != nil {
		tb.Fatal(err)
	}
	return compile.New(catalog, compile.Functions{
		Connector: func(name string) string { return "connector-" + name }, Approvals: "approvals", Workflows: "workflows",
	})
}

func subject() workflow.Subject {
	return workflow.Subject{
		Workflow: func(id string) (workflow.Callee, bool) { c, ok := callees[id]; return c, ok },
		Account:  "acc_test", AgentID: "agt_1", AgentName: "Ada", WorkflowID: "wf_1", WorkflowName: "Test", Version: 1,
		Credential: func(id string) (workflow.Credential, bool) {
			c, ok := map[string]workflow.Credential{
				"cred_linked":   {Type: "toy_key", Name: "Linked", Linked: true},
				"cred_unlinked": {Type: "toy_key", Name: "Unlinked"},
				"cred_other":    {Type: "other_key", Name: "Other", Linked: true},
				"cred_hook":     {Type: "webhook_secret", Name: "Hook", Linked: true},
			}[id]
			return c, ok
		},
	}
}

// callees are the workflows that nodes can run.
var callees = map[string]workflow.Callee{
	"wf_ok":     {Name: "Fine", Agent: "agt_1", Published: true, Trigger: "manual", TimeoutSeconds: 600},
	"wf_strict": {Name: "Strict", Agent: "agt_1", Published: true, Trigger: "manual", Input: map[string]any{"type": "object", "required": []any{"id"}}},
	"wf_draft":  {Name: "Draft", Agent: "agt_1"},
	"wf_hook":   {Name: "Hook", Agent: "agt_1", Published: true, Trigger: "webhook"},
	"wf_theirs": {Name: "Theirs", Agent: "agt_2", Published: true, Trigger: "manual"},
	"wf_round":  {Name: "Round", Agent: "agt_1", Published: true, Trigger: "manual", Runs: []string{"wf_ok", "wf_round2", "wf_round"}},
	"wf_round2": {Name: "About", Agent: "agt_1", Published: true, Trigger: "manual", Runs: []string{"wf_1"}},
}

func mustParse(tb testing.TB, text string) *workflow.Document {
	tb.Helper()
	doc, err := workflow.Parse([]byte(text))
	if err != nil {
		tb.Fatalf("parsing %s: %v", text, err)
	}
	return doc
}

func mustCompile(tb testing.TB, text string) *workflow.Compiled {
	tb.Helper()
	compiled, diagnostics := newCompiler(tb).Compile(mustParse(tb, text), subject())
	if compiled == nil {
		tb.Fatalf("compiling %s: %+v", text, diagnostics.Errors())
	}
	mustBeValid(tb, compiled.Definition)
	return compiled
}

// mustBeValid holds a definition to our own validation, which is that of Step Functions.
func mustBeValid(tb testing.TB, definition []byte) {
	tb.Helper()
	machine, err := asl.Parse(definition)
	if err != nil {
		tb.Fatalf("the definition cannot be read: %v\n%s", err, definition)
	}
	if issues := machine.Validate(); len(issues) > 0 {
		tb.Fatalf("the definition is not valid: %+v\n%s", issues, definition)
	}
}

// world runs definitions: it stands for the functions and keeps the history.
type world struct {
	mu      sync.Mutex
	events  []asl.Event
	replies map[string]string // to tokens: what becomes of an approval or a workflow
	mended  bool              // no call fails any more
}

// Issue implements run.Tokens.
func (w *world) Issue(call run.Invocation) (string, error) {
	return fmt.Sprintf("%s/%d#%d", call.Frame, call.Step, call.Attempt), nil
}

// Await implements run.Tokens.
func (w *world) Await(ctx context.Context, token string) (json.RawMessage, error) {
	w.mu.Lock()
	reply := w.replies[token]
	w.mu.Unlock()
	said := json.RawMessage(`{"decision":"` + reply + `","comment":"so","at":"2026-01-01T00:00:00Z","by":"owner"}`)
	switch reply {
	case "approved":
		return said, nil
	case "rejected":
		return nil, &run.TaskError{Name: "Approval.Rejected", Cause: string(said)}
	case "timed_out":
		<-ctx.Done()
		return nil, ctx.Err()
	case "fail":
		return answer("", "fail")
	default:
		return json.Marshal(map[string]any{"text": reply})
	}
}

// invoke is every function: those that wait for a token take what becomes of it from
// the message, or the input.
func (w *world) invoke(ctx context.Context, call run.Invocation) (json.RawMessage, error) {
	var t struct {
		Config struct {
			Message string `json:"message"`
			Input   struct {
				Reply string `json:"reply"`
			} `json:"input"`
		} `json:"config"`
	}
	if call.Function == "approvals" || call.Function == "workflows" {
		if err := json.Unmarshal(call.Payload, &t); err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.replies == nil {
			w.replies = map[string]string{}
		}
		w.replies[call.Token] = t.Config.Message + t.Config.Input.Reply
		return json.RawMessage("{}"), nil
	}
	if w.mended {
		return json.RawMessage(`{"text":"mended"}`), nil
	}
	return say(ctx, call)
}

func (w *world) Append(events ...asl.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, events...)
	return nil
}

// entered counts the states that were entered, which is what AWS bills.
func (w *world) entered() map[string]int {
	n := map[string]int{}
	for _, e := range w.events {
		if e.Kind == asl.StateEntered {
			n[e.State]++
		}
	}
	return n
}

// run runs a definition, or goes on with the history that there is.
func (w *world) run(tb testing.TB, definition []byte, trigger any) run.Result {
	tb.Helper()
	program, err := run.Load(definition)
	if err != nil {
		tb.Fatalf("loading %s: %v", definition, err)
	}
	input, err := json.Marshal(map[string]any{"trigger": trigger})
	if err != nil {
		tb.Fatal(err)
	}
	result, err := program.Run(context.Background(), run.Execution{ID: "arn:exe_1", Name: "exe_1", Input: input}, slices.Clone(w.events), run.Env{
		Invoke: w.invoke, Journal: w, Tokens: w, Sleep: func(context.Context, time.Time) error { return nil },
	})
	if err != nil {
		tb.Fatalf("running: %v", err)
	}
	return result
}

// say is the toy's function.
func say(_ context.Context, call run.Invocation) (json.RawMessage, error) {
	var t struct {
		Node      string         `json:"node"`
		Action    string         `json:"action"`
		Config    map[string]any `json:"config"`
		Variables map[string]any `json:"variables"`
	}
	dec := json.NewDecoder(bytes.NewReader(call.Payload))
	dec.UseNumber()
	if err := dec.Decode(&t); err != nil {
		return nil, err
	}
	text, err := render(t.Config["text"], t.Variables)
	if err != nil {
		return nil, &run.TaskError{Name: "Template.MissingValue", Cause: `{"errorMessage":"missing\nhint"}`}
	}
	if t.Action == "pick" && !strings.HasPrefix(text, "fail") {
		picked, _, _ := strings.Cut(text, ",")
		return json.Marshal(map[string]any{"text": t.Node + "(" + text + ")", "picked": picked})
	}
	return answer(t.Node, text)
}

func answer(node, text string) (json.RawMessage, error) {
	if strings.HasPrefix(text, "fail long") { // as Step Functions cuts a cause that is too long
		return nil, &run.TaskError{Name: "Connector.InvalidInput", Cause: `{"errorMessage":"it fai`}
	}
	if strings.HasPrefix(text, "fail") {
		return nil, &run.TaskError{Name: "Connector.InvalidInput", Cause: `{"errorType":"Connector.InvalidInput","errorMessage":"it failed\nmend it"}`}
	}
	return json.Marshal(map[string]any{"text": node + "(" + text + ")"})
}

func render(v any, variables map[string]any) (string, error) {
	value, problems := template.ParseValue(v)
	if len(problems) > 0 {
		return "", fmt.Errorf("%+v", problems)
	}
	vars := template.Vars{}
	if named, ok := variables["vars"].(map[string]any); ok {
		for name, v := range named {
			vars[name] = v
		}
	}
	for root, v := range variables {
		vars[root] = v
	}
	rendered, err := value.Render(vars, func(string) template.Target { return template.TargetText })
	if err != nil {
		return "", err
	}
	return fmt.Sprint(rendered), nil
}
