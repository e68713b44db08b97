package zendesk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	subject     = schema.Field{Name: "subject", Kind: schema.Text, Title: "Subject", Required: true, Help: "What the ticket is about, in one line.", Placeholder: "Order A-100 has not arrived"}
	description = schema.Field{
		Name: "comment", Kind: schema.Text, Title: "Description", Required: true, MaxLength: maxComment, Content: true,
		Help: "The first comment, as plain text. The requester can read it.",
	}
	requesterEmail = schema.Field{
		Name: "requester_email", Kind: schema.Text, Title: "Requester's email", Personal: true, MaxLength: 320, Placeholder: "ada@example.com",
		Help:    "Who asks. Empty means the agent of the credential. Zendesk adds who is not there yet.",
		Pattern: `(?:\s*[^@\s]+@[^@\s]+)?\s*`, PatternHint: "One address without a name, such as ada@example.com.",
	}
	requesterName = schema.Field{
		Name: "requester_name", Kind: schema.Text, Title: "Requester's name", Personal: true, MaxLength: 255, Placeholder: "Ada Lovelace",
		Help: "Needed where Zendesk does not know the address yet.",
	}
	tags = schema.Field{
		Name: "tags", Kind: schema.List, Title: "Tags", MaxLength: 100,
		Help: "Tags for the ticket.", Pattern: tagPattern, PatternHint: tagPatternHint,
	}
	customFields = schema.Field{
		Name: "custom_fields", Kind: schema.Object, Title: "Custom fields", Advanced: true,
		Help: "Values by the number of the field, which the Admin Center shows in its address. A drop-down takes the tag of the choice.",
	}
)

// maxComment is how long a comment may be, in bytes as in characters of plain text.
const maxComment = 65535

// Source: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-ticket
var createTicket = connector.Action{
	Name:    "create_ticket",
	Title:   "Create a ticket",
	Summary: "Open a ticket, in the name of a customer if you like.",
	Input:   schema.Fields{subject, description, priority, requesterEmail, requesterName, tags, group, customFields},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The ticket's number."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where agents open the ticket in a browser."},
	},
	// Zendesk remembers the key of a creation for two hours and answers a repeated
	// one with the ticket that it made
	// (https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency).
	Repeatable: func(schema.Input) bool { return true },
	Run:        runCreateTicket,
	Examples: []connector.Example{{
		Title: "Open a ticket for a customer",
		Config: map[string]any{
			"subject": "Order A-100 has not arrived", "comment": "It was due on Friday.", "priority": "high",
			"requester_email": "ada@example.com", "requester_name": "Ada Lovelace", "tags": []any{"order", "late"}, "group_id": 360000954391,
			"custom_fields": map[string]any{"27642": "745", "100": true},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/api/v2/tickets", Header: map[string]string{"Idempotency-Key": "01890a5d-ac96-774b-bcce-b302099a8057"},
			Body: `{"ticket": {"subject": "Order A-100 has not arrived", "comment": {"body": "It was due on Friday."}, "priority": "high", "requester": {"name": "Ada Lovelace", "email": "ada@example.com"}, "tags": ["order", "late"], "group_id": 360000954391, "custom_fields": [{"id": 100, "value": true}, {"id": 27642, "value": "745"}]}}`,
		},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated, Header: map[string]string{"X-Idempotency-Lookup": "miss"},
			Body: `{"ticket": {"id": 35436, "url": "https://acme.zendesk.com/api/v2/tickets/35436.json", "subject": "Order A-100 has not arrived", "status": "new"}, "audit": {"id": 2127301143, "ticket_id": 35436, "events": []}}`,
		},
		Output: map[string]any{"id": 35436, "url": "https://acme.zendesk.com/agent/tickets/35436"},
	}},
}

// newTicket is what Zendesk is sent.
type newTicket struct {
	Subject      string        `json:"subject"`
	Comment      comment       `json:"comment"`
	Priority     string        `json:"priority,omitempty"`
	Requester    *requester    `json:"requester,omitempty"`
	Tags         []string      `json:"tags,omitempty"`
	GroupID      int           `json:"group_id,omitempty"`
	CustomFields []customField `json:"custom_fields,omitempty"`
}

type comment struct {
	Body   string `json:"body"`
	Public *bool  `json:"public,omitempty"` // nil means public
}

type requester struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

type customField struct {
	ID    json.Number `json:"id"`
	Value any         `json:"value"`
}

func runCreateTicket(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	custom, err := readCustomFields(in.Map(customFields))
	if err != nil {
		return nil, err
	}
	who, err := readRequester(in)
	if err != nil {
		return nil, err
	}
	var made ticket
	_, err = service.JSON(ctx, call, rest.Request{
		Path:   "/api/v2/tickets",
		Header: http.Header{"Idempotency-Key": {call.Key}},
		JSON: map[string]newTicket{"ticket": {
			Subject: in.Text(subject), Comment: comment{Body: in.Text(description)}, Priority: in.Text(priority),
			Requester: who, Tags: in.List(tags), GroupID: in.Int(group), CustomFields: custom,
		}},
	}, &made)
	if err != nil {
		return nil, err
	}
	return connector.Output{
		"id":  made.Ticket.ID,
		"url": "https://" + host(call.Credential) + "/agent/tickets/" + made.Ticket.ID.String(),
	}, nil
}

func readRequester(in schema.Input) (*requester, error) {
	who := requester{Name: strings.TrimSpace(in.Text(requesterName)), Email: strings.TrimSpace(in.Text(requesterEmail))}
	switch {
	case who.Email != "":
		return &who, nil
	case who.Name != "":
		const missing = "A requester's name needs the email that goes with it."
		return nil, fault.New(fault.InvalidInput, missing).At("/requester_email", missing)
	default:
		return nil, nil // the agent asks
	}
}

// readCustomFields brings the fields into one order: a repeated request has to be
// the same for Zendesk to know it again.
func readCustomFields(values map[string]any) ([]customField, error) {
	var fields []customField
	for _, id := range slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}) {
		if id == "" || strings.Trim(id, "0123456789") != "" {
			wrong := fmt.Sprintf("%q is not the number of a custom field.", id)
			return nil, fault.New(fault.InvalidInput, "%s", wrong).
				WithHint("In the Admin Center, open the field under Objects and rules, Tickets, Fields: its number stands in the address.").
				At("/custom_fields/"+schema.Escape(id), wrong)
		}
		fields = append(fields, customField{ID: json.Number(id), Value: values[id]})
	}
	return fields, nil
}
