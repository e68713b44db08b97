package approval

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/task"
)

// Question is the payload of an approval node's task. Package compile writes it.
type Question struct {
	Account      string `json:"account"`
	Agent        string `json:"agent"`
	Workflow     string `json:"workflow"`
	WorkflowName string `json:"workflow_name"`
	Version      int    `json:"version"`
	Execution    string `json:"execution"`
	Node         string `json:"node"`
	Iteration    string `json:"iteration"`
	Request      string `json:"request"` // see package request
	TaskToken    string `json:"task_token"`
	Config       struct {
		Message        string      `json:"message"`
		TimeoutSeconds json.Number `json:"timeout_seconds"`
	} `json:"config"`
	Notify *Notification `json:"notify"`
}

// Notification is the task that tells people: what to run, without for whom.
type Notification struct {
	Connector string `json:"connector"`
	task.Task
}

// notifyNode is behind the node's id in the record of its notification, so that it
// is no node's record.
const notifyNode = ".notify"

// tokenBytes is how much randomness a link's token has.
const tokenBytes = 32

// Ask runs one attempt of an approval node's task: it stores the question and tells
// people. The answer comes through the task's token. Asked again, it finds what is
// there; an answer that was given meanwhile is handed on. The error is a task's fault.
func (s *Service) Ask(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var q Question
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if err := dec.Decode(&q); err != nil {
		return nil, fault.New(fault.Internal, "The task could not be read.").Because(err)
	}
	if err := s.ask(ctx, q); err != nil {
		f := fault.Of(err)
		if !f.Code.Means().Task {
			f = &fault.Error{Code: fault.Internal, Message: f.Message, Hint: f.Hint, Cause: f}
		}
		return nil, f
	}
	return json.RawMessage("{}"), nil
}

func (s *Service) ask(ctx context.Context, q Question) error {
	if taken, err := s.takenOver(ctx, q); taken || err != nil {
		return err
	}
	fresh, token, err := s.prepare(ctx, q)
	if err != nil {
		return err
	}
	a, created, err := s.Repository.CreateApproval(ctx, fresh)
	if err != nil {
		return fmt.Errorf("storing the approval: %w", err)
	}
	if !created {
		if a, err = s.askAgain(ctx, a, fresh); err != nil || a.State.Answered() {
			return err
		}
	}
	if q.Notify == nil {
		return nil
	}
	if !created {
		if token, err = s.open(ctx, a); err != nil {
			return err
		}
	}
	return s.notify(ctx, q, a, token)
}

// takenOver hands on the answer that was given in the execution which this one replays:
// nobody is asked again. false where there is none.
func (s *Service) takenOver(ctx context.Context, q Question) (bool, error) {
	r, err := s.Records.Record(ctx, task.Key{Account: q.Account, Execution: q.Execution, Node: q.Node, Iteration: q.Iteration})
	if fault.Is(err, fault.NotFound) || err == nil && r.State != task.Done {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the once-only record: %w", err)
	}
	var answer struct {
		Decision State `json:"decision"`
	}
	if err := json.Unmarshal(r.Output, &answer); err != nil {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	switch answer.Decision {
	case Rejected:
		err = s.Tokens.Fail(ctx, q.TaskToken, string(fault.ApprovalRejected), string(r.Output))
	case TimedOut:
		err = s.Tokens.Fail(ctx, q.TaskToken, asl.ErrorTimeout, "")
	default:
		err = s.Tokens.Succeed(ctx, q.TaskToken, r.Output)
	}
	if err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return false, fmt.Errorf("handing the answer on: %w", err)
	}
	return true, nil
}

func (s *Service) prepare(ctx context.Context, q Question) (a Approval, token string, err error) {
	seconds, err := q.Config.TimeoutSeconds.Float64()
	if err != nil || seconds < 1 {
		return a, "", fault.New(fault.InvalidInput, "The time to answer must be at least a second.").WithHint("Look at timeout_seconds of the node.")
	}
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(random)
	now := s.Now().UTC()
	a = Approval{
		Account: q.Account, Agent: q.Agent, Workflow: q.Workflow, WorkflowName: q.WorkflowName, Execution: q.Execution, Node: q.Node,
		Iteration: q.Iteration, Message: q.Config.Message, State: Waiting, AskedAt: now,
		ExpiresAt: now.Add(time.Duration(seconds * float64(time.Second))), TokenHash: hashOf(token), TaskToken: q.TaskToken,
	}
	if a.ID, err = id.New(id.Approval); err != nil {
		return a, "", err
	}
	if a.Token, err = s.Sealer.Seal(ctx, a.place(), map[string]any{"token": token}); err != nil {
		return a, "", fmt.Errorf("sealing the link: %w", err)
	}
	return a, token, nil
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// askAgain goes on with an approval that is there already: after a crash, a failed
// notification or a redrive. Its link stays. The same task keeps its deadline, which
// is a promise to people; a new one has its time from now on. A task is new, too, that is
// only called when the time of the one before was over: its token may be the same.
func (s *Service) askAgain(ctx context.Context, a, fresh Approval) (Approval, error) {
	from := a.State
	over := from == Waiting && !s.Now().Before(a.ExpiresAt)
	if a.TaskToken != fresh.TaskToken || over || !from.Answered() && from != Waiting {
		a.TaskToken, a.ExpiresAt, a.Message = fresh.TaskToken, fresh.ExpiresAt, fresh.Message
	}
	if !from.Answered() {
		a.State = Waiting
	}
	err := s.Repository.UpdateApproval(ctx, a, from)
	if fault.Is(err, fault.Conflict) { // somebody answers at this moment; a retry finds it
		return a, fault.New(fault.Unavailable, "The approval is being answered.").Because(err)
	}
	if err != nil {
		return a, fmt.Errorf("storing the approval: %w", err)
	}
	if a.State.Answered() {
		_, err = s.deliver(ctx, a)
	}
	return a, err
}

// notify tells people of the approval: once, whatever becomes of this attempt. Where
// it is not known whether an earlier attempt told them, they are not told again, and
// the approval waits all the same: they may have been, and it has a time limit and a
// place in the list of what waits.
func (s *Service) notify(ctx context.Context, q Question, a Approval, token string) error {
	t := q.Notify.Task
	t.Request = q.Request
	t.Account, t.Agent, t.Workflow, t.Version, t.Execution = q.Account, q.Agent, q.Workflow, q.Version, q.Execution
	t.Node, t.Iteration = q.Node+notifyNode, q.Iteration
	t.Private = []string{token}
	if t.Variables == nil {
		t.Variables = map[string]any{}
	}
	t.Variables["approval"] = map[string]any{"url": s.url(token), "message": a.Message, "expires_at": a.ExpiresAt.Format(time.RFC3339)}
	err := s.Notifier.Notify(ctx, q.Notify.Connector, t)
	if fault.Is(err, fault.Uncertain) {
		s.Log.WarnContext(ctx, "it is not known whether people were told of an approval", "approval", a.ID, "execution", a.Execution)
		return nil
	}
	if err != nil {
		return fmt.Errorf("telling people of the approval: %w", err)
	}
	return nil
}
