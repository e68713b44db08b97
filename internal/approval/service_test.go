package approval_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/approval"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// tokens notes how tasks are answered; err is what it says to that.
type tokens struct {
	mu    sync.Mutex
	err   error
	given []string
}

func (f *tokens) give(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.given = append(f.given, what)
	return nil
}

func (f *tokens) Succeed(_ context.Context, token string, output json.RawMessage) error {
	return f.give(token + " succeeded " + string(output))
}

func (f *tokens) Fail(_ context.Context, token, name, cause string) error {
	return f.give(token + " failed " + name + " " + cause)
}

func (f *tokens) refuse(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// notes are the notifications.
type notes struct {
	tasks []task.Task
	err   error
}

func (n *notes) Notify(_ context.Context, _ string, t task.Task) error {
	n.tasks = append(n.tasks, t)
	return n.err
}

// scene is a service on a real store and vault, with a clock that tests move.
type scene struct {
	*approval.Service
	store  *bolt.Store
	path   string
	tokens *tokens
	notes  *notes
	now    time.Time
}

var epoch = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{path: filepath.Join(dir, "db"), tokens: &tokens{}, notes: &notes{}, now: epoch}
	keys, err := keyfile.Open(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	if s.store, err = bolt.Open(s.path, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	v := vault.New(keys)
	s.Service = approval.NewService(approval.Config{
		Repository: s.store, Executions: s.store, Records: s.store, Tokens: s.tokens, Sealer: v, Opener: v, Notifier: s.notes,
		PublicURL: "https://x.example", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now },
	})
	for _, id := range []string{"exe_1", "exe_2"} {
		x := execution.Execution{ID: id, Account: "acc", Workflow: "wf_1", StartedAt: epoch, Input: json.RawMessage(`{}`)}
		if _, _, err := s.store.StartExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func question(execution, taskToken, notify string) []byte {
	return []byte(`{"account":"acc","agent":"agt_1","workflow":"wf_1","workflow_name":"Pay","version":1,"execution":"` + execution +
		`","node":"ask","task_token":"` + taskToken + `","config":{"message":"Pay?","timeout_seconds":60}` + notify + `}`)
}

func (s *scene) ask(t *testing.T, execution, taskToken string) (token string) {
	t.Helper()
	if _, err := s.Ask(t.Context(), question(execution, taskToken, "")); err != nil {
		t.Fatal(err)
	}
	return s.link(t, execution)
}

// link is the token of the link that an execution's view shows.
func (s *scene) link(t *testing.T, execution string) string {
	t.Helper()
	links, err := s.Links(t.Context(), "acc", execution)
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(links[task.Key{Account: "acc", Execution: execution, Node: "ask"}], "https://x.example/approvals/")
	if !ok {
		t.Fatalf("links = %v", links)
	}
	return token
}

func (s *scene) answer(t *testing.T, token string, decision approval.State) (approval.Approval, error) {
	t.Helper()
	return s.Answer(t.Context(), token, approval.Answer{Decision: decision, Comment: "so", By: &account.Principal{Account: "acc", Actor: "key:k1", Role: account.Operator}})
}

func wantCode(t *testing.T, code fault.Code, err error) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestAnswer(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		s := newScene(t)
		a, err := s.answer(t, s.ask(t, "exe_1", "t1"), approval.Approved)
		if err != nil || !a.Delivered {
			t.Fatalf("%+v, %v", a, err)
		}
		want := `t1 succeeded {"at":"2026-02-03T04:05:06Z","by":"key:k1","comment":"so","decision":"approved"}`
		if len(s.tokens.given) != 1 || s.tokens.given[0] != want {
			t.Errorf("given %q, want %q", s.tokens.given, want)
		}
	})
	t.Run("NotHandedOnMayBeSentAgain", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.tokens.refuse(fault.New(fault.Unavailable, "Later."))
		_, err := s.answer(t, token, approval.Rejected)
		wantCode(t, fault.Unavailable, err)
		s.tokens.refuse(nil)
		_, err = s.answer(t, token, approval.Rejected) // it could still be on its way
		wantCode(t, fault.AlreadyAnswered, err)
		s.now = s.now.Add(time.Minute)
		_, err = s.answer(t, token, approval.Approved) // another answer than the stored one
		wantCode(t, fault.AlreadyAnswered, err)
		// Looking at it was enough: the stored answer was handed on.
		if len(s.tokens.given) != 1 || !strings.HasPrefix(s.tokens.given[0], "t1 failed Approval.Rejected ") {
			t.Errorf("given %q", s.tokens.given)
		}
	})
	t.Run("HandedOnBeforeItWasWrittenDown", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.tokens.refuse(fault.New(fault.Unavailable, "Later."))
		_, err := s.answer(t, token, approval.Approved)
		wantCode(t, fault.Unavailable, err)
		s.tokens.refuse(fault.New(fault.AlreadyEnded, "It has its answer."))
		s.now = s.now.Add(time.Minute)
		if a, err := s.Find(t.Context(), token); err != nil || a.State != approval.Approved || !a.Delivered {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("ErrTheMachineStoppedWaiting", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.tokens.refuse(fault.New(fault.AlreadyEnded, "It timed out."))
		s.now = s.now.Add(59 * time.Second)
		_, err := s.answer(t, token, approval.Approved)
		wantCode(t, fault.Gone, err)
		if a, err := s.Find(t.Context(), token); !fault.Is(err, fault.Gone) || a.State != approval.TimedOut || a.AnsweredBy != "" {
			t.Errorf("%+v, %v: the answer that did not count is still there", a, err)
		}
	})
	t.Run("ErrTimeIsOver", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.now = s.now.Add(time.Minute)
		_, err := s.answer(t, token, approval.Approved)
		wantCode(t, fault.Gone, err)
		if len(s.tokens.given) != 0 {
			t.Errorf("given %q", s.tokens.given)
		}
	})
	t.Run("ErrOtherAccount", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		_, err := s.Answer(t.Context(), token, approval.Answer{Decision: approval.Approved, By: &account.Principal{Account: "acc2", Actor: "owner"}})
		wantCode(t, fault.NotFound, err)
	})
}

