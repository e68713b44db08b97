package task_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

func TestAnswer(t *testing.T) {
	trial := func(t *testing.T, change func(map[string]any)) []byte {
		t.Helper()
		var tried task.Task
		if err := json.Unmarshal(payload(t, change), &tried); err != nil {
			t.Fatal(err)
		}
		question, err := task.TryPayload(tried)
		if err != nil {
			t.Fatal(err)
		}
		return question
	}
	t.Run("Task", func(t *testing.T) {
		r := newRoom(t)
		out, err := r.Answer(t.Context(), payload(t, nil))
		if err != nil || string(out) != `{"said":"rang for Ann"}` {
			t.Errorf("output %s, %v", out, err)
		}
	})
	t.Run("Trial", func(t *testing.T) {
		r := newRoom(t)
		answer, err := r.Answer(t.Context(), trial(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		got, err := task.ReadTrial(answer)
		if err != nil || got.Error != nil || string(got.Output) != `{"said":"rang for Ann"}` || string(got.Input) != `{"text":"for Ann"}` {
			t.Errorf("trial %+v, %v", got, err)
		}
	})
	t.Run("TrialThatFailsIsAnswered", func(t *testing.T) {
		r := newRoom(t)
		r.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
		answer, err := r.Answer(t.Context(), trial(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		got, err := task.ReadTrial(answer)
		if err != nil || got.Error == nil || got.Error.Code != fault.ServiceUnavailable || got.Error.Message == "" {
			t.Errorf("trial %+v, %v", got, err)
		}
	})
	t.Run("TrialNamesTheFieldsThatAreWrong", func(t *testing.T) {
		r := newRoom(t)
		answer, err := r.Answer(t.Context(), trial(t, func(p map[string]any) { p["config"] = map[string]any{"kind": "loud"} }))
		if err != nil {
			t.Fatal(err)
		}
		got, err := task.ReadTrial(answer)
		if err != nil || got.Error == nil || got.Error.Code != fault.InvalidInput || len(got.Error.Fields) == 0 {
			t.Errorf("trial %+v, %v", got, err)
		}
	})
	t.Run("Verification", func(t *testing.T) {
		r := newRoom(t)
		at := vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "bell_token"}
		sealed, _, err := r.store.Sealed(t.Context(), at.Account, at.CredentialType, at.Credential, "agt_1")
		if err != nil {
			t.Fatal(err)
		}
		question, err := task.VerifyPayload(task.Verification{
			Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
		})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := r.Answer(t.Context(), question)
		if err != nil {
			t.Fatal(err)
		}
		if identity, err := task.ReadIdentity(answer); err != nil || identity.Name != "belfry" {
			t.Errorf("identity %+v, %v", identity, err)
		}
		at.Account = "acc_2"
		question, err = task.VerifyPayload(task.Verification{
			Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Answer(t.Context(), question)
		wantCode(t, err, fault.CredentialUnreadable)
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		_, err := newRoom(t).Answer(t.Context(), []byte(`{"verify":`))
		wantCode(t, err, fault.Internal)
	})
}

func TestReadErrors(t *testing.T) {
	if _, err := task.ReadTrial([]byte("<html>")); !fault.Is(err, fault.Internal) {
		t.Errorf("trial: %v", err)
	}
	if _, err := task.ReadIdentity([]byte("<html>")); !fault.Is(err, fault.Internal) {
		t.Errorf("identity: %v", err)
	}
}
