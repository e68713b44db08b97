package servicenow

import (
	"context"
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
	sysID = schema.Field{
		Name: "sys_id", Kind: schema.Text, Title: "Incident", Required: true, Placeholder: "c537bae64f411200adf9f8e18110c76e",
		Help:    "The incident's sys_id, as create_incident gives it. Its number (INC...) is not enough.",
		Pattern: `[0-9A-Za-z_-]{1,32}`, PatternHint: "A sys_id has up to 32 letters and digits.",
	}
	changes = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Fields", Required: true,
		Help: "What to change, by column name, such as state, close_code or close_notes. comments and work_notes add an entry each.",
	}
)

// Source: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html#title_table-PATCH
var updateIncident = connector.Action{
	Name:       "update_incident",
	Title:      "Update an incident",
	Summary:    "Change fields of an incident, or add a comment or work note.",
	Input:      schema.Fields{sysID, changes},
	Output:     schema.Fields{{Name: "sys_id", Kind: schema.Text, Title: "sys_id", Required: true, Help: "The incident's sys_id."}},
	Repeatable: setsOnly,
	Run:        runUpdateIncident,
	Examples: []connector.Example{{
		Title:    "Resolve an incident",
		Config:   map[string]any{"sys_id": "c537bae64f411200adf9f8e18110c76e", "fields": map[string]any{"state": "6", "close_code": "Solution provided", "close_notes": "Paid again."}},
		Request:  connector.ExampleRequest{Method: http.MethodPatch, Path: "/api/now/table/incident/c537bae64f411200adf9f8e18110c76e?sysparm_fields=sys_id%2Cnumber", Body: `{"state": "6", "close_code": "Solution provided", "close_notes": "Paid again."}`},
		Response: connector.ExampleResponse{Body: `{"result": {"sys_id": "c537bae64f411200adf9f8e18110c76e", "number": "INC0010002"}}`},
		Output:   map[string]any{"sys_id": "c537bae64f411200adf9f8e18110c76e"},
	}, {
		Title:    "Add a work note",
		Config:   map[string]any{"sys_id": "c537bae64f411200adf9f8e18110c76e", "fields": map[string]any{"work_notes": "The carrier has found the parcel."}},
		Request:  connector.ExampleRequest{Method: http.MethodPatch, Path: "/api/now/table/incident/c537bae64f411200adf9f8e18110c76e?sysparm_fields=sys_id%2Cnumber", Body: `{"work_notes": "The carrier has found the parcel."}`},
		Response: connector.ExampleResponse{Body: `{"result": {"sys_id": "c537bae64f411200adf9f8e18110c76e", "number": "INC0010002"}}`},
		Output:   map[string]any{"sys_id": "c537bae64f411200adf9f8e18110c76e"},
	}},
}

// journals are the fields that add an entry each time they are set.
var journals = []string{"comments", "work_notes", "comments_and_work_notes"}

// setsOnly says whether doing the update twice does no more than doing it once: not
// where it adds to a journal. A field of the instance's own may be one, too.
func setsOnly(in schema.Input) bool {
	for name := range in.Map(changes) {
		if slices.Contains(journals, name) || strings.HasPrefix(name, "u_") || strings.HasPrefix(name, "x_") {
			return false
		}
	}
	return true
}

func runUpdateIncident(ctx context.Context, call *connector.Call) (connector.Output, error) {
	fields := call.Input.Map(changes)
	if len(fields) == 0 {
		const missing = "There is no field to change."
		return nil, fault.New(fault.InvalidInput, missing).At("/fields", missing)
	}
	var changed record
	_, err := service.JSON(ctx, call, rest.Request{
		Method: http.MethodPatch, Path: rest.Path("api", "now", "table", "incident", call.Input.Text(sysID)), Query: onlyKeys(), JSON: fields,
	}, &changed)
	if err != nil {
		return nil, err
	}
	return connector.Output{"sys_id": changed.Result.SysID}, nil
}
