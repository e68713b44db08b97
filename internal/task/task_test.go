package task_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
	"switchboard/internal/task"
	"switchboard/internal/template"
	"switchboard/internal/value"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

const canary = "canary-7f3a9c-secret"

var (
	fieldText = schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true, Content: true, EscapeBy: func(config map[string]any) template.Target {
		if config["kind"] == "html" {
			return template.TargetHTML
		}
		return template.TargetText
	}}
	fieldTo    = schema.Field{Name: "to", Kind: schema.List, Title: "To", Personal: true}
	fieldKind  = schema.Field{Name: "kind", Kind: schema.Choice, Title: "Kind", Choices: []string{"text", "html"}, Default: "text"}
	fieldToken = schema.Field{Name: "token", Kind: schema.Secret, Title: "Token", Required: true}
)

// bell is a connector whose service answers with what it is told to. "ring" is not
// repeatable, "look" is.
func bell() connector.Connector {
	run := func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://bell.example/"+call.Key, strings.NewReader(call.Input.Text(fieldText)))
		if err != nil {
			return nil, err
		}
		if call.Upstream != nil {
			req.URL.Scheme, req.URL.Host = call.Upstream.Scheme, call.Upstream.Host
		}
		req.Header.Set("Authorization", "Bearer "+call.Credential.Data.Secret(fieldToken).Reveal())
		res, err := call.HTTP.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		switch {
		case res.StatusCode == http.StatusTooManyRequests:
			f := fault.New(fault.RateLimited, "slow down %s", body)
			f.RetryAfter = 1500 * time.Millisecond
			return nil, f
		case res.StatusCode >= 500:
			f := fault.New(fault.ServiceUnavailable, "the bell said: %s", body)
			f.Unsettled = res.Header.Get("X-Unsettled") != ""
			return nil, f
		}
		if res.Header.Get("Content-Type") == "application/octet-stream" {
			return connector.Output{"said": base64.StdEncoding.EncodeToString(body), "encoding": "base64"}, nil
		}
		return connector.Output{"said": string(body)}, nil
	}
	return connector.Connector{
		Name: "bell", Title: "Bell", Base: "https://bell.example",
		CredentialTypes: []connector.CredentialType{{Name: "bell_token", Title: "Bell token", Fields: schema.Fields{fieldToken}}},
		Actions: []connector.Action{
			{Name: "ring", Title: "Ring", Input: schema.Fields{fieldText, fieldTo, fieldKind}, Output: schema.Fields{{Name: "said", EncodedBy: "encoding"}}, OpenOutput: true, Run: run},
			{Name: "look", Title: "Look", Input: schema.Fields{fieldText, fieldTo, fieldKind}, Run: run, Repeatable: func(schema.Input) bool { return true }},
		},
	}
}

