package execution_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// TestReplayOfAReplay replays one that was stopped before it had come to anything: what
// it was given is handed on.
func TestReplayOfAReplay(t *testing.T) {
	store := openStore(t, nil)
	version := oneVersion{workflow.Version{
		Document: []byte(`{"trigger":{"type":"manual"},"nodes":[{"id":"w","type":"wait","config":{"seconds":1}},{"id":"a","type":"chat.post","on_error":"continue"},
			{"id":"b","type":"chat.post"}],"edges":[{"from":"trigger","to":"w"},{"from":"w","to":"a"},{"from":"a","to":"b"}]}`),
		SourceMap: []byte(`{"W":{"node":"w","role":"node"},"A":{"node":"a","role":"node"},"B":{"node":"b","role":"node"}}`),
	}}
	service := execution.NewService(execution.Config{Repository: store, Workflows: version, Records: store, Runner: &idle{}, Now: time.Now})
	x := execution.Execution{ID: "exe_1", Account: "acc", Workflow: "wf_1", Version: 1, StartedAt: time.Now(), Input: json.RawMessage(`{"trigger":{"input":{}}}`)}
	if _, _, err := store.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	events := []asl.Event{
		{Kind: asl.StateEntered, State: "W"}, {Kind: asl.WaitStarted, State: "W"}, {Kind: asl.StateExited, State: "W"},
		{Kind: asl.StateEntered, State: "A"}, {Kind: asl.TaskScheduled, State: "A", Attempt: 1}, {Kind: asl.TaskFailed, State: "A", Attempt: 1, Error: "Connector.AuthFailed"},
		{Kind: asl.StateFailed, State: "A", Error: "Connector.AuthFailed", Next: "B"}, {Kind: asl.StateEntered, State: "B"},
	}
	if err := store.AppendHistory("acc", "exe_1", events...); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		x.Status, x.StoppedAt = execution.Stopped, time.Now()
		if err := store.FinishExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		var err error
		if x, err = service.Replay(t.Context(), account.Principal{Account: "acc", Actor: "owner"}, execution.Replay{Execution: x.ID, From: "b"}); err != nil {
			t.Fatal(err)
		}
		var input struct {
			Replay []string `json:"replay"`
		}
		if err := json.Unmarshal(x.Input, &input); err != nil || !slices.Equal(input.Replay, []string{"w"}) {
			t.Errorf("the wait is waited for again: %s, %v", x.Input, err)
		}
		r, err := store.Record(t.Context(), task.Key{Account: "acc", Execution: x.ID, Node: "a"})
		if err != nil || r.State != task.Failed || r.Failure == nil || r.Failure.Code != "Connector.AuthFailed" {
			t.Errorf("what has failed is tried again: %+v, %v", r, err)
		}
	}
}
