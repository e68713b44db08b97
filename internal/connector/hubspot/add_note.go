package hubspot

import (
	"context"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	noteContact = schema.Field{
		Name: "contact_id", Kind: schema.Text, Title: "Contact", Required: true, MaxLength: 64, Placeholder: "33451",
		Help: "The id of the contact on whose timeline the note appears.",
	}
	noteBody = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Note", Required: true, Content: true, MaxLength: 65536, Escape: template.TargetHTML,
		Help: "Text, or HTML with simple markup such as <b>, <a> and <ul>. Variables in it are escaped.",
	}
)

// Source: https://developers.hubspot.com/docs/api-reference/crm-notes-v3/guide
var addNote = connector.Action{
	Name:    "add_note",
	Title:   "Add a note",
	Summary: "Write a note on a contact's timeline.",
	Input:   schema.Fields{noteContact, noteBody},
	Output:  schema.Fields{idOutput},
	Run:     runAddNote,
	Examples: []connector.Example{{
		Title:  "Note a call",
		Config: map[string]any{"contact_id": "33451", "body": "Called about order A-100.\nWants it by Friday."},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/crm/v3/objects/notes",
			Body: `{"properties": {"hs_timestamp": "2026-01-02T03:04:05.000Z", "hs_note_body": "Called about order A-100.<br>Wants it by Friday."}, "associations": [{"to": {"id": "33451"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]}]}`,
		},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": "77120", "properties": {"hs_note_body": "Called about order A-100."}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-02T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"id": "77120"},
	}},
}

func runAddNote(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var note made
	_, err := service.JSON(ctx, call, rest.Request{Path: objects("notes"), JSON: record{
		Properties: map[string]string{
			"hs_timestamp": call.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"),
			"hs_note_body": markUp(call.Input.Text(noteBody)),
		},
		Associations: toContact(noteToContact, strings.TrimSpace(call.Input.Text(noteContact))),
	}}, &note)
	if err != nil {
		return nil, err
	}
	return note.output(), nil
}

// markUp keeps the lines of a text that has no markup of its own: in HTML they
// would run together. Values come escaped, so a "<" is the author's.
func markUp(body string) string {
	if strings.Contains(body, "<") {
		return body
	}
	return strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "<br>")
}