// room is a host with everything real around it: store, vault and network.
type room struct {
	*task.Host
	store *bolt.Store
	log   bytes.Buffer
	calls atomic.Int64
	// opened is how often a credential was opened.
	opened atomic.Int64
	// answer is what the service does with a request.
	answer func(http.ResponseWriter, *http.Request)
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{answer: func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		_, _ = w.Write(append([]byte("rang "), body...))
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.calls.Add(1)
		r.answer(w, req)
	}))
	t.Cleanup(server.Close)
	upstream, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	network, err := outbound.New(outbound.Config{Upstreams: map[string]*url.URL{"bell": upstream}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if r.store, err = bolt.Open(filepath.Join(dir, "db"), bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	keys, err := keyfile.Open(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(keys)
	r.Host = task.NewHost(task.Config{
		Connector: bell(), Records: r.store, Secrets: r.store, Opener: counting{v, &r.opened}, Network: network,
		Log: slog.New(slog.NewJSONHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now,
	})
	r.connect(t, v)
	return r
}

// counting counts what is opened.
type counting struct {
	vault.Opener
	opened *atomic.Int64
}

func (c counting) Open(ctx context.Context, at vault.Place, s vault.Sealed) (map[string]any, error) {
	c.opened.Add(1)
	return c.Opener.Open(ctx, at, s)
}

func (r *room) connect(t *testing.T, v *vault.Vault) {
	t.Helper()
	ctx := t.Context()
	if err := r.store.CreateAgent(ctx, agent.Agent{ID: "agt_1", Account: "acc_1", Name: "Ada"}); err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal(ctx, vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "bell_token"}, map[string]any{"token": canary})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.CreateCredential(ctx, credential.Credential{ID: "cred_1", Account: "acc_1", Type: "bell_token", Name: "Bell", Revision: 1}, sealed); err != nil {
		t.Fatal(err)
	}
	if err := r.store.Link(ctx, "acc_1", "agt_1", "cred_1", time.Now()); err != nil {
		t.Fatal(err)
	}
}

// payload of a task; change alters it.
func payload(t *testing.T, change func(map[string]any)) []byte {
	t.Helper()
	p := map[string]any{
		"account": "acc_1", "agent": "agt_1", "workflow": "wf_1", "version": 1, "execution": "exe_1", "node": "ring",
		"action": "ring", "attempt": 0, "timeout_seconds": 5,
		"credential": map[string]any{"id": "cred_1", "type": "bell_token"},
		"config":     map[string]any{"text": "for {{trigger.body.name}}"},
		"variables":  map[string]any{"trigger": map[string]any{"body": map[string]any{"name": "Ann"}}},
	}
	if change != nil {
		change(p)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func attempt(n int) func(map[string]any) { return func(p map[string]any) { p["attempt"] = n } }

// wantCode looks at the code, and gives the message for more.
func wantCode(t *testing.T, err error, code fault.Code) (message string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("err = %v, want %s", err, code)
	}
	return fault.Of(err).Message
}

// TestContentStaysOutOfTheLog: a service quotes what it was sent. Who may read the
// execution sees it, who reads the log does not.
func TestContentStaysOutOfTheLog(t *testing.T) {
	r := newRoom(t)
	r.answer = quoteAll
	_, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["request"] = "req-1" }))
	if message := wantCode(t, err, fault.ServiceUnavailable); !strings.Contains(message, "for Ann") {
		t.Errorf("the failure does not say what the service said: %s", message)
	}
	log := r.log.String()
	for _, want := range []string{"cannot take: " + secret.Mark, `"request_id":"req-1"`, `"execution":"exe_1"`, `"node":"ring"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "for Ann") {
		t.Errorf("the log has what was said:\n%s", log)
	}
}

// quoteAll is a service that fails, quoting what it was sent.
func quoteAll(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write(append([]byte("cannot take: "), body...))
}

// TestPersonalIsNotStored: what says who somebody is goes to the service, and nowhere
// else.
func TestPersonalIsNotStored(t *testing.T) {
	const ann = "ann@example.com"
	toAnn := func(p map[string]any) {
		p["config"] = map[string]any{"text": "for {{trigger.body.to}}", "to": []any{"{{trigger.body.to}}"}}
		p["variables"] = map[string]any{"trigger": map[string]any{"body": map[string]any{"to": ann}}}
	}
	key := task.Key{Account: "acc_1", Execution: "exe_1", Node: "ring"}
	wantInput := func(t *testing.T, r *room) task.Record {
		t.Helper()
		record, err := r.store.Record(t.Context(), key)
		if want := `{"text":"for ann@example.com","to":["[personal]"]}`; err != nil || string(record.Input) != want {
			t.Errorf("stored input %s, %v; want %s", record.Input, err, want)
		}
		return record
	}
	t.Run("Input", func(t *testing.T) {
		r := newRoom(t)
		out, err := r.Run(t.Context(), payload(t, toAnn))
		if err != nil || string(out) != `{"said":"rang for ann@example.com"}` {
			t.Errorf("the service was not sent it: %s, %v", out, err)
		}
		wantInput(t, r)
	})
	t.Run("LargeInput", func(t *testing.T) {
		r := newRoom(t)
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			toAnn(p)
			p["config"].(map[string]any)["text"] = strings.Repeat("x", 300_000)
		}))
		if err != nil {
			t.Fatal(err)
		}
		record, err := r.store.Record(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		standIn, err := value.Decode(record.Input)
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.store.Values(t.Context(), "acc_1", "exe_1", value.IDs(standIn))
		if err != nil || len(found) != 1 {
			t.Fatalf("values %v, %v", found, err)
		}
		for _, text := range found {
			if bytes.Contains(text, []byte(ann)) || !bytes.Contains(text, []byte(secret.PersonalMark)) {
				t.Errorf("stored value ends %s", text[len(text)-60:])
			}
		}
	})
	t.Run("Error", func(t *testing.T) {
		r := newRoom(t)
		r.answer = quoteAll
		_, err := r.Run(t.Context(), payload(t, toAnn))
		if message := wantCode(t, err, fault.ServiceUnavailable); message != "the bell said: cannot take: for [personal]" {
			t.Errorf("message %q", message)
		}
		if log := r.log.String(); strings.Contains(log, ann) {
			t.Errorf("the log has it:\n%s", log)
		}
	})
	t.Run("ErrorOfACallThatMayHaveBeenMade", func(t *testing.T) {
		r := newRoom(t)
		r.answer = func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("X-Unsettled", "yes")
			quoteAll(w, req)
		}
		_, err := r.Run(t.Context(), payload(t, toAnn))
		wantCode(t, err, fault.ServiceUnavailable)
		if record := wantInput(t, r); record.Reason != "the bell said: cannot take: for [personal]" {
			t.Errorf("stored reason %q", record.Reason)
		}
	})
	t.Run("WrongField", func(t *testing.T) {
		r := newRoom(t)
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			p["config"] = map[string]any{"text": "x", "to": "{{trigger.body.to}}", "kind": "{{trigger.body.to}}"}
			p["variables"] = map[string]any{"trigger": map[string]any{"body": map[string]any{"to": ann}}}
		}))
		if message := wantCode(t, err, fault.InvalidInput); message != `Kind cannot be "[personal]".` {
			t.Errorf("message %q", message)
		}
	})
	t.Run("TrialShowsAndDoesNotStore", func(t *testing.T) {
		r := newRoom(t)
		var tried task.Task
		if err := json.Unmarshal(payload(t, toAnn), &tried); err != nil {
			t.Fatal(err)
		}
		trial := r.Try(t.Context(), tried)
		if want := `{"text":"for ann@example.com","to":["ann@example.com"]}`; trial.Error != nil || string(trial.Input) != want {
			t.Errorf("trial shows %s, %v; want %s", trial.Input, trial.Error, want)
		}
		wantInput(t, r)
	})
}

func TestRun(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		r := newRoom(t)
		out, err := r.Run(t.Context(), payload(t, nil))
		if err != nil || string(out) != `{"said":"rang for Ann"}` {
			t.Errorf("output %s, %v", out, err)
		}
	})
	t.Run("RetryAfterSuccessGivesTheStoredOutputWithoutACall", func(t *testing.T) {
		r := newRoom(t)
		first, err := r.Run(t.Context(), payload(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Run(t.Context(), payload(t, attempt(1)))
		if err != nil || !bytes.Equal(first, again) || r.calls.Load() != 1 {
			t.Errorf("again %s, %v, after %d calls; want %s and one call", again, err, r.calls.Load(), first)
		}
	})
	t.Run("EscapingFollowsAFieldThatIsATemplateItself", func(t *testing.T) {
		r := newRoom(t)
		out, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			p["config"] = map[string]any{"text": "<p>{{trigger.body.name}}</p>", "kind": "{{trigger.body.kind}}"}
			p["variables"] = map[string]any{"trigger": map[string]any{"body": map[string]any{"name": "<b>", "kind": "html"}}}
		}))
		if err != nil || !strings.Contains(string(out), `\u003cp\u003e\u0026lt;b\u0026gt;\u003c/p\u003e`) && !strings.Contains(string(out), "<p>&lt;b&gt;</p>") {
			t.Errorf("output %s, %v", out, err)
		}
	})
	t.Run("ErrMissingValueMakesNoCall", func(t *testing.T) {
		r := newRoom(t)
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["variables"] = map[string]any{} }))
		message := wantCode(t, err, fault.MissingValue)
		if !strings.Contains(message, "trigger.body.name") || !strings.Contains(message, "text") || r.calls.Load() != 0 {
			t.Errorf("%d calls, message %q, want it to name path and field", r.calls.Load(), message)
		}
		if n := r.opened.Load(); n != 0 {
			t.Errorf("the credential was opened %d times, which nothing tells the audit", n)
		}
	})
	t.Run("ErrInvalidInputMakesNoCall", func(t *testing.T) {
		r := newRoom(t)
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["config"] = map[string]any{"kind": "loud"} }))
		wantCode(t, err, fault.InvalidInput)
		if r.calls.Load() != 0 || r.opened.Load() != 0 {
			t.Errorf("%d calls, the credential was opened %d times", r.calls.Load(), r.opened.Load())
		}
	})
	t.Run("ErrUnlinked", func(t *testing.T) {
		r := newRoom(t)
		if err := r.store.Unlink(t.Context(), "acc_1", "agt_1", "cred_1"); err != nil {
			t.Fatal(err)
		}
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.CredentialNotLinked)
	})
	t.Run("ErrOtherAccountsCredential", func(t *testing.T) {
		r := newRoom(t)
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["account"] = "acc_2" }))
		wantCode(t, err, fault.CredentialNotLinked)
	})
	t.Run("ErrOutputTooLargeIsNotCalledAgain", func(t *testing.T) {
		r := newRoom(t)
		r.answer = func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), value.MaxDataBytes+1))
		}
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.OutputTooLarge)
		if _, err := r.Run(t.Context(), payload(t, attempt(1))); err == nil || r.calls.Load() != 1 {
			t.Errorf("err = %v after %d calls", err, r.calls.Load())
		}
	})
}

func TestOnce(t *testing.T) {
	key := task.Key{Account: "acc_1", Execution: "exe_1", Node: "ring"}
	begun := func(t *testing.T, r *room, reason string) {
		t.Helper()
		if err := r.store.Put(t.Context(), key, task.Record{State: task.Begun, StartedAt: time.Now(), Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("CutOffInTheMiddleIsUncertain", func(t *testing.T) {
		r := newRoom(t)
		begun(t, r, "")
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.Uncertain)
		if r.calls.Load() != 0 {
			t.Error("the service was called again")
		}
	})
	t.Run("CutOffInTheMiddleIsRepeatedWhereThatDoesNoHarm", func(t *testing.T) {
		r := newRoom(t)
		begun(t, r, "")
		if _, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["action"] = "look" })); err != nil || r.calls.Load() != 1 {
			t.Errorf("err = %v after %d calls", err, r.calls.Load())
		}
	})
	t.Run("CutOffInTheMiddleIsRepeatedWhereTheAuthorSaidSo", func(t *testing.T) {
		r := newRoom(t)
		begun(t, r, "")
		if _, err := r.Run(t.Context(), payload(t, func(p map[string]any) { p["on_uncertain"] = "repeat" })); err != nil || r.calls.Load() != 1 {
			t.Errorf("err = %v after %d calls", err, r.calls.Load())
		}
	})
	t.Run("ServerErrorIsTriedAgain", func(t *testing.T) {
		r := newRoom(t)
		ok := r.answer
		r.answer = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) }
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.ServiceUnavailable)
		r.answer = ok
		if out, err := r.Run(t.Context(), payload(t, attempt(1))); err != nil || r.calls.Load() != 2 {
			t.Errorf("output %s, %v, after %d calls", out, err, r.calls.Load())
		}
	})
	t.Run("NoAnswerIsNotTriedAgain", func(t *testing.T) {
		r := newRoom(t)
		r.answer = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		_, err := r.Run(t.Context(), payload(t, nil))
		message := wantCode(t, err, fault.ServiceUnavailable)
		if !strings.Contains(message, "not known") {
			t.Errorf("message %q does not say that it may have been done", message)
		}
		_, err = r.Run(t.Context(), payload(t, attempt(1)))
		wantCode(t, err, fault.ServiceUnavailable)
		if r.calls.Load() != 1 {
			t.Errorf("%d calls, want one", r.calls.Load())
		}
	})
	t.Run("CutOffByAStopIsUncertain", func(t *testing.T) {
		r := newRoom(t)
		ctx, stop := context.WithCancel(t.Context())
		r.answer = func(_ http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body) // or it is not noticed that the caller has gone
			stop()
			<-req.Context().Done()
		}
		if _, err := r.Run(ctx, payload(t, nil)); err == nil {
			t.Fatal("it was not cut off")
		}
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.Uncertain)
		if r.calls.Load() != 1 {
			t.Errorf("%d calls, want one", r.calls.Load())
		}
	})
	t.Run("RetryAfterIsWaitedFor", func(t *testing.T) {
		r := newRoom(t)
		ok := r.answer
		r.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.RateLimited)
		r.answer = ok
		record, err := r.store.Record(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Run(t.Context(), payload(t, attempt(1))); err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Before(record.NotBefore) {
			t.Errorf("called at %s, but the service asked to wait until %s", now, record.NotBefore)
		}
	})
	t.Run("ErrUnlinkedWhileItWaits", func(t *testing.T) {
		r := newRoom(t)
		r.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
		_, err := r.Run(t.Context(), payload(t, nil))
		wantCode(t, err, fault.RateLimited)
		failed := make(chan error, 1)
		go func() {
			_, err := r.Run(t.Context(), payload(t, attempt(1)))
			failed <- err
		}()
		time.Sleep(100 * time.Millisecond) // until it waits, as a rule; unlinked before, it ends alike
		if err := r.store.Unlink(t.Context(), "acc_1", "agt_1", "cred_1"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, <-failed, fault.CredentialNotLinked)
		if r.calls.Load() != 1 || r.opened.Load() != 1 {
			t.Errorf("%d calls, and the credential was opened %d times; want one of each", r.calls.Load(), r.opened.Load())
		}
	})
}

func TestNoSecretComesOut(t *testing.T) {
	r := newRoom(t)
	echo := func(status int) {
		r.answer = func(w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "you sent "+req.Header.Get("Authorization"))
		}
	}
	echo(http.StatusOK)
	out, err := r.Run(t.Context(), payload(t, nil))
	if err != nil || !strings.Contains(string(out), "you sent Bearer") {
		t.Fatalf("output %s, %v", out, err)
	}
	echo(http.StatusInternalServerError)
	_, err = r.Run(t.Context(), payload(t, func(p map[string]any) { p["node"] = "other" }))
	if err == nil {
		t.Fatal("no error")
	}
	records, recordsErr := r.store.RecordsOf(t.Context(), "acc_1", "exe_1")
	if recordsErr != nil {
		t.Fatal(recordsErr)
	}
	stored, encodeErr := json.Marshal(records[task.Key{Account: "acc_1", Execution: "exe_1", Node: "ring"}])
	if encodeErr != nil {
		t.Fatal(encodeErr)
	}
	for name, text := range map[string]string{"output": string(out), "error": err.Error(), "log": r.log.String(), "record": string(stored)} {
		if strings.Contains(text, canary) {
			t.Errorf("the secret is in the %s: %s", name, text)
		}
	}
	if !strings.Contains(string(stored), "rang") && !strings.Contains(string(stored), "you sent") {
		t.Errorf("the record %s does not hold the output", stored)
	}
}
