package freshdesk

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	email = schema.Field{
		Name: "email", Kind: schema.Text, Title: "Requester's email", Required: true, Personal: true, MaxLength: 320, Placeholder: "ada@example.com",
		Help:    "Who asks. Freshdesk adds a contact for an address that it does not know.",
		Pattern: `\s*[^@\s]+@[^@\s]+\s*`, PatternHint: "One address without a name, such as ada@example.com.",
	}
	subject     = schema.Field{Name: "subject", Kind: schema.Text, Title: "Subject", Required: true, MaxLength: 255, Help: "What the ticket is about, in one line.", Placeholder: "Order A-100 has not arrived"}
	description = schema.Field{
		Name: "description", Kind: schema.Text, Title: "Description", Required: true, Content: true, Escape: template.TargetHTML,
		Help: "Text, or HTML with simple markup such as <b>, <a> and <ul>. Variables in it are escaped.",
	}
	priority = schema.Field{
		Name: "priority", Kind: schema.Text, Title: "Priority", Default: "low", Choices: priorities,
		Help:    "low, medium, high or urgent, or their numbers 1 to 4.",
		Pattern: `low|medium|high|urgent|[1-4]`, PatternHint: "One of low, medium, high and urgent.",
	}
	status = schema.Field{
		Name: "status", Kind: schema.Text, Title: "Status", Default: "open", Choices: statuses,
		Help:    "open, pending, resolved or closed, or a number: 2 to 5 for these, others for statuses of your own.",
		Pattern: `open|pending|resolved|closed|[1-9][0-9]{0,5}`, PatternHint: "One of open, pending, resolved and closed, or the number of a status.",
	}
	tags = schema.Field{
		Name: "tags", Kind: schema.List, Title: "Tags", MaxLength: 100, Help: "Tags for the ticket; those that do not exist are made.",
		Pattern: `[^,]{1,32}`, PatternHint: "A tag has at most 32 characters and no comma; give a list of several.",
	}
	kind = schema.Field{Name: "type", Kind: schema.Text, Title: "Type", Advanced: true, MaxLength: 255, Help: "A type that your helpdesk has, such as Question or Problem.", Placeholder: "Question"}
	more = schema.Field{
		Name: "custom_fields", Kind: schema.Object, Title: "Custom fields", Advanced: true,
		Help: "Values by the name of the field in the API, which begins with cf_.",
	}
)

// Freshdesk's numbers for priorities begin with 1, those for statuses with 2.
var (
	priorities = []string{"low", "medium", "high", "urgent"}
	statuses   = []string{"open", "pending", "resolved", "closed"}
)

// Source: https://developers.freshdesk.com/api/#create_ticket
var createTicket = connector.Action{
	Name:    "create_ticket",
	Title:   "Create a ticket",
	Summary: "Open a ticket in the name of a contact.",
	Input:   schema.Fields{email, subject, description, priority, status, tags, kind, more},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The ticket's number."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where agents open the ticket in a browser."},
	},
	Run: runCreateTicket,
	Examples: []connector.Example{{
		Title: "Open a ticket for a customer",
		Config: map[string]any{
			"email": "ada@example.com", "subject": "Order A-100 has not arrived", "description": "It was due on Friday.\nPlease look.",
			"priority": "high", "status": "pending", "tags": []any{"order", "late"}, "type": "Problem", "custom_fields": map[string]any{"cf_order": "A-100"},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/api/v2/tickets",
			Body: `{"email": "ada@example.com", "subject": "Order A-100 has not arrived", "description": "It was due on Friday.<br>Please look.", "priority": 3, "status": 3, "tags": ["order", "late"], "type": "Problem", "custom_fields": {"cf_order": "A-100"}}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": 4021, "subject": "Order A-100 has not arrived", "priority": 3, "status": 3, "requester_id": 1}`},
		Output:   map[string]any{"id": 4021, "url": "https://acme.freshdesk.com/a/tickets/4021"},
	}, {
		Title:    "As little as it takes",
		Config:   map[string]any{"email": "ada@example.com", "subject": "Call me", "description": "<p>Any time.</p>"},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/api/v2/tickets", Body: `{"email": "ada@example.com", "subject": "Call me", "description": "<p>Any time.</p>", "priority": 1, "status": 2}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": 4022, "subject": "Call me", "priority": 1, "status": 2, "requester_id": 1}`},
		Output:   map[string]any{"id": 4022, "url": "https://acme.freshdesk.com/a/tickets/4022"},
	}},
}

// newTicket is what Freshdesk is sent.
type newTicket struct {
	Email        string         `json:"email"`
	Subject      string         `json:"subject"`
	Description  string         `json:"description"`
	Priority     int            `json:"priority"`
	Status       int            `json:"status"`
	Tags         []string       `json:"tags,omitempty"`
	Type         string         `json:"type,omitempty"`
	CustomFields map[string]any `json:"custom_fields,omitempty"`
}

func runCreateTicket(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	var ticket made
	_, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/tickets", JSON: newTicket{
		Email: strings.TrimSpace(in.Text(email)), Subject: in.Text(subject), Description: markUp(in.Text(description)),
		Priority: numberOf(in.Text(priority), priorities, 1), Status: numberOf(in.Text(status), statuses, 2),
		Tags: in.List(tags), Type: in.Text(kind), CustomFields: in.Map(more),
	}}, &ticket)
	if err != nil {
		return nil, err
	}
	return connector.Output{"id": ticket.ID, "url": "https://" + host(call.Credential) + "/a/tickets/" + ticket.ID.String()}, nil
}

// numberOf gives the number of a name, or the number that the text is; the fields'
// patterns let nothing else through.
func numberOf(text string, names []string, first int) int {
	for i, name := range names {
		if name == text {
			return first + i
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return first
	}
	return n
}
