// Package eventbridge has workflows start by schedule and by event on AWS. It
// implements workflow.Triggers by EventBridge Scheduler and by rules on the event
// bus, event.Bus by PutEvents, and Receiver is what both of them call.
//
// # What is made
//
// A workflow with a schedule trigger has a schedule in the deployment's group, one
// with an event trigger has a rule on the deployment's bus. Both are called
// <prefix>-<workflow> and hand the triggers function a Firing: account, workflow and
// version, and the scheduled time or the event. A cron expression that restricts days
// of the month and of the week means either of them, which EventBridge cannot say in
// one expression, so it has a second schedule, <prefix>-<workflow>-weekday; where both
// fire at one time the workflow starts once.
//
// All accounts share the bus. What keeps them apart is not in what a caller may
// choose: Put names the account in the event's resources, and every rule asks for its
// own there. So only Put may put events on the bus that workflows hear, and IAM has to
// see to that.
//
// # Which version
//
// The store alone decides what serves. Serve writes what follows from it, then reads
// the store again, and begins anew where that has changed meanwhile: of two who publish
// at once, the last to write has seen what the other stored. Serve may fail at any
// call, and every call may be repeated: the next publication, rollback or unpublishing
// writes all of it again. Until then a firing can be of a version that no longer
// serves. Receiver asks the store, and starts only what the version that serves asks
// for itself.
//
// # Delivery
//
// Scheduler and EventBridge deliver at least once. A scheduled time, and an event's id,
// are the idempotency key of the execution that they start, so it starts once. What
// cannot be delivered within an hour, or a day for events, goes to the dead-letter
// queue.
//
// # Limits
//
// Scheduler takes a million schedules per account and region, EventBridge 300 rules per
// bus; both can be raised. An event has at most 256 KB, a rule's pattern 4096 characters.
// What exceeds them is refused with a fault that says so.
//
// Sources: "Quotas" of the EventBridge user guide and of the EventBridge Scheduler user
// guide.
package eventbridge

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// SchedulerAPI is the calls that schedules need; *scheduler.Client has them.
type SchedulerAPI interface {
	CreateSchedule(context.Context, *scheduler.CreateScheduleInput, ...func(*scheduler.Options)) (*scheduler.CreateScheduleOutput, error)
	UpdateSchedule(context.Context, *scheduler.UpdateScheduleInput, ...func(*scheduler.Options)) (*scheduler.UpdateScheduleOutput, error)
	DeleteSchedule(context.Context, *scheduler.DeleteScheduleInput, ...func(*scheduler.Options)) (*scheduler.DeleteScheduleOutput, error)
}

// RulesAPI is the calls that rules need; *eventbridge.Client has them.
type RulesAPI interface {
	PutRule(context.Context, *eventbridge.PutRuleInput, ...func(*eventbridge.Options)) (*eventbridge.PutRuleOutput, error)
	PutTargets(context.Context, *eventbridge.PutTargetsInput, ...func(*eventbridge.Options)) (*eventbridge.PutTargetsOutput, error)
	RemoveTargets(context.Context, *eventbridge.RemoveTargetsInput, ...func(*eventbridge.Options)) (*eventbridge.RemoveTargetsOutput, error)
	DeleteRule(context.Context, *eventbridge.DeleteRuleInput, ...func(*eventbridge.Options)) (*eventbridge.DeleteRuleOutput, error)
}

// Workflows reads what serves; NotFound where there is no such thing.
type Workflows interface {
	Workflow(ctx context.Context, account, id string) (workflow.Workflow, error)
	Version(ctx context.Context, account, id string, number int) (workflow.Version, error)
}

// Config is what Triggers are made of.
type Config struct {
	Scheduler   SchedulerAPI
	Rules       RulesAPI
	Prefix      string // of the names of schedules and rules: the deployment's
	Group       string // of schedules, by name
	Bus         string // by name or ARN
	Function    string // ARN of the triggers function
	Role        string // ARN of the role by which Scheduler calls it
	DeadLetters string // ARN of the queue for what cannot be delivered; "" is none
	Workflows   Workflows
	Now         func() time.Time
	Log         *slog.Logger // nil means none
}

// Triggers makes schedules and rules follow what serves. It is safe for concurrent use.
type Triggers struct{ Config }

var _ workflow.Triggers = (*Triggers)(nil)

// NewTriggers returns triggers.
func NewTriggers(c Config) *Triggers {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Triggers{c}
}

// maxRounds is how often what serves may change while it is being written.
const maxRounds = 5

// Serve is told what serves after every change.
func (t *Triggers) Serve(ctx context.Context, w workflow.Workflow, v *workflow.Version) error {
	for range maxRounds {
		if err := t.write(ctx, w, v); err != nil {
			return err
		}
		now, err := t.serving(ctx, w)
		if err != nil {
			return err
		}
		if numberOf(now) == numberOf(v) {
			return nil
		}
		t.Log.InfoContext(ctx, "what serves changed while its trigger was set", slog.String("account", w.Account),
			slog.String("workflow", w.ID), slog.Int("version", numberOf(v)), slog.Int("now", numberOf(now)))
		v = now
	}
	return fault.New(fault.Conflict, "The workflow is being changed by others all the time.").WithHint("Try again in a moment.")
}

func numberOf(v *workflow.Version) int {
	if v == nil {
		return 0
	}
	return v.Number
}

// serving reads the version that serves; nil if none does.
func (t *Triggers) serving(ctx context.Context, w workflow.Workflow) (*workflow.Version, error) {
	now, err := t.Workflows.Workflow(ctx, w.Account, w.ID)
	if fault.Is(err, fault.NotFound) || err == nil && now.Published == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading workflow: %w", err)
	}
	v, err := t.Workflows.Version(ctx, w.Account, w.ID, now.Published)
	if fault.Is(err, fault.NotFound) { // deleted in between
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading version: %w", err)
	}
	return &v, nil
}

// write makes schedules and rule as the version's trigger has them, and takes away
// what it does not have.
func (t *Triggers) write(ctx context.Context, w workflow.Workflow, v *workflow.Version) error {
	name, err := t.name(w)
	if err != nil {
		return err
	}
	var wanted trigger
	if v != nil {
		if wanted, err = triggerOf(*v); err != nil {
			return err
		}
	}
	if err := t.writeSchedules(ctx, name, wanted); err != nil {
		return err
	}
	return t.writeRule(ctx, name, wanted)
}

// validName is what Scheduler and EventBridge both take, with room for a suffix.
var validName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,56}$`)

func (t *Triggers) name(w workflow.Workflow) (string, error) {
	name := t.Prefix + "-" + w.ID
	if w.ID == "" || !validName.MatchString(name) {
		return "", fault.New(fault.Internal, "No schedule can be named for this workflow.").
			WithHint("An operator has to shorten the prefix: it has at most 20 letters, digits, . - and _.").
			Because(fmt.Errorf("the name would be %q", name))
	}
	return name, nil
}