func TestAskAgain(t *testing.T) {
	t.Run("TheSameTaskKeepsItsDeadlineAndLink", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.now = s.now.Add(50 * time.Second)
		if again := s.ask(t, "exe_1", "t1"); again != token {
			t.Error("the link has changed")
		}
		if a, err := s.Find(t.Context(), token); err != nil || !a.ExpiresAt.Equal(epoch.Add(time.Minute)) {
			t.Errorf("it expires at %s, %v", a.ExpiresAt, err)
		}
	})
	t.Run("TheSameTaskAfterItsTimeHasItAnew", func(t *testing.T) { // the local stack gives a redrive the same token
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.now = s.now.Add(2 * time.Minute)
		if _, err := s.Ask(t.Context(), question("exe_1", "t1", "")); err != nil {
			t.Fatal(err)
		}
		if a, err := s.answer(t, token, approval.Approved); err != nil || !a.ExpiresAt.Equal(epoch.Add(3*time.Minute)) {
			t.Errorf("it expires at %s, %v; the task waits for another minute", a.ExpiresAt, err)
		}
	})
	t.Run("AnotherTaskHasItsOwn", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.now = s.now.Add(2 * time.Minute)
		if again := s.ask(t, "exe_1", "t2"); again != token {
			t.Error("the link has changed")
		}
		if _, err := s.answer(t, token, approval.Approved); err != nil || !strings.HasPrefix(s.tokens.given[0], "t2 ") {
			t.Errorf("%q, %v", s.tokens.given, err)
		}
	})
	t.Run("AnAnswerOfMeanwhileIsHandedOn", func(t *testing.T) {
		s := newScene(t)
		token := s.ask(t, "exe_1", "t1")
		s.tokens.refuse(fault.New(fault.Unavailable, "The process dies here."))
		_, err := s.answer(t, token, approval.Approved)
		wantCode(t, fault.Unavailable, err)
		s.tokens.refuse(nil)
		if _, err := s.Ask(t.Context(), question("exe_1", "t1", "")); err != nil {
			t.Fatal(err)
		}
		if len(s.tokens.given) != 1 || !strings.HasPrefix(s.tokens.given[0], "t1 succeeded ") {
			t.Errorf("given %q", s.tokens.given)
		}
		output, rejected, ok, err := s.Given(t.Context(), "acc", "exe_1", "t1")
		if err != nil || !ok || rejected || !strings.Contains(string(output), `"approved"`) {
			t.Errorf("Given = %s, %v, %v, %v", output, rejected, ok, err)
		}
	})
}

