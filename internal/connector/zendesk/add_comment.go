package zendesk

import (
	"context"
	"encoding/json"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Comment", Required: true, Content: true, MaxLength: maxComment,
		Help: "Plain text.",
	}
	public = schema.Field{
		Name: "public", Kind: schema.Boolean, Title: "Public", Default: true,
		Help: "A public comment is sent to the requester. Others are notes among agents.",
	}
)

// Source: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
var addComment = connector.Action{
	Name:    "add_comment",
	Title:   "Comment on a ticket",
	Summary: "Answer the requester, or leave a note for agents.",
	Input:   schema.Fields{ticketID, body, public},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The comment's id; the ticket's number where Zendesk does not tell it."},
	},
	Run: runAddComment,
	Examples: []connector.Example{{
		Title:    "Leave a note for agents",
		Config:   map[string]any{"id": 35436, "body": "The carrier has found the parcel.", "public": false},
		Request:  connector.ExampleRequest{Method: http.MethodPut, Path: "/api/v2/tickets/35436", Body: `{"ticket": {"comment": {"body": "The carrier has found the parcel.", "public": false}}}`},
		Response: connector.ExampleResponse{Body: `{"ticket": {"id": 35436, "url": "https://acme.zendesk.com/api/v2/tickets/35436.json", "subject": "Order A-100 has not arrived", "status": "open"}, "audit": {"id": 2127301150, "ticket_id": 35436, "events": [{"id": 2127301170, "type": "Comment", "public": false}, {"id": 2127301171, "type": "Notification"}]}}`},
		Output:   map[string]any{"id": 2127301170},
	}},
}

func runAddComment(ctx context.Context, call *connector.Call) (connector.Output, error) {
	isPublic := call.Input.Bool(public)
	var changed ticket
	_, err := service.JSON(ctx, call, rest.Request{
		Method: http.MethodPut, Path: ticketPath(call.Input),
		JSON: map[string]any{"ticket": map[string]any{"comment": comment{Body: call.Input.Text(body), Public: &isPublic}}},
	}, &changed)
	if err != nil {
		return nil, err
	}
	return connector.Output{"id": changed.commentID()}, nil
}

// commentID finds the comment among what happened to the ticket.
func (t ticket) commentID() json.Number {
	for _, e := range t.Audit.Events {
		if e.Type == "Comment" {
			return e.ID
		}
	}
	return t.Ticket.ID
}
