package hubspot

import (
	"context"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	dealName = schema.Field{Name: "dealname", Kind: schema.Text, Title: "Deal name", Required: true, MaxLength: 1000, Help: "What the deal is called.", Placeholder: "Order A-100"}
	amount   = schema.Field{Name: "amount", Kind: schema.Number, Title: "Amount", Help: "What the deal is worth, in the account's currency unless a property says otherwise.", Placeholder: "1200.50"}
	pipeline = schema.Field{
		Name: "pipeline", Kind: schema.Text, Options: "pipelines", Title: "Pipeline", MaxLength: 255, Placeholder: "default",
		Help: "The pipeline's id, as Settings, Objects, Deals, Pipelines shows it. Empty means the account's default pipeline.",
	}
	stage = schema.Field{
		Name: "dealstage", Kind: schema.Text, Options: "stages", OptionsDepend: []string{pipeline.Name}, Title: "Stage", MaxLength: 255, Placeholder: "appointmentscheduled",
		Help: "The stage's id, not its name; the settings of the pipeline show it under </>.",
	}
	dealContact = schema.Field{
		Name: "contact_id", Kind: schema.Text, Title: "Contact", MaxLength: 64, Placeholder: "33451",
		Help: "The id of the contact that the deal is with.",
	}
)

// Source: https://developers.hubspot.com/docs/api-reference/crm-deals-v3/guide
var createDeal = connector.Action{
	Name:    "create_deal",
	Title:   "Create a deal",
	Summary: "Open a deal, with a contact if you like.",
	Input:   schema.Fields{dealName, amount, pipeline, stage, dealContact, moreProperties},
	Output:  schema.Fields{idOutput},
	Run:     runCreateDeal,
	Examples: []connector.Example{{
		Title: "Open a deal for an order",
		Config: map[string]any{
			"dealname": "Order A-100", "amount": 1200.5, "pipeline": "default", "dealstage": "contractsent", "contact_id": "33451",
			"properties": map[string]any{"closedate": "2026-02-01"},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/crm/v3/objects/deals",
			Body: `{"properties": {"dealname": "Order A-100", "amount": "1200.5", "pipeline": "default", "dealstage": "contractsent", "closedate": "2026-02-01"}, "associations": [{"to": {"id": "33451"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}]}]}`,
		},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": "8123", "properties": {"dealname": "Order A-100"}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-02T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"id": "8123"},
	}, {
		Title:   "Only a name",
		Config:  map[string]any{"dealname": "Call back", "dealstage": "appointmentscheduled"},
		Request: connector.ExampleRequest{Method: http.MethodPost, Path: "/crm/v3/objects/deals", Body: `{"properties": {"dealname": "Call back", "dealstage": "appointmentscheduled"}, "associations": []}`},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": "8124", "properties": {"dealname": "Call back"}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-02T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"id": "8124"},
	}},
}

func runCreateDeal(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var deal made
	_, err := service.JSON(ctx, call, rest.Request{Path: objects("deals"), JSON: record{
		Properties:   readProperties(call.Input, dealName, amount, pipeline, stage),
		Associations: toContact(dealToContact, strings.TrimSpace(call.Input.Text(dealContact))),
	}}, &deal)
	if err != nil {
		return nil, err
	}
	return deal.output(), nil
}
