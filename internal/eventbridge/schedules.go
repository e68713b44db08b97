package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"switchboard/internal/awscall"
)

// weekdaySuffix is of the second schedule of a cron expression that restricts both
// kinds of day.
const weekdaySuffix = "-weekday"

// What Scheduler does where the function cannot be called: a run that is an hour late
// is better left to an operator, who finds it in the dead-letter queue.
const (
	scheduleMaxAge   = time.Hour
	scheduleAttempts = 185 // Scheduler's own limit
)

// scheduledTime is what Scheduler fills in: the time that a run is for.
//
// Source: EventBridge Scheduler user guide, "Adding context attributes in EventBridge
// Scheduler".
const scheduledTime = "<aws.scheduler.scheduled-time>"

// writeSchedules makes the schedules that are wanted, and deletes the others.
func (t *Triggers) writeSchedules(ctx context.Context, name string, wanted trigger) error {
	var expressions []string
	if wanted.schedule != nil {
		expressions = wanted.schedule.Expressions()
	}
	for i, name := range []string{name, name + weekdaySuffix} {
		var err error
		if i < len(expressions) {
			err = t.putSchedule(ctx, name, expressions[i], wanted)
		} else {
			err = t.deleteSchedule(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// putSchedule updates a schedule, for most are there already, or creates it.
func (t *Triggers) putSchedule(ctx context.Context, name, expression string, wanted trigger) error {
	in, err := t.scheduleInput(name, expression, wanted)
	if err != nil {
		return err
	}
	err = awscall.Settle(ctx, conflicting, func() error {
		_, err := t.Scheduler.UpdateSchedule(ctx, in)
		if missing(err) {
			create := scheduler.CreateScheduleInput{
				Name: in.Name, GroupName: in.GroupName, Description: in.Description, State: in.State,
				ScheduleExpression: in.ScheduleExpression, ScheduleExpressionTimezone: in.ScheduleExpressionTimezone,
				StartDate: in.StartDate, FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target,
			}
			// Where somebody else was faster, that is a conflict, and it is updated next.
			_, err = t.Scheduler.CreateSchedule(ctx, &create)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("setting a schedule: %w", faultOf(err, "EventBridge Scheduler"))
	}
	return nil
}

func (t *Triggers) scheduleInput(name, expression string, wanted trigger) (*scheduler.UpdateScheduleInput, error) {
	input, err := encode(map[string]any{
		"account": wanted.account, "workflow": wanted.workflow, "version": wanted.version, "scheduled_at": scheduledTime,
	})
	if err != nil {
		return nil, err
	}
	in := &scheduler.UpdateScheduleInput{
		Name: &name, GroupName: &t.Group, State: types.ScheduleStateEnabled,
		Description:        aws.String(fmt.Sprintf("Starts workflow %s of account %s (version %d).", wanted.workflow, wanted.account, wanted.version)),
		ScheduleExpression: &expression, ScheduleExpressionTimezone: aws.String(wanted.schedule.Timezone()),
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target: &types.Target{
			Arn: &t.Function, RoleArn: &t.Role, Input: &input,
			RetryPolicy: &types.RetryPolicy{
				MaximumEventAgeInSeconds: aws.Int32(int32(scheduleMaxAge / time.Second)), MaximumRetryAttempts: aws.Int32(scheduleAttempts),
			},
		},
	}
	if t.DeadLetters != "" {
		in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: &t.DeadLetters}
	}
	if wanted.schedule.IsRate() {
		// Without a start, Scheduler runs a rate at once; with one, from then on.
		in.StartDate = aws.Time(wanted.schedule.Next(t.Now(), wanted.published))
	}
	return in, nil
}

func (t *Triggers) deleteSchedule(ctx context.Context, name string) error {
	err := awscall.Settle(ctx, conflicting, func() error {
		_, err := t.Scheduler.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: &name, GroupName: &t.Group})
		if missing(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting a schedule: %w", faultOf(err, "EventBridge Scheduler"))
	}
	return nil
}

// missing says that what was named is not there.
func missing(err error) bool {
	_, schedule := errors.AsType[*types.ResourceNotFoundException](err)
	return schedule || awscall.Code(err) == "ResourceNotFoundException"
}

// conflicting says that somebody else changes the same thing.
func conflicting(err error) bool {
	code := awscall.Code(err)
	return code == "ConflictException" || code == "ConcurrentModificationException"
}
