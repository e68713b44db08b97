package task

import (
	"encoding/json"
	"strconv"

	"switchboard/internal/exact"
	"switchboard/internal/value"
)

// readTask reads a task as exact.Unmarshal does. State machines send what encodes to
// plain values, and taking the members out of those costs a third of what reflection
// does; whatever else comes is left to it.
func readTask(payload []byte) (Task, error) {
	if v, err := exact.Decode(payload); err == nil {
		members, _ := v.(map[string]any)
		if t, ok := taskOf(members); ok {
			return t, nil
		}
	}
	var t Task
	err := exact.Unmarshal(payload, &t)
	return t, err
}

// taskOf gives the task of these members; false where one is not known, or not of the
// expected type.
func taskOf(members map[string]any) (t Task, ok bool) {
	for name, v := range members {
		switch name {
		case "account":
			t.Account, ok = v.(string)
		case "agent":
			t.Agent, ok = v.(string)
		case "workflow":
			t.Workflow, ok = v.(string)
		case "version":
			t.Version, ok = intOf(v)
		case "execution":
			t.Execution, ok = v.(string)
		case "node":
			t.Node, ok = v.(string)
		case "iteration":
			t.Iteration, ok = v.(string)
		case "request":
			t.Request, ok = v.(string)
		case "action":
			t.Action, ok = v.(string)
		case "attempt":
			t.Attempt, ok = intOf(v)
		case "credential":
			t.Credential, ok = credentialOf(v)
		case "config":
			t.Config, ok = v.(map[string]any)
		case "timeout_seconds":
			t.TimeoutSeconds, ok = intOf(v)
		case "on_uncertain":
			t.OnUncertain, ok = v.(string)
		case "output":
			t.Output, ok = planOf(v)
		case "variables":
			t.Variables, ok = v.(map[string]any)
		case "private":
			t.Private, ok = textsOf(v)
		default:
			ok = false
		}
		if !ok {
			return Task{}, false
		}
	}
	return t, len(members) > 0
}

func credentialOf(v any) (*Credential, bool) {
	members, ok := v.(map[string]any)
	id, isID := members["id"].(string)
	kind, isType := members["type"].(string)
	return &Credential{ID: id, Type: kind}, ok && isID && isType && len(members) == 2
}

func planOf(v any) (*value.Plan, bool) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	p := &value.Plan{}
	for name, v := range members {
		switch name {
		case "reads":
			p.Reads, ok = textsOf(v)
		case "carries":
			p.Carries, ok = textsOf(v)
		case "room":
			p.Room, ok = intOf(v)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return p, true
}

func textsOf(v any) ([]string, bool) {
	list, ok := v.([]any)
	texts := make([]string, len(list))
	for i, item := range list {
		if texts[i], ok = item.(string); !ok {
			return nil, false
		}
	}
	return texts, ok
}

func intOf(v any) (int, bool) {
	text, ok := v.(json.Number)
	n, err := strconv.Atoi(string(text))
	return n, ok && err == nil
}
