package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// MaxComment is the longest comment, in characters.
const MaxComment = 2_000

// Executions tells whether what asked still runs.
type Executions interface {
	Execution(ctx context.Context, account, id string) (execution.Execution, error)
}

// Records tells of an answer that an execution was given of the one that it replays.
type Records interface {
	Record(ctx context.Context, k task.Key) (task.Record, error)
}

// Notifier runs a connector's action: the connector's function does it.
type Notifier interface {
	Notify(ctx context.Context, connectorName string, t task.Task) error
}

// Config is what a Service is made of. Its Sealer and Opener are used for secrets of
// type CredentialType and no others. Where nobody is asked, but only answered or
// shown, Records, Sealer and Notifier may be nil.
type Config struct {
	Repository Repository
	Executions Executions
	Records    Records
	Tokens     execution.Tokens
	Sealer     vault.Sealer
	Opener     vault.Opener
	Notifier   Notifier
	PublicURL  string // what links start with
	Log        *slog.Logger
	Now        func() time.Time
}

// Service is what can be done with approvals.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Find gives the approval of a link, as it is now. NotFound for a token that is no
// link's; Gone if it was never answered and cannot be any more.
func (s *Service) Find(ctx context.Context, token string) (Approval, error) {
	a, err := s.find(ctx, token)
	if err != nil {
		return a, err
	}
	if a.State.Answered() || a.State == Waiting {
		return a, nil
	}
	return a, over(a)
}

func (s *Service) find(ctx context.Context, token string) (Approval, error) {
	a, err := s.Repository.ApprovalByToken(ctx, hashOf(token))
	if fault.Is(err, fault.NotFound) {
		return a, noApproval()
	}
	if err != nil {
		return a, fmt.Errorf("finding approval: %w", err)
	}
	return s.current(ctx, a)
}

func noApproval() *fault.Error {
	return fault.NotFoundf("There is no approval at this address.").WithHint("Open the link as it was sent to you, whole.")
}

// over is the fault of an approval that nobody answered.
func over(a Approval) *fault.Error {
	if a.State == TimedOut {
		return fault.New(fault.Gone, "The time to answer ended at %s.", a.ExpiresAt.UTC().Format("15:04 on 2 January 2006 (UTC)")).
			WithHint("Nothing needs to be done; the workflow has gone on without an answer.")
	}
	return fault.New(fault.Gone, "This approval is no longer needed: the execution that asked for it has ended.").
		WithHint("Nothing needs to be done.")
}

// current looks what has become of an approval that is stored as waiting, and hands
// on an answer that could not be before.
func (s *Service) current(ctx context.Context, a Approval) (Approval, error) {
	if s.stuck(a) {
		delivered, err := s.deliver(ctx, a)
		if err != nil {
			s.Log.WarnContext(ctx, "an answer could not be handed on", "approval", a.ID, "execution", a.Execution, "error", err)
			return a, nil
		}
		return delivered, nil
	}
	if a.State != Waiting {
		return a, nil
	}
	if !s.Now().Before(a.ExpiresAt) {
		a.State = TimedOut
		return a, nil
	}
	x, err := s.Executions.Execution(ctx, a.Account, a.Execution)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return a, fmt.Errorf("reading execution: %w", err)
	}
	if err != nil || x.Status != execution.Running {
		a.State = Cancelled
	}
	return a, nil
}

// Answer is what a person says.
type Answer struct {
	Decision State // Approved or Rejected
	Comment  string
	// By is the caller, where a login tells; nil for somebody who only has the link.
	By *account.Principal
}

// Answer decides the approval of a link. Faults: NotFound, Gone, AlreadyAnswered, and
// ValidationFailed for an answer that is none. Unavailable says that the answer is
// stored but not handed on yet; the same answer may then be sent again.
func (s *Service) Answer(ctx context.Context, token string, answer Answer) (Approval, error) {
	if !answer.Decision.Answered() {
		return Approval{}, fault.New(fault.ValidationFailed, "The answer is neither yes nor no.").
			WithHint("decision is %q or %q.", Approved, Rejected).At("/decision", "must be approved or rejected")
	}
	if utf8.RuneCountInString(answer.Comment) > MaxComment {
		return Approval{}, fault.New(fault.ValidationFailed, "The comment is too long.").
			At("/comment", fmt.Sprintf("must have at most %d characters", MaxComment))
	}
	a, err := s.Find(ctx, token)
	if err != nil {
		return a, err
	}
	if err := mayAnswer(answer.By, a); err != nil {
		return Approval{}, err
	}
	if a.State.Answered() {
		return s.answered(ctx, a, answer)
	}
	a.State, a.Comment, a.AnsweredAt = answer.Decision, answer.Comment, s.Now().UTC()
	if answer.By != nil {
		a.AnsweredBy = answer.By.Actor
	}
	err = s.Repository.UpdateApproval(answering(ctx, a), a, Waiting)
	if fault.Is(err, fault.Conflict) { // somebody was faster
		if a, err = s.Find(ctx, token); err != nil {
			return a, err
		}
		return s.answered(ctx, a, answer)
	}
	if err != nil {
		return a, fmt.Errorf("storing the answer: %w", err)
	}
	return s.deliver(ctx, a)
}

