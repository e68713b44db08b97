package bolt

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/agent"
	"switchboard/internal/asl"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// TestStoredForms pins what is in the file, in which other versions of the program
// have to find their way: a changed name here needs a new schema version.
func TestStoredForms(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	tests := map[string]struct {
		head any
		want string
	}{
		"Agent": {
			agentValue(agent.Agent{ID: "i", Account: "a", Name: "N", Description: "D", CreatedAt: at, UpdatedAt: at}),
			`{"name":"N","description":"D","created_at":"2026-02-03T04:05:06.000000007Z","updated_at":"2026-02-03T04:05:06.000000007Z"}`,
		},
		"Credential": {
			credentialValue(credential.Credential{ID: "i", Account: "a", Type: "T", Name: "N", Hint: "H", CreatedAt: at, UpdatedAt: at, VerifiedAt: at, Revision: 2}),
			`{"type":"T","name":"N","hint":"H","created_at":"2026-02-03T04:05:06.000000007Z","updated_at":"2026-02-03T04:05:06.000000007Z","verified_at":"2026-02-03T04:05:06.000000007Z","revision":2}`,
		},
		"Sealed": {sealedValue{Type: "T", Format: 1}, `{"type":"T","format":1}`},
		"Workflow": {
			workflowValue(workflow.Workflow{
				ID: "i", Account: "a", Agent: "g", Name: "N", Trigger: "T", Document: raw("D"), Revision: 1, Published: 2, Latest: 3,
				HookSecret: "H", CreatedAt: at, UpdatedAt: at,
			}),
			`{"agent":"g","name":"N","trigger":"T","revision":1,"published":2,"latest":3,"hook_secret":"H","created_at":"2026-02-03T04:05:06.000000007Z","updated_at":"2026-02-03T04:05:06.000000007Z"}`,
		},
		"Version": {
			versionValue(workflow.Version{
				Account: "a", Workflow: "w", Number: 1, Document: raw("D"), Definition: raw("F"), SourceMap: raw("S"),
				Credentials: []string{"c"}, Express: true, PublishedAt: at, PublishedBy: "owner",
			}),
			`{"credentials":["c"],"express":true,"published_at":"2026-02-03T04:05:06.000000007Z","published_by":"owner"}`,
		},
		"Started": {
			startedValue(execution.Execution{
				ID: "i", Account: "a", Agent: "g", Workflow: "w", Version: 1, Published: at, Status: "running", StartedAt: at, StartedBy: "owner",
				Trigger: "replay", ReplayOf: "o", ReplayFrom: "n", IdempotencyKey: "k", Express: true, Input: raw("I"),
			}),
			`{"agent":"g","workflow":"w","version":1,"published_at":"2026-02-03T04:05:06.000000007Z","started_at":"2026-02-03T04:05:06.000000007Z","started_by":"owner","trigger":"replay","replay_of":"o","replay_from":"n","idempotency_key":"k","express":true}`,
		},
		"Ended": {
			endedValue{Status: "failed", StoppedAt: at, Error: &execution.Error{Name: "N", Message: "M", Hint: "H", Node: "n"}},
			`{"status":"failed","stopped_at":"2026-02-03T04:05:06.000000007Z","error":{"name":"N","message":"M","hint":"H","node":"n"}}`,
		},
		"Event": {
			eventValue(asl.Event{
				Kind: "k", At: at, Frame: "/1.2", Step: 3, State: "S", Attempt: 4, Input: raw("I"), Output: raw("O"), Assigned: raw("A"), Error: "E", Cause: "C",
				Until: at, Next: "X",
			}),
			`{"k":"k","t":"2026-02-03T04:05:06.000000007Z","f":"/1.2","s":3,"n":"S","a":4,"e":"E","c":"C","u":"2026-02-03T04:05:06.000000007Z","x":"X"}`,
		},
		"ShortestEvent": {eventValue(asl.Event{Kind: "k", At: at}), `{"k":"k","t":"2026-02-03T04:05:06.000000007Z"}`},
		"Record": {
			recordValue(task.Record{State: task.Begun, Input: raw("I"), Output: raw("O"), StartedAt: at, NotBefore: at, Reason: "R"}),
			`{"state":"begun","started_at":"2026-02-03T04:05:06.000000007Z","not_before":"2026-02-03T04:05:06.000000007Z","reason":"R"}`,
		},
		"RecordOfAFailure": {
			recordValue(task.Record{State: task.Failed, Failure: &task.Failure{Code: "C", Message: "M", Hint: "H"}}),
			`{"state":"failed","failure":{"code":"C","message":"M","hint":"H"}}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(tt.head)
			if err != nil || string(got) != tt.want {
				t.Errorf("stored as %s (%v)\nwant      %s", got, err, tt.want)
			}
		})
	}
}

func TestPack(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		value, err := pack(sealedValue{Type: "T"}, []byte("one"), nil, []byte{0, 1})
		if err != nil {
			t.Fatal(err)
		}
		if want := "\x17{\"type\":\"T\",\"format\":0}\x03one\x00\x02\x00\x01"; string(value) != want {
			t.Errorf("packed as %q, want %q", value, want)
		}
		var head sealedValue
		var a, b, c []byte
		if err := unpack(value, &head, &a, &b, &c); err != nil {
			t.Fatal(err)
		}
		clear(value) // as bbolt may, when the transaction is over
		if diff := cmp.Diff([][]byte{[]byte("one"), nil, {0, 1}}, [][]byte{a, b, c}); diff != "" || head.Type != "T" {
			t.Errorf("unpacked %+v and differs (-want +got):\n%s", head, diff)
		}
	})
	t.Run("ErrCutOff", func(t *testing.T) {
		value, err := pack(sealedValue{}, []byte("one"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range value {
			var head sealedValue
			var part []byte
			if err := unpack(value[:n], &head, &part); err == nil {
				t.Errorf("%d of %d bytes were unpacked", n, len(value))
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	value, err := pack(endedValue{Status: "failed"}, []byte(`{}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(value)
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, value []byte) {
		var head endedValue
		var part []byte
		if err := unpack(value, &head, &part); err == nil && len(part) > len(value) {
			t.Errorf("a part of %d bytes out of %d", len(part), len(value))
		}
	})
}

func TestFresh(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	value := withExpiry(now, []byte("v"))
	if got := fresh(now.Add(-time.Second), value); string(got) != "v" {
		t.Errorf("a second before: %q", got)
	}
	if got := fresh(now, value); got != nil {
		t.Errorf("at that time: %q", got)
	}
	if got := fresh(now, nil); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}
