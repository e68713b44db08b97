package zendesk

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	status = schema.Field{
		Name: "status", Kind: schema.Choice, Title: "Status", Choices: []string{"new", "open", "pending", "hold", "solved", "closed"},
		Help: "What to set the status to. A closed ticket cannot be changed any more.",
	}
	newTags = schema.Field{
		Name: "tags", Kind: schema.List, Title: "Tags", MaxLength: 100,
		Help: "The tags that the ticket then has: they replace those it had. An empty list takes all away.", Pattern: tagPattern, PatternHint: tagPatternHint,
	}
)

// Source: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
var updateTicket = connector.Action{
	Name:    "update_ticket",
	Title:   "Update a ticket",
	Summary: "Set status, priority, tags or group of a ticket.",
	Input:   schema.Fields{ticketID, status, priority, newTags, group},
	Output:  schema.Fields{{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The ticket's number."}},
	// It sets values; setting them again changes nothing.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runUpdateTicket,
	Examples: []connector.Example{{
		Title:    "Solve a ticket",
		Config:   map[string]any{"id": 35436, "status": "solved", "priority": "normal", "tags": "delivered"},
		Request:  connector.ExampleRequest{Method: http.MethodPut, Path: "/api/v2/tickets/35436", Body: `{"ticket": {"status": "solved", "priority": "normal", "tags": ["delivered"]}}`},
		Response: connector.ExampleResponse{Body: `{"ticket": {"id": 35436, "url": "https://acme.zendesk.com/api/v2/tickets/35436.json", "subject": "Order A-100 has not arrived", "status": "solved"}, "audit": {"id": 2127301148, "ticket_id": 35436, "events": [{"id": 2127301163, "type": "Change"}]}}`},
		Output:   map[string]any{"id": 35436},
	}},
}

func runUpdateTicket(ctx context.Context, call *connector.Call) (connector.Output, error) {
	changes := map[string]any{}
	for _, f := range []schema.Field{status, priority, newTags, group} {
		if call.Input.Has(f) {
			changes[f.Name] = call.Input.Any(f)
		}
	}
	if len(changes) == 0 {
		const missing = "There is nothing to change."
		return nil, fault.New(fault.InvalidInput, missing).WithHint("Fill in status, priority, tags or group.").At("/status", missing)
	}
	var changed ticket
	_, err := service.JSON(ctx, call, rest.Request{
		Method: http.MethodPut, Path: ticketPath(call.Input), JSON: map[string]any{"ticket": changes},
	}, &changed)
	if err != nil {
		return nil, err
	}
	return connector.Output{"id": changed.Ticket.ID}, nil
}
