package slack

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

var email = schema.Field{
	Name: "email", Kind: schema.Text, Title: "Email", Required: true, Personal: true, MaxLength: 320,
	Help:        "The address that the person has in Slack.",
	Placeholder: "ann@example.com",
	Pattern:     `\s*[^@\s]+@[^@\s]+\s*`, PatternHint: "One address without a name, such as ann@example.com.",
}

// Source: https://docs.slack.dev/reference/methods/users.lookupByEmail
var findUserByEmail = connector.Action{
	Name:    "find_user_by_email",
	Title:   "Find a person by email",
	Summary: "Look up who in the workspace has an email address.",
	Input:   schema.Fields{email},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The id (U...): as channel of post_message it is a direct message, in a text <@id> mentions the person."},
		{Name: "name", Kind: schema.Text, Title: "User name", Required: true, Personal: true, Help: "The handle."},
		{Name: "real_name", Kind: schema.Text, Title: "Name", Required: true, Personal: true, Help: "The name that the person goes by."},
	},
	Repeatable: always,
	Run:        runFindUserByEmail,
	Examples: []connector.Example{{
		Title:    "Find who opened a ticket",
		Config:   map[string]any{"email": "spengler@ghostbusters.example.com"},
		Request:  connector.ExampleRequest{Method: "GET", Path: "/api/users.lookupByEmail?email=spengler%40ghostbusters.example.com"},
		Response: connector.ExampleResponse{Body: `{"ok":true,"user":{"id":"W012A3CDE","team_id":"T012AB3C4","name":"spengler","real_name":"Egon Spengler","profile":{"real_name":"Egon Spengler","email":"spengler@ghostbusters.example.com"}}}`},
		Output:   map[string]any{"id": "W012A3CDE", "name": "spengler", "real_name": "Egon Spengler"},
	}},
}

func runFindUserByEmail(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var found struct {
		User struct {
			ID       string `json:"id"`
			Name     string `json:"name"`
			RealName string `json:"real_name"`
			Profile  struct {
				RealName string `json:"real_name"`
			} `json:"profile"`
		} `json:"user"`
	}
	args := url.Values{"email": {strings.TrimSpace(call.Input.Text(email))}}
	if _, err := get(ctx, call, "users.lookupByEmail", args, &found); err != nil {
		return nil, err
	}
	name := found.User.RealName
	if name == "" { // of some guests, Slack fills only the profile
		name = found.User.Profile.RealName
	}
	return connector.Output{"id": found.User.ID, "name": found.User.Name, "real_name": name}, nil
}