// answering says in the audit who answered; somebody who only had the link is "link".
func answering(ctx context.Context, a Approval) context.Context {
	e := audit.Entry{
		Account: a.Account, Actor: a.AnsweredBy, Action: audit.Approve, Resource: a.ID, Execution: a.Execution, Node: a.Node, Iteration: a.Iteration,
	}
	if a.AnsweredBy == "" {
		e.Actor = "link"
	}
	if a.State == Rejected {
		e.Action = audit.Reject
	}
	return audit.WithEntry(ctx, e)
}

// mayAnswer refuses a login that is not one for the approval. Who has only the link
// needs none.
func mayAnswer(by *account.Principal, a Approval) error {
	switch {
	case by == nil:
		return nil
	case by.Account != a.Account, by.Agent != "" && by.Agent != a.Agent:
		return noApproval()
	case !by.Role.Includes(account.Operator):
		return fault.New(fault.Forbidden, "To answer approvals, your role has to be %s at least.", account.Operator).
			WithHint("Ask an owner or admin of the account for a larger role.")
	default:
		return nil
	}
}

// handing is how long an answer may be on its way to the state machine. Only after
// that may others hand it on.
const handing = 30 * time.Second

// stuck says whether an answer was stored and not handed on.
func (s *Service) stuck(a Approval) bool {
	return a.State.Answered() && !a.Delivered && s.Now().Sub(a.AnsweredAt) > handing
}

// answered is the end of an answer that comes second. The same one may be sent again
// where it could not be handed on.
func (s *Service) answered(ctx context.Context, a Approval, again Answer) (Approval, error) {
	if s.stuck(a) && a.State == again.Decision && a.Comment == again.Comment {
		return s.deliver(ctx, a)
	}
	return a, fault.New(fault.AlreadyAnswered, "This was already %s at %s.", a.State, a.AnsweredAt.UTC().Format("15:04 on 2 January 2006 (UTC)")).
		WithHint("One answer counts.")
}

// deliver hands an answer that is stored to the state machine.
func (s *Service) deliver(ctx context.Context, a Approval) (Approval, error) {
	output, err := a.output()
	if err != nil {
		return a, err
	}
	if a.State == Rejected {
		err = s.Tokens.Fail(ctx, a.TaskToken, string(fault.ApprovalRejected), string(output))
	} else {
		err = s.Tokens.Succeed(ctx, a.TaskToken, output)
	}
	switch over := fault.Is(err, fault.AlreadyEnded) || fault.Is(err, fault.NotFound); {
	case over && !s.stuck(a):
		return s.late(ctx, a)
	case over:
		// An earlier attempt handed it on, and could not write that down.
	case err != nil:
		return a, fault.New(fault.Unavailable, "The answer is stored, but could not be handed to the workflow yet.").
			WithHint("Send it again in a minute.").Because(err)
	}
	a.Delivered = true
	if err := s.Repository.UpdateApproval(ctx, a, a.State); err != nil && !fault.Is(err, fault.Conflict) {
		return a, fmt.Errorf("storing the answer: %w", err)
	}
	return a, nil
}

// clocks is by how much the state machine's deadline may be before ours: its time
// runs from when the question was on its way.
const clocks = 10 * time.Second

// late takes an answer back that came in the moment in which the machine stopped
// waiting.
func (s *Service) late(ctx context.Context, a Approval) (Approval, error) {
	from := a.State
	a.State, a.Delivered = Cancelled, false
	if !s.Now().Before(a.ExpiresAt.Add(-clocks)) {
		a.State = TimedOut
	}
	a.Comment, a.AnsweredBy, a.AnsweredAt = "", "", time.Time{}
	if err := s.Repository.UpdateApproval(ctx, a, from); err != nil {
		return a, fmt.Errorf("storing what became of the approval: %w", err)
	}
	return a, over(a)
}

