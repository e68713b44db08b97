package servicenow

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	shortDescription = schema.Field{Name: "short_description", Kind: schema.Text, Title: "Short description", Required: true, MaxLength: 160, Help: "What is wrong, in one line.", Placeholder: "Checkout fails for order A-100"}
	description      = schema.Field{Name: "description", Kind: schema.Text, Title: "Description", MaxLength: 4000, Help: "All that helps to solve it, as plain text."}
	urgency          = schema.Field{
		Name: "urgency", Kind: schema.Text, Title: "Urgency", Choices: levels, Pattern: levelPattern, PatternHint: levelHint,
		Help: "How soon it has to be solved: high, medium or low, or the number of the choice. Empty means what the instance sets.",
	}
	impact = schema.Field{
		Name: "impact", Kind: schema.Text, Title: "Impact", Choices: levels, Pattern: levelPattern, PatternHint: levelHint,
		Help: "How much it affects: high, medium or low, or the number of the choice. With the urgency it makes the priority.",
	}
	caller = schema.Field{
		Name: "caller_id", Kind: schema.Text, Title: "Caller", MaxLength: 255, Placeholder: "681ccaf9c0a8016400b98a06818d57c7",
		Help: "The sys_id of the user who reports it: open the user in ServiceNow and choose Copy sys_id from the menu of the form's header.",
	}
	otherFields = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Other fields", Advanced: true,
		Help: "Other fields by their column name, such as category or assignment_group. References take a sys_id. A field above goes before one of the same name here.",
	}
)

// levels are the names of the choices that ServiceNow numbers from 1.
var levels = []string{"high", "medium", "low"}

const (
	levelPattern = `(?:high|medium|low|[1-9])?`
	levelHint    = "One of high, medium and low, or the number of a choice."
)

// Source: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html#title_table-POST
var createIncident = connector.Action{
	Name:    "create_incident",
	Title:   "Create an incident",
	Summary: "Open an incident.",
	Input:   schema.Fields{shortDescription, description, urgency, impact, caller, otherFields},
	Output: schema.Fields{
		{Name: "sys_id", Kind: schema.Text, Title: "sys_id", Required: true, Help: "What the incident is updated by."},
		{Name: "number", Kind: schema.Text, Title: "Number", Required: true, Help: "What people call it, such as INC0010002."},
	},
	Run: runCreateIncident,
	Examples: []connector.Example{{
		Title: "Report a failed order",
		Config: map[string]any{
			"short_description": "Checkout fails for order A-100", "description": "The payment was refused twice.", "urgency": "high", "impact": 2,
			"caller_id": "681ccaf9c0a8016400b98a06818d57c7", "fields": map[string]any{"category": "software"},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/api/now/table/incident?sysparm_fields=sys_id%2Cnumber", Header: map[string]string{"Accept": "application/json"},
			Body: `{"short_description": "Checkout fails for order A-100", "description": "The payment was refused twice.", "urgency": "1", "impact": "2", "caller_id": "681ccaf9c0a8016400b98a06818d57c7", "category": "software"}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"result": {"sys_id": "c537bae64f411200adf9f8e18110c76e", "number": "INC0010002"}}`},
		Output:   map[string]any{"sys_id": "c537bae64f411200adf9f8e18110c76e", "number": "INC0010002"},
	}},
}

func runCreateIncident(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	incident := map[string]any{}
	maps.Copy(incident, in.Map(otherFields))
	for _, f := range []schema.Field{shortDescription, description, caller} {
		if value := in.Text(f); strings.TrimSpace(value) != "" {
			incident[f.Name] = value
		}
	}
	for _, f := range []schema.Field{urgency, impact} {
		if value := in.Text(f); value != "" {
			incident[f.Name] = level(value)
		}
	}
	var made record
	_, err := service.JSON(ctx, call, rest.Request{Path: "/api/now/table/incident", Query: onlyKeys(), JSON: incident}, &made)
	if err != nil {
		return nil, err
	}
	return connector.Output{"sys_id": made.Result.SysID, "number": made.Result.Number}, nil
}

// level gives the number of a choice: as it is, or that of its name.
func level(text string) string {
	if i := slices.Index(levels, text); i >= 0 {
		return strconv.Itoa(i + 1)
	}
	return text
}

// onlyKeys keeps the rest of the record, which may be personal, out of the answer.
func onlyKeys() url.Values { return url.Values{"sysparm_fields": {"sys_id,number"}} }
