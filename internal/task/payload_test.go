package task

import (
	"encoding/json"
	"reflect"
	"testing"

	"switchboard/internal/exact"
	"switchboard/internal/value"
)

// TestReadTask holds the short way to what encoding/json reads, and to all members: one
// that is forgotten there is not known, and the task takes the long way.
func TestReadTask(t *testing.T) {
	whole := Task{
		Account: "acc", Agent: "agt", Workflow: "wf", Version: 3, Execution: "exe", Node: "first", Iteration: "0.1", Request: "req",
		Action: "send", Attempt: 2, Credential: &Credential{ID: "crd", Type: "slack"},
		Config:         map[string]any{"text": "{{trigger.body.n}}", "n": json.Number("1.50"), "list": []any{nil, true}},
		TimeoutSeconds: 30, OnUncertain: "retry", Output: &value.Plan{Reads: []string{"/a"}, Carries: []string{"/b", ""}, Room: 5},
		Variables: map[string]any{"trigger": map[string]any{"body": map[string]any{"n": json.Number("12345678901234567890")}}}, Private: []string{"hidden"},
	}
	set := reflect.ValueOf(whole)
	for i := range set.NumField() {
		if set.Field(i).IsZero() {
			t.Errorf("%s is not tried", set.Type().Field(i).Name)
		}
	}
	text, err := exact.Encode(whole)
	if err != nil {
		t.Fatal(err)
	}
	v, err := exact.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := taskOf(v.(map[string]any)); !ok || !reflect.DeepEqual(got, whole) {
		t.Errorf("the short way: %+v, %v; want %+v", got, ok, whole)
	}

	for name, payload := range map[string]string{
		"Whole":          string(text),
		"Least":          `{"account":"acc","node":"first","config":{}}`,
		"EmptyParts":     `{"config":{},"output":{},"private":[],"variables":{}}`,
		"Nulls":          `{"account":null,"config":null,"credential":null,"output":null,"private":null}`,
		"NullWithin":     `{"private":["a",null],"output":{"reads":[null]}}`,
		"UnknownMember":  `{"account":"acc","later":1}`,
		"OtherCase":      `{"Account":"acc"}`,
		"CredentialMore": `{"credential":{"id":"crd","type":"slack","later":1}}`,
		"CredentialLess": `{"credential":{"id":"crd"}}`,
		"PlanMore":       `{"output":{"reads":["/a"],"later":1}}`,
		"Nothing":        `{}`,
		"ErrText":        `{"account":1}`,
		"ErrFraction":    `{"version":1.5}`,
		"ErrHuge":        `{"attempt":99999999999999999999}`,
		"ErrList":        `{"private":"x"}`,
		"ErrConfig":      `{"config":[]}`,
		"ErrCredential":  `{"credential":"crd"}`,
		"ErrNoObject":    `[]`,
		"ErrCutOff":      `{"account":"acc"`,
		"ErrTrailing":    `{"account":"acc"} {}`,
	} {
		t.Run(name, func(t *testing.T) {
			var want Task
			wantErr := exact.Unmarshal([]byte(payload), &want)
			got, err := readTask([]byte(payload))
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("error %v, encoding/json has %v", err, wantErr)
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, encoding/json has %+v", got, want)
			}
		})
	}
}

// BenchmarkReadTask reads a task of a usual size.
func BenchmarkReadTask(b *testing.B) {
	payload := []byte(`{"account":"acc_local","action":"request","agent":"agt_01hf2y5n8q8m6x0c","attempt":0,"config":{"body":{"text":"{{line}} for {{who}}"},"method":"POST","url":"http://127.0.0.1:8080"},"execution":"exe_01hf2y5n8q8m6x0c","node":"first","output":{"reads":["/body/total","/status"]},"timeout_seconds":30,"variables":{"vars":{"line":"Order A-1 of 1250.5 EUR","who":"ANN"}},"version":1,"workflow":"wf_01hf2y5n8q8m6x0c"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readTask(payload); err != nil {
			b.Fatal(err)
		}
	}
}