// output is what the node gives to later steps.
func (a Approval) output() (json.RawMessage, error) {
	out, err := json.Marshal(map[string]string{
		"decision": string(a.State), "comment": a.Comment, "at": a.AnsweredAt.UTC().Format(time.RFC3339), "by": a.AnsweredBy,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return out, nil
}

// Given looks for an answer to a task that is stored: of a state machine that was
// not there when it was given. The failure is nil for a yes.
func (s *Service) Given(ctx context.Context, account, execution, taskToken string) (output json.RawMessage, rejected, ok bool, err error) {
	approvals, err := s.Repository.ApprovalsOf(ctx, account, execution)
	if err != nil {
		return nil, false, false, fmt.Errorf("reading approvals: %w", err)
	}
	for _, a := range approvals {
		if a.TaskToken == taskToken && a.State.Answered() {
			output, err = a.output()
			return output, a.State == Rejected, err == nil, err
		}
	}
	return nil, false, false, nil
}

// Shown is an approval with its link, which is "" where there is nothing to answer.
type Shown struct {
	Approval
	URL string
}

// List reads a page of approvals as they are now, newest first. One that is stored
// as waiting and does not wait any more is left out where only such are asked for, so
// a page may have fewer items than there is room for.
func (s *Service) List(ctx context.Context, p account.Principal, f Filter, q page.Query) (page.Of[Shown], error) {
	if p.Agent != "" {
		if f.Agent != "" && f.Agent != p.Agent {
			return page.Of[Shown]{}, nil
		}
		f.Agent = p.Agent
	}
	stored, err := s.Repository.Approvals(ctx, p.Account, f, q)
	if err != nil {
		return page.Of[Shown]{}, fmt.Errorf("listing approvals: %w", err)
	}
	shown := page.Of[Shown]{Next: stored.Next}
	for _, a := range stored.Items {
		now, err := s.current(ctx, a)
		if err != nil {
			return page.Of[Shown]{}, err
		}
		if f.State != "" && now.State != f.State {
			s.keep(ctx, a, now)
			continue
		}
		item := Shown{Approval: now}
		if now.State == Waiting {
			if item.URL, err = s.link(ctx, now); err != nil {
				return page.Of[Shown]{}, err
			}
		}
		shown.Items = append(shown.Items, item)
	}
	return shown, nil
}

// keep stores what became of an approval, so that the next list need not look.
func (s *Service) keep(ctx context.Context, was, now Approval) {
	if err := s.Repository.UpdateApproval(ctx, now, was.State); err != nil && !fault.Is(err, fault.Conflict) {
		s.Log.WarnContext(ctx, "what became of an approval could not be stored", "approval", was.ID, "error", err)
	}
}

// Links implements execution.Approvals.
func (s *Service) Links(ctx context.Context, account, execution string) (map[task.Key]string, error) {
	approvals, err := s.Repository.ApprovalsOf(ctx, account, execution)
	if err != nil {
		return nil, fmt.Errorf("listing approvals: %w", err)
	}
	links := map[task.Key]string{}
	for _, a := range approvals {
		if a.State != Waiting || !s.Now().Before(a.ExpiresAt) {
			continue
		}
		if links[task.Key(a.Key())], err = s.link(ctx, a); err != nil {
			return nil, err
		}
	}
	return links, nil
}

// link gives an approval's link; "" where it does not open, which is no reason not to
// show everything else.
func (s *Service) link(ctx context.Context, a Approval) (string, error) {
	token, err := s.open(ctx, a)
	if fault.Is(err, fault.CredentialUnreadable) {
		s.Log.WarnContext(ctx, "the link of an approval cannot be shown", "approval", a.ID, "execution", a.Execution, "error", err)
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return s.url(token), nil
}

func (s *Service) url(token string) string { return s.PublicURL + "/approvals/" + token }

// open gives the token of an approval's link.
func (s *Service) open(ctx context.Context, a Approval) (string, error) {
	data, err := s.Opener.Open(ctx, a.place(), a.Token)
	if err != nil {
		return "", fmt.Errorf("opening the link of approval %s: %w", a.ID, err)
	}
	token, _ := data["token"].(string)
	return token, nil
}