func TestNotify(t *testing.T) {
	const notify = `,"notify":{"connector":"chat","action":"post","config":{"text":"{{approval.url}}"},"timeout_seconds":60,"variables":{"trigger":{"input":1}}}`
	t.Run("OK", func(t *testing.T) {
		s := newScene(t)
		for range 2 { // the second time the task is asked again
			if _, err := s.Ask(t.Context(), question("exe_1", "t1", notify)); err != nil {
				t.Fatal(err)
			}
		}
		token := s.link(t, "exe_1")
		for _, sent := range s.notes.tasks {
			about, _ := sent.Variables["approval"].(map[string]any)
			if sent.Node != "ask.notify" || sent.Account != "acc" || sent.Execution != "exe_1" || about["url"] != "https://x.example/approvals/"+token {
				t.Errorf("sent %+v", sent)
			}
			if len(sent.Private) != 1 || sent.Private[0] != token || sent.Variables["trigger"] == nil {
				t.Errorf("sent %+v", sent)
			}
		}
		if len(s.notes.tasks) != 2 {
			t.Errorf("%d tasks; the connector's once-only record has to see both", len(s.notes.tasks))
		}
	})
	t.Run("ErrFailsTheNode", func(t *testing.T) {
		s := newScene(t)
		s.notes.err = fault.New(fault.AuthFailed, "No entry.")
		_, err := s.Ask(t.Context(), question("exe_1", "t1", notify))
		wantCode(t, fault.AuthFailed, err)
	})
	t.Run("UnknownWhetherTheyWereTold", func(t *testing.T) {
		s := newScene(t)
		s.notes.err = fault.New(fault.Uncertain, "It was cut off.")
		if _, err := s.Ask(t.Context(), question("exe_1", "t1", notify)); err != nil {
			t.Errorf("%v; the approval should wait", err)
		}
		s.link(t, "exe_1")
	})
}

// TestTokenIsNotInTheStore holds that who reads the database cannot answer.
func TestTokenIsNotInTheStore(t *testing.T) {
	s := newScene(t)
	token := s.ask(t, "exe_1", "t1")
	if len(token) < 32 { // 192 bits in base64
		t.Errorf("the token has only %d characters", len(token))
	}
	if other := s.ask(t, "exe_2", "t2"); other == token {
		t.Error("two approvals have one token")
	}
	content, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(token)) {
		t.Error("the database holds the token")
	}
	t.Run("ASealedTokenOpensNowhereElse", func(t *testing.T) {
		approvals, err := s.store.Approvals(t.Context(), "acc", approval.Filter{}, page.Query{})
		if err != nil || len(approvals.Items) != 2 {
			t.Fatalf("%v, %v", approvals.Items, err)
		}
		a, b := approvals.Items[0], approvals.Items[1]
		a.Token = b.Token
		if err := s.store.UpdateApproval(t.Context(), a, approval.Waiting); err != nil {
			t.Fatal(err)
		}
		if links, err := s.Links(t.Context(), "acc", a.Execution); err != nil || strings.Join(slices.Collect(maps.Values(links)), "") != "" {
			t.Errorf("links %v, %v", links, err)
		}
	})
}
