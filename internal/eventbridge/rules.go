package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"switchboard/internal/awscall"
	"switchboard/internal/fault"
)

// targetID names the one target of a rule.
const targetID = "triggers"

// EventBridge retries for up to a day; its own default.
const (
	eventMaxAge   = 24 * time.Hour
	eventAttempts = 185
)

// maxPattern is the most that EventBridge takes.
const maxPattern = 4096

// What Put notes in an event's resources, and rules ask for.
const (
	accountResource = "switchboard:account:"
	eventResource   = "switchboard:event:"
)

// wholeEvent is what EventBridge fills in: the event as JSON, with its detail.
//
// Source: EventBridge user guide, "Amazon EventBridge input transformation".
const wholeEvent = "<aws.events.event.json>"

// writeRule makes the rule that is wanted, or deletes it.
func (t *Triggers) writeRule(ctx context.Context, name string, wanted trigger) error {
	if wanted.event == nil {
		return t.deleteRule(ctx, name)
	}
	pattern, err := patternOf(wanted)
	if err != nil {
		return err
	}
	target, err := t.target(wanted)
	if err != nil {
		return err
	}
	err = awscall.Settle(ctx, conflicting, func() error {
		_, err := t.Rules.PutRule(ctx, &eventbridge.PutRuleInput{
			Name: &name, EventBusName: &t.Bus, EventPattern: &pattern, State: types.RuleStateEnabled,
			Description: aws.String(fmt.Sprintf("Starts workflow %s of account %s (version %d).", wanted.workflow, wanted.account, wanted.version)),
		})
		if err != nil {
			return err
		}
		out, err := t.Rules.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, EventBusName: &t.Bus, Targets: []types.Target{target}})
		if err == nil && out.FailedEntryCount > 0 {
			return refusal(out.FailedEntries[0].ErrorCode, out.FailedEntries[0].ErrorMessage)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("setting an event rule: %w", ruleFault(err))
	}
	return nil
}

// patternOf writes which events start the workflow: those that Put put on the bus for
// its account, and that its trigger describes.
func patternOf(wanted trigger) (string, error) {
	pattern := map[string]any{
		"source": []string{wanted.event.source}, "resources": []string{accountResource + wanted.account},
	}
	if wanted.event.detailType != "" {
		pattern["detail-type"] = []string{wanted.event.detailType}
	}
	if len(wanted.event.filter) > 0 {
		pattern["detail"] = wanted.event.filter
	}
	text, err := encode(pattern)
	if err == nil && len(text) > maxPattern {
		return "", fault.New(fault.ValidationFailed, "The event trigger's filter is too large: EventBridge takes %d characters, this has %d.", maxPattern, len(text)).
			WithHint("List fewer values, or filter by a condition node instead.").At("/trigger/config/filter", "is too large")
	}
	return text, err
}

func (t *Triggers) target(wanted trigger) (types.Target, error) {
	envelope, err := encode(map[string]any{"account": wanted.account, "workflow": wanted.workflow, "version": wanted.version})
	if err != nil {
		return types.Target{}, err
	}
	target := types.Target{
		Id: aws.String(targetID), Arn: &t.Function,
		InputTransformer: &types.InputTransformer{
			InputTemplate: aws.String(envelope[:len(envelope)-1] + `,"event":` + wholeEvent + "}"),
		},
		RetryPolicy: &types.RetryPolicy{
			MaximumEventAgeInSeconds: aws.Int32(int32(eventMaxAge / time.Second)), MaximumRetryAttempts: aws.Int32(eventAttempts),
		},
	}
	if t.DeadLetters != "" {
		target.DeadLetterConfig = &types.DeadLetterConfig{Arn: &t.DeadLetters}
	}
	return target, nil
}

// deleteRule deletes the rule, and before it its target, without which EventBridge
// does not let it go.
func (t *Triggers) deleteRule(ctx context.Context, name string) error {
	err := awscall.Settle(ctx, conflicting, func() error {
		out, err := t.Rules.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name, EventBusName: &t.Bus, Ids: []string{targetID}})
		switch {
		case missing(err):
			return nil // there is no rule
		case err != nil:
			return err
		case out.FailedEntryCount > 0 && aws.ToString(out.FailedEntries[0].ErrorCode) != "ResourceNotFoundException":
			return refusal(out.FailedEntries[0].ErrorCode, out.FailedEntries[0].ErrorMessage)
		}
		_, err = t.Rules.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name, EventBusName: &t.Bus})
		if missing(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting an event rule: %w", ruleFault(err))
	}
	return nil
}

func ruleFault(err error) error {
	if _, full := errors.AsType[*types.LimitExceededException](err); full {
		return fault.New(fault.Unavailable, "The event bus has no room for another rule.").
			WithHint("An operator has to raise EventBridge's quota of rules per event bus, or unpublish workflows with event triggers.").Because(err)
	}
	if _, invalid := errors.AsType[*types.InvalidEventPatternException](err); invalid {
		return fault.New(fault.ValidationFailed, "EventBridge does not accept the event trigger's filter.").
			WithHint("Make the filter simpler, or filter by a condition node instead.").Because(err).At("/trigger/config/filter", "is not accepted by EventBridge")
	}
	return faultOf(err, "EventBridge")
}
