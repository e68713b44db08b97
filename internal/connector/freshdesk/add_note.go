package freshdesk

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	ticketID = schema.Field{
		Name: "id", Kind: schema.Text, Title: "Ticket", Required: true, MaxLength: 20, Placeholder: "4021",
		Help:    "The ticket's number.",
		Pattern: `[0-9]+`, PatternHint: "Only the number, without #.",
	}
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Note", Required: true, Content: true, Escape: template.TargetHTML,
		Help: "Text, or HTML with simple markup such as <b>, <a> and <ul>. Variables in it are escaped.",
	}
	private = schema.Field{
		Name: "private", Kind: schema.Boolean, Title: "Private", Default: true,
		Help: "A private note is seen by agents only. Others can be read by the requester in the portal.",
	}
)

// Source: https://developers.freshdesk.com/api/#add_note_to_a_ticket
var addNote = connector.Action{
	Name:    "add_note",
	Title:   "Add a note",
	Summary: "Add a note to a ticket, private unless you say otherwise.",
	Input:   schema.Fields{ticketID, body, private},
	Output:  schema.Fields{{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The note's id."}},
	Run:     runAddNote,
	Examples: []connector.Example{{
		Title:    "Leave a note for agents",
		Config:   map[string]any{"id": 4021, "body": "The carrier has found the parcel."},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/api/v2/tickets/4021/notes", Body: `{"body": "The carrier has found the parcel.", "private": true}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": 5, "ticket_id": 4021, "user_id": 1, "body_text": "The carrier has found the parcel.", "private": true}`},
		Output:   map[string]any{"id": 5},
	}},
}

func runAddNote(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	var note made
	_, err := service.JSON(ctx, call, rest.Request{
		Path: rest.Path("api", "v2", "tickets", in.Text(ticketID), "notes"),
		JSON: map[string]any{"body": markUp(in.Text(body)), "private": in.Bool(private)},
	}, &note)
	if err != nil {
		return nil, err
	}
	return note.output(), nil
}
