package jira

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
)

// The fields of the action.
var (
	transition = schema.Field{
		Name: "transition", Kind: schema.Text, Options: "transitions", OptionsDepend: []string{issue.Name}, Title: "Transition", Required: true, MaxLength: 255, Placeholder: "Done",
		Help: "The name of a transition, or of the status that it leads to, or its id. It has to be open from the issue's present status.",
	}
	screenFields = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Fields", Advanced: true,
		Help: "What the transition's screen asks for, by id or key, in the form that Jira's API takes, such as {\"resolution\": {\"name\": \"Done\"}}.",
	}
)

// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-post
var transitionIssue = connector.Action{
	Name:    "transition_issue",
	Title:   "Move an issue",
	Summary: "Move an issue to another status.",
	Input:   schema.Fields{issue, transition, screenFields},
	Run:     runTransitionIssue,
	Examples: []connector.Example{{
		Title:    "Move an issue to Done",
		Config:   map[string]any{"issue": "ENG-123", "transition": "done", "fields": map[string]any{"resolution": map[string]any{"name": "Done"}}},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/rest/api/3/issue/ENG-123/transitions", Body: `{"transition": {"id": "31"}, "fields": {"resolution": {"name": "Done"}}}`},
		Response: connector.ExampleResponse{Status: http.StatusNoContent},
	}, {
		Title:    "By the transition's id",
		Config:   map[string]any{"issue": "ENG-123", "transition": 31},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/rest/api/3/issue/ENG-123/transitions", Body: `{"transition": {"id": "31"}}`},
		Response: connector.ExampleResponse{Status: http.StatusNoContent},
	}},
}

func runTransitionIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	id := strings.TrimSpace(call.Input.Text(transition))
	if !isNumber(id) {
		var err error
		if id, err = findTransition(ctx, call, id); err != nil {
			return nil, err
		}
	}
	move := map[string]any{"transition": map[string]string{"id": id}}
	if fields := call.Input.Map(screenFields); len(fields) > 0 {
		move["fields"] = fields
	}
	if _, err := service.Do(ctx, call, rest.Request{Path: issuePath(call.Input, "transitions"), JSON: move}); err != nil {
		return nil, err
	}
	return connector.Output{}, nil
}

// way is a transition that is open from the issue's present status.
type way struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	To   struct {
		Name string `json:"name"`
	} `json:"to"`
}

// findTransition looks up the id of a transition by its name or, where none has it,
// by the name of the status behind it.
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-get
func findTransition(ctx context.Context, call *connector.Call, name string) (string, error) {
	var open struct {
		Transitions []way `json:"transitions"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: issuePath(call.Input, "transitions")}, &open); err != nil {
		return "", fmt.Errorf("looking the transition up: %w", beforehand(err))
	}
	for _, nameOf := range []func(way) string{func(w way) string { return w.Name }, func(w way) string { return w.To.Name }} {
		var ids []string
		for _, w := range open.Transitions {
			if strings.EqualFold(strings.TrimSpace(nameOf(w)), name) {
				ids = append(ids, w.ID)
			}
		}
		switch len(ids) {
		case 0:
		case 1:
			return ids[0], nil
		default:
			wrong := fmt.Sprintf("Several transitions of this issue go by %q.", name)
			return "", fault.New(fault.InvalidInput, "%s", wrong).WithHint("Give the id of one instead: %s.", strings.Join(ids, ", ")).At("/transition", wrong)
		}
	}
	return "", noTransition(name, open.Transitions)
}

func noTransition(name string, open []way) error {
	wrong := fmt.Sprintf("No transition %q is open from the issue's present status.", name)
	f := fault.New(fault.InvalidInput, "%s", wrong).At("/transition", wrong)
	if len(open) == 0 {
		return f.WithHint("None is open at all: the account may lack the permission to transition issues, or the status is a final one.")
	}
	names := make([]string, len(open))
	for i, w := range open {
		names[i] = w.Name
	}
	return f.WithHint("%s", spelling.Hint(name, names, "Those that are open are"))
}
