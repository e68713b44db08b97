package stepfn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
	"switchboard/internal/bolt"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	"switchboard/internal/execution"
	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// mustCompile compiles a document for a catalog of one toy: its action gives back
// the text that it was given, behind the node's id, or fails if the text is an
// error's name.
func mustCompile(t testing.TB, document string) workflow.Version {
	t.Helper()
	catalog, err := connector.NewCatalog(connector.Connector{
		Name: "toy", Title: "Toy", CredentialOptional: true,
		Actions: []connector.Action{{
			Name: "say", Title: "Say",
			Input:  schema.Fields{{Name: "text", Kind: schema.Text, Title: "Text", Required: true}},
			Output: schema.Fields{{Name: "text", Kind: schema.Text}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := workflow.Parse([]byte(document))
	if err != nil {
		t.Fatalf("parsing %s: %v", document, err)
	}
	compiler := compile.New(catalog, compile.Functions{Connector: func(name string) string { return "connector-" + name }})
	compiled, diagnostics := compiler.Compile(doc, workflow.Subject{
		Account: "acc_1", AgentID: "agt_1", AgentName: "Ada", WorkflowID: "wf_1", WorkflowName: "Test", Version: 1,
		Credential: func(string) (workflow.Credential, bool) { return workflow.Credential{}, false },
	})
	if compiled == nil {
		t.Fatalf("compiling %s: %+v", document, diagnostics.Errors())
	}
	sources, err := json.Marshal(compiled.SourceMap)
	if err != nil {
		t.Fatal(err)
	}
	return workflow.Version{
		Account: "acc_1", Workflow: "wf_1", Number: 1, Document: json.RawMessage(document),
		Definition: compiled.Definition, SourceMap: sources, Express: compiled.Express,
	}
}

// say is the toy's function.
func say(_ context.Context, call run.Invocation) (json.RawMessage, error) {
	var t struct {
		Node      string         `json:"node"`
		Config    map[string]any `json:"config"`
		Variables map[string]any `json:"variables"`
	}
	dec := json.NewDecoder(bytes.NewReader(call.Payload))
	dec.UseNumber()
	if err := dec.Decode(&t); err != nil {
		return nil, err
	}
	value, problems := template.ParseValue(t.Config["text"])
	if len(problems) > 0 {
		return nil, fmt.Errorf("%+v", problems)
	}
	vars := template.Vars{}
	if named, ok := t.Variables["vars"].(map[string]any); ok {
		for name, v := range named {
			vars[name] = v
		}
	}
	for root, v := range t.Variables {
		vars[root] = v
	}
	rendered, err := value.Render(vars, func(string) template.Target { return template.TargetText })
	if err != nil {
		return nil, failing("Template.MissingValue")
	}
	text := fmt.Sprint(rendered)
	if text == "Connector.InvalidInput" || text == "Connector.RateLimited" {
		return nil, failing(text)
	}
	return json.Marshal(map[string]any{"text": t.Node + "(" + text + ")"})
}

func failing(name string) *run.TaskError {
	return &run.TaskError{Name: name, Cause: fmt.Sprintf(`{"errorType":%q,"errorMessage":"it failed\nmend it"}`, name)}
}

// local runs a version with the interpreter.
func local(t testing.TB, v workflow.Version, input string) (run.Result, []asl.Event) {
	t.Helper()
	program, err := run.Load(v.Definition)
	if err != nil {
		t.Fatal(err)
	}
	var j journal
	// What ends beside a long wait does so when the wait has begun.
	waiting := make(chan struct{})
	invoke := say
	if bytes.Contains(v.Document, []byte(longWait)) {
		invoke = func(ctx context.Context, call run.Invocation) (json.RawMessage, error) {
			out, err := say(ctx, call)
			if err != nil || bytes.Contains(call.Payload, []byte(afterTheWait)) {
				<-waiting
			}
			return out, err
		}
	}
	sleep := func(ctx context.Context, until time.Time) error {
		if time.Until(until) < 20*time.Second {
			return nil
		}
		close(waiting)
		<-ctx.Done()
		return ctx.Err()
	}
	result, err := program.Run(context.Background(), run.Execution{ID: "arn:exe_1", Name: "exe_1", Input: json.RawMessage(input)}, nil, run.Env{
		Invoke: invoke, Journal: &j, Sleep: sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, j.events
}

// longWait is a wait that is there to be cut off.
const longWait = `"seconds":30`

type journal struct{ events []asl.Event }

func (j *journal) Append(events ...asl.Event) error {
	j.events = append(j.events, events...)
	return nil
}

// newStore returns a real store in which the version is published and its execution
// has been started.
func newStore(t testing.TB, v workflow.Version, x execution.Execution) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.CreateAgent(ctx, agent.Agent{ID: "agt_1", Account: v.Account, Name: "Ada"}))
	must(s.CreateWorkflow(ctx, workflow.Workflow{ID: v.Workflow, Account: v.Account, Agent: "agt_1", Name: "Test", Document: v.Document, Revision: 1}, 0))
	must(s.Publish(ctx, v, ""))
	_, _, err = s.StartExecution(ctx, x)
	must(err)
	return s
}

// started is an execution of a version, as it is stored before it is launched.
func started(v workflow.Version, id, input string) execution.Execution {
	return execution.Execution{
		ID: id, Account: v.Account, Agent: "agt_1", Workflow: v.Workflow, Version: v.Number, Status: execution.Running,
		StartedAt: time.Now().UTC().Truncate(time.Millisecond), StartedBy: "owner", Express: v.Express, Input: json.RawMessage(input),
	}
}
