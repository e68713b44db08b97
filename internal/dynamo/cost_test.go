package dynamo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/agent"
	"switchboard/internal/asl"
	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

var epoch = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// The things of the tests of this package, beside those of storetest.
var (
	anAgent     = agent.Agent{ID: "agt_1", Account: "acc", Name: "Agent", CreatedAt: epoch, UpdatedAt: epoch}
	aCredential = credential.Credential{ID: "cred_1", Account: "acc", Type: "slack_bot_token", Name: "Slack", Revision: 1}
	aSealed     = vault.Sealed{Format: 1, WrappedKey: []byte{1}, Nonce: []byte{2}, Ciphertext: []byte{3}}
	aWorkflow   = workflow.Workflow{ID: "wf_1", Account: "acc", Agent: "agt_1", Document: json.RawMessage(`{}`), Revision: 1}
	anExecution = execution.Execution{ID: "exe_1", Account: "acc", Workflow: "wf_1", StartedAt: epoch, Input: json.RawMessage(`{}`)}
	aKey        = task.Key{Account: "acc", Execution: "exe_1", Node: "send"}
	anEvent     = asl.Event{Kind: asl.StateEntered, At: epoch}
	aVersion    = workflow.Version{Account: "acc", Workflow: "wf_1", Number: 1, Document: json.RawMessage(`{}`)}
	begun       = task.Record{State: task.Begun, Input: json.RawMessage(`{}`), StartedAt: epoch}
	released    = task.Record{State: task.Released, StartedAt: epoch}
)

// must ends the test where preparing it fails.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatalf("preparing: %v", err)
		}
	}
}

func start(t testing.TB, s *dynamo.Store, x execution.Execution) {
	t.Helper()
	if _, created, err := s.StartExecution(t.Context(), x); err != nil || !created {
		t.Fatalf("starting %s: created %v, %v", x.ID, created, err)
	}
}

// fill stores one of everything.
func fill(t testing.TB, s *dynamo.Store) {
	t.Helper()
	ctx := t.Context()
	must(t,
		s.CreateAgent(ctx, anAgent), s.CreateCredential(ctx, aCredential, aSealed), s.Link(ctx, "acc", "agt_1", "cred_1", epoch),
		s.CreateWorkflow(ctx, aWorkflow, 0), s.Publish(ctx, aVersion, "hook"), s.Put(ctx, aKey, begun))
	start(t, s, anExecution)
}

// TestCalls counts the requests that operations make: each is paid for, and waited
// for. What a task does is as little as can be.
func TestCalls(t *testing.T) {
	_, table := newTable(t)
	c := &counter{calls: map[string]int{}}
	s := dynamo.New(c.client(t), dynamo.Options{Table: table})
	fill(t, s)
	ctx := t.Context()
	other := aKey
	other.Node = "other"
	tests := []struct {
		name  string
		do    func() error
		calls map[string]int
	}{
		{"Sealed", func() error { _, _, err := s.Sealed(ctx, "acc", "slack_bot_token", "cred_1", "agt_1"); return err }, map[string]int{"GetItem": 1}},
		{"BeginTheFirst", func() error { _, _, err := s.Begin(ctx, other, begun); return err }, map[string]int{"PutItem": 1}},
		{"BeginAgain", func() error { _, _, err := s.Begin(ctx, other, begun); return err }, map[string]int{"PutItem": 1}},
		{"Put", func() error { return s.Put(ctx, other, released) }, map[string]int{"PutItem": 1}},
		{"BeginAfterARelease", func() error { _, _, err := s.Begin(ctx, other, begun); return err }, map[string]int{"PutItem": 1}},
		{"Record", func() error { _, err := s.Record(ctx, other); return err }, map[string]int{"GetItem": 1}},

		{"RecordsOf", func() error { _, err := s.RecordsOf(ctx, "acc", "exe_1"); return err }, map[string]int{"Query": 1}},
		{"Workflow", func() error { _, err := s.Workflow(ctx, "acc", "wf_1"); return err }, map[string]int{"GetItem": 1}},
		{"Version", func() error { _, err := s.Version(ctx, "acc", "wf_1", 1); return err }, map[string]int{"GetItem": 1}},
		{"ByHook", func() error { _, err := s.ByHook(ctx, "hook"); return err }, map[string]int{"GetItem": 2}},
		{"StartExecution", func() error {
			x := anExecution
			x.ID, x.IdempotencyKey = "exe_2", "order"
			_, _, err := s.StartExecution(ctx, x)
			return err
		}, map[string]int{"TransactWriteItems": 1}},
		{"Execution", func() error { _, err := s.Execution(ctx, "acc", "exe_1"); return err }, map[string]int{"GetItem": 1}},
		{"AppendHistory", func() error { return s.AppendHistory("acc", "exe_1", anEvent, anEvent, anEvent) }, map[string]int{"UpdateItem": 1, "PutItem": 1}},
		{"History", func() error { _, err := s.History(ctx, "acc", "exe_1"); return err }, map[string]int{"GetItem": 1, "Query": 1}},
		{"FinishExecution", func() error {
			return s.FinishExecution(ctx, execution.Execution{ID: "exe_2", Account: "acc", Status: execution.Succeeded, StoppedAt: epoch})
		}, map[string]int{"GetItem": 1, "TransactWriteItems": 1, "Query": 2}},
		{"PutValue", func() error { return s.PutValue(ctx, "acc", "exe_1", "val_1", json.RawMessage(`"v"`)) }, map[string]int{"PutItem": 1}},
		{"Values", func() error { _, err := s.Values(ctx, "acc", "exe_1", []string{"val_1", "val_2"}); return err }, map[string]int{"BatchGetItem": 1}},
	}
	c.take()
	for _, tt := range tests { // in this order
		if err := tt.do(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.calls, c.take()); diff != "" {
			t.Errorf("requests of %s (-want +got):\n%s", tt.name, diff)
		}
	}
}
