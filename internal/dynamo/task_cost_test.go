package dynamo_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/awsapi/kms"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/dynamo"
	"switchboard/internal/fault"
	"switchboard/internal/mototest"
	"switchboard/internal/schema"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

// bell is a connector that fails when it is told to.
func bell() connector.Connector {
	text := schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true}
	return connector.Connector{
		Name: "bell", Title: "Bell", Base: "https://bell.example", CredentialOptional: true,
		CredentialTypes: []connector.CredentialType{{
			Name: "slack_bot_token", Title: "Token", Fields: schema.Fields{{Name: "bot_token", Kind: schema.Secret, Title: "Token", Required: true}},
		}},
		Actions: []connector.Action{{Name: "ring", Title: "Ring", Input: schema.Fields{text}, Run: func(_ context.Context, call *connector.Call) (connector.Output, error) {
			if call.Input.Text(text) == "crack" {
				return nil, fault.New(fault.AuthFailed, "No entry.")
			}
			return connector.Output{"said": call.Input.Text(text)}, nil
		}}},
	}
}

func saying(text string) map[string]any {
	return map[string]any{"trigger": map[string]any{"text": text}}
}

// TestTaskCalls counts what a task costs in requests to DynamoDB and KMS: a read for
// the secret and its link, two writes of the once-only record, and, while the function
// holds the data key, none to KMS.
func TestTaskCalls(t *testing.T) {
	_, table := newTable(t)
	calls := &counter{calls: map[string]int{}}
	store := dynamo.New(calls.client(t), dynamo.Options{Table: table})
	fill(t, store)
	at := aws.Config{Region: mototest.Region, BaseEndpoint: aws.String(mototest.Start(t)), Credentials: mototest.Credentials(), HTTPClient: calls}
	keys := kms.New(at)
	made, err := sdk.NewFromConfig(at).CreateKey(t.Context(), &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	key := aws.ToString(made.KeyMetadata.Arn)
	place := vault.Place{Account: "acc", Credential: "cred_1", CredentialType: "slack_bot_token"}
	sealed, err := vault.NewSealer(awskms.NewMaker(keys, key)).Seal(t.Context(), place, map[string]any{"bot_token": "xoxb-1"})
	must(t, err)
	must(t, store.UpdateCredential(t.Context(), aCredential, &sealed))
	network, err := outbound.New(outbound.Config{})
	must(t, err)
	host := task.NewHost(task.Config{
		Connector: bell(), Records: store, Secrets: store, Opener: vault.New(awskms.New(keys, key)), Network: network,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	calls.take()
	type change func(*task.Task)
	attempt := func(n int) change { return func(t *task.Task) { t.Attempt = n } }
	withoutCredential := func(t *task.Task) { t.Credential = nil }
	crack := func(t *task.Task) { t.Variables = saying("crack") }
	for _, c := range []struct { // in this order
		name, node string
		change     change
		fails      bool
		want       map[string]int
	}{
		{"Cold", "a", nil, false, map[string]int{"GetItem": 1, "PutItem": 2, "Decrypt": 1}},
		{"Warm", "b", nil, false, map[string]int{"GetItem": 1, "PutItem": 2}},
		{"WithoutCredential", "c", withoutCredential, false, map[string]int{"PutItem": 2}},
		{"Failing", "d", crack, true, map[string]int{"GetItem": 1, "PutItem": 2}},
		{"RetryAfterAFailure", "d", attempt(1), false, map[string]int{"GetItem": 2, "PutItem": 2}},
		{"RetryAfterASuccess", "a", attempt(1), false, map[string]int{"GetItem": 1}},
	} {
		todo := task.Task{
			Account: "acc", Agent: "agt_1", Workflow: "wf_1", Version: 1, Execution: "exe_1", Node: c.node, Action: "ring", TimeoutSeconds: 5,
			Credential: &task.Credential{ID: "cred_1", Type: "slack_bot_token"}, Config: map[string]any{"text": "{{trigger.text}}"}, Variables: saying("hi"),
		}
		if c.change != nil {
			c.change(&todo)
		}
		payload, err := json.Marshal(todo)
		must(t, err)
		if _, err := host.Run(t.Context(), payload); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, calls.take()); diff != "" {
			t.Errorf("requests of a task, %s (-want +got):\n%s", c.name, diff)
		}
	}
}
