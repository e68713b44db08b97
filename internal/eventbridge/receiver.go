package eventbridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// Firing is what schedules and rules hand to the triggers function.
type Firing struct {
	Account  string `json:"account"`
	Workflow string `json:"workflow"`
	Version  int    `json:"version"` // whose trigger it was
	// ScheduledAt is the time that the run is for; zero for an event.
	ScheduledAt time.Time `json:"scheduled_at,omitzero"`
	Event       *Fired    `json:"event,omitempty"`
}

// Fired is an event as EventBridge delivers it.
type Fired struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Time       time.Time       `json:"time"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// id is that which Put gave the event.
func (e *Fired) id() string {
	for _, r := range e.Resources {
		if id, ok := strings.CutPrefix(r, eventResource); ok {
			return id
		}
	}
	return ""
}

// detail is the event's detail with its numbers as they were written.
func (e *Fired) detail() any {
	var detail any
	dec := json.NewDecoder(bytes.NewReader(e.Detail))
	dec.UseNumber()
	if dec.Decode(&detail) != nil {
		return nil
	}
	return detail
}

// Starter starts workflows.
type Starter interface {
	StartTriggered(ctx context.Context, p account.Principal, s execution.Start) (execution.Execution, error)
}

// Receiver starts workflows for schedules and rules: it is what the triggers function
// does. It is safe for concurrent use.
type Receiver struct {
	workflows Workflows
	starter   Starter
	now       func() time.Time
	log       *slog.Logger
}

// NewReceiver returns a receiver.
func NewReceiver(workflows Workflows, starter Starter, now func() time.Time, log *slog.Logger) *Receiver {
	return &Receiver{workflows, starter, now, log}
}

// Receive starts the workflow of a Firing, once however often it is delivered. An
// error means that it has to be delivered again; what came too late, because the
// workflow was unpublished, deleted or changed meanwhile, is none.
func (r *Receiver) Receive(ctx context.Context, payload []byte) error {
	var f Firing
	if err := json.Unmarshal(payload, &f); err != nil {
		return fault.New(fault.BadRequest, "This is not what a schedule or a rule sends.").Because(err)
	}
	if f.Account == "" || f.Workflow == "" || f.ScheduledAt.IsZero() == (f.Event == nil) || f.Event != nil && f.Event.id() == "" {
		return fault.New(fault.BadRequest, "This is not what a schedule or a rule sends.").
			Because(fmt.Errorf("account %q, workflow %q, with neither time nor event, or with both, or without the event's id", f.Account, f.Workflow))
	}
	wanted, err := r.wanted(ctx, f)
	if err != nil {
		return err
	}
	if wanted {
		_, err = r.starter.StartTriggered(ctx, account.Principal{Account: f.Account, Actor: "trigger:" + f.Workflow}, r.start(f))
	}
	if gone := fault.Is(err, fault.NotFound) || fault.Is(err, fault.NotPublished); !wanted || gone {
		r.log.InfoContext(ctx, "a trigger fired for what no longer serves", slog.String("account", f.Account),
			slog.String("workflow", f.Workflow), slog.Int("version", f.Version))
		return nil
	}
	if err != nil {
		return fmt.Errorf("starting a workflow by its trigger: %w", err)
	}
	return nil
}

// wanted says whether what serves asks for the firing: it does if it is the version
// whose trigger fired, or if its own trigger would have fired too.
func (r *Receiver) wanted(ctx context.Context, f Firing) (bool, error) {
	w, err := r.workflows.Workflow(ctx, f.Account, f.Workflow)
	if fault.Is(err, fault.NotFound) || err == nil && w.Published == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading workflow: %w", err)
	}
	if w.Published == f.Version {
		return true, nil
	}
	v, err := r.workflows.Version(ctx, f.Account, f.Workflow, w.Published)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading version: %w", err)
	}
	t, err := triggerOf(v)
	if err != nil {
		return false, err
	}
	return t.wants(f), nil
}

// lateAfter is more than Scheduler itself may take: it calls within the minute.
const lateAfter = 2 * time.Minute

func (r *Receiver) start(f Firing) execution.Start {
	if f.Event == nil {
		at := f.ScheduledAt.UTC().Format(time.RFC3339)
		return execution.Start{
			Workflow: f.Workflow, IdempotencyKey: "schedule " + at,
			Trigger: map[string]any{"scheduled_at": at, "late": r.now().Sub(f.ScheduledAt) > lateAfter},
		}
	}
	return execution.Start{
		Workflow: f.Workflow, IdempotencyKey: "event " + f.Event.id(),
		Trigger: map[string]any{
			"id": f.Event.id(), "source": f.Event.Source, "detail_type": f.Event.DetailType,
			"detail": f.Event.detail(), "time": f.Event.Time.UTC().Format(time.RFC3339),
		},
	}
}
