package pipedrive

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
	title    = schema.Field{Name: "title", Kind: schema.Text, Title: "Title", Required: true, MaxLength: 255, Help: "What the deal is called.", Placeholder: "Order A-100"}
	value    = schema.Field{Name: "value", Kind: schema.Number, Title: "Value", Min: schema.Limit(0), Help: "What the deal is worth.", Placeholder: "1200.50"}
	currency = schema.Field{
		Name: "currency", Kind: schema.Text, Title: "Currency", Placeholder: "EUR",
		Help:    "Its three-letter code. Empty means the default currency of the token's user.",
		Pattern: `(?:[A-Za-z]{3})?`, PatternHint: "Three letters, such as EUR or USD.",
	}
	person = schema.Field{
		Name: "person_id", Kind: schema.Integer, Title: "Person", Min: schema.Limit(1), Placeholder: "715",
		Help: "The id of the person that the deal is with, as create_person gives it.",
	}
	pipeline = schema.Field{
		Name: "pipeline_id", Kind: schema.Integer, Options: "pipelines", Title: "Pipeline", Advanced: true, Min: schema.Limit(1), Placeholder: "1",
		Help: "The id of the pipeline to put the deal into. Empty means the default pipeline, or that of the stage.",
	}
	stage = schema.Field{
		Name: "stage_id", Kind: schema.Integer, Options: "stages", OptionsDepend: []string{pipeline.Name}, Title: "Stage", Advanced: true, Min: schema.Limit(1), Placeholder: "3",
		Help: "The id of the stage to put the deal into. Empty means the first stage of the pipeline.",
	}
)

// Source: https://developers.pipedrive.com/docs/api/v1/Deals#addDeal (v2)
var createDeal = connector.Action{
	Name:    "create_deal",
	Title:   "Create a deal",
	Summary: "Open a deal, with a person if you like.",
	Input:   schema.Fields{title, value, currency, person, organization, pipeline, stage},
	Output:  schema.Fields{idOutput},
	Run:     runCreateDeal,
	Examples: []connector.Example{{
		Title:    "Open a deal for an order",
		Config:   map[string]any{"title": "Order A-100", "value": "1200.5", "currency": "eur", "person_id": 715, "org_id": 17, "pipeline_id": 1, "stage_id": 3},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/api/v2/deals", Body: `{"title": "Order A-100", "value": 1200.5, "currency": "EUR", "person_id": 715, "org_id": 17, "pipeline_id": 1, "stage_id": 3}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"success": true, "data": {"id": 4021, "title": "Order A-100"}}`},
		Output:   map[string]any{"id": 4021},
	}},
}

// newDeal is what Pipedrive is sent.
type newDeal struct {
	Title    string   `json:"title"`
	Value    *float64 `json:"value,omitempty"`
	Currency string   `json:"currency,omitempty"`
	PersonID int      `json:"person_id,omitempty"`
	OrgID    int      `json:"org_id,omitempty"`
	Pipeline int      `json:"pipeline_id,omitempty"`
	StageID  int      `json:"stage_id,omitempty"`
}

func runCreateDeal(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	deal := newDeal{
		Title: in.Text(title), Currency: strings.ToUpper(in.Text(currency)),
		PersonID: in.Int(person), OrgID: in.Int(organization), Pipeline: in.Int(pipeline), StageID: in.Int(stage),
	}
	if in.Has(value) {
		worth := in.Float(value)
		deal.Value = &worth
	}
	var created made
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/deals", JSON: deal}, &created); err != nil {
		return nil, err
	}
	return created.output(), nil
}
