package eventbridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/event"
	"switchboard/internal/fault"
	"switchboard/internal/schedule"
	"switchboard/internal/workflow"
)

// trigger is what a version wants to be started by, where that is not a caller's
// business: schedule or pattern is set, or neither.
type trigger struct {
	account, workflow string
	version           int
	published         time.Time
	schedule          *schedule.Schedule
	event             *eventTrigger
}

type eventTrigger struct {
	source, detailType string
	filter             map[string]any // as EventBridge has it
	pattern            event.Pattern
}

func triggerOf(v workflow.Version) (trigger, error) {
	t := trigger{account: v.Account, workflow: v.Workflow, version: v.Number, published: v.PublishedAt}
	doc, err := workflow.Parse(v.Document)
	if err != nil {
		return t, fmt.Errorf("reading version: %w", err)
	}
	if doc.Trigger == nil {
		return t, nil
	}
	config := doc.Trigger.Config
	switch doc.Trigger.Type {
	case workflow.TriggerSchedule:
		if t.schedule, err = workflow.ReadSchedule(config); err != nil {
			return t, fmt.Errorf("reading schedule: %w", err)
		}
	case workflow.TriggerEvent:
		filter, _ := config["filter"].(map[string]any)
		pattern, problems := event.Parse(filter)
		if len(problems) > 0 {
			return t, fault.New(fault.ValidationFailed, "The trigger's filter is not valid.").
				At("/trigger/config/filter"+problems[0].Pointer, problems[0].Message)
		}
		t.event = &eventTrigger{pattern: pattern, filter: pattern.EventBridge()}
		t.event.source, _ = config["source"].(string)
		t.event.detailType, _ = config["detail_type"].(string)
	}
	return t, nil
}

// wants says whether the trigger asks for a firing itself.
func (t trigger) wants(f Firing) bool {
	switch {
	case f.Event != nil:
		e := t.event
		return e != nil && e.source == f.Event.Source && (e.detailType == "" || e.detailType == f.Event.DetailType) && e.pattern.Fits(f.Event.detail())
	case t.schedule != nil:
		return t.schedule.Next(f.ScheduledAt.Add(-time.Second), t.published).Equal(f.ScheduledAt)
	default:
		return false
	}
}

// encode is json.Marshal that leaves <, > and & as they are: EventBridge takes
// <...> for what it fills in.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("encoding for EventBridge: %w", err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
