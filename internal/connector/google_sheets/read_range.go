package googlesheets

import (
	"context"
	"net/http"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// How values are read.
const (
	shownFormatted   = "formatted"
	shownUnformatted = "unformatted"
	shownFormula     = "formula"
)

var renderOptions = map[string]string{
	shownFormatted: "FORMATTED_VALUE", shownUnformatted: "UNFORMATTED_VALUE", shownFormula: "FORMULA",
}

var (
	render = schema.Field{
		Name: "value_render", Kind: schema.Choice, Title: "Read as", Choices: []string{shownFormatted, shownUnformatted, shownFormula}, Default: shownFormatted, Advanced: true,
		Help: "formatted gives texts as the sheet shows them, unformatted gives numbers as numbers, formula gives the formulas.",
	}
	rows = schema.Field{
		Name: "rows", Kind: schema.Values, Title: "Rows", Required: true,
		Help: "The rows from top to bottom, each a list of its cells. Empty cells at the end of a row, and empty rows at the end, are left out.",
	}
)

// Source: https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get
var readRange = connector.Action{
	Name:       "read_range",
	Title:      "Read a range",
	Summary:    "Read the cells of a range, row by row.",
	Input:      schema.Fields{spreadsheet, cells, render},
	Output:     schema.Fields{rows},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runReadRange,
	Examples: []connector.Example{{
		Title:  "Read the open orders",
		Config: map[string]any{"spreadsheet_id": "https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit#gid=0", "range": "Orders!A2:C"},
		Request: connector.ExampleRequest{
			Method: http.MethodGet,
			Path:   "/v4/spreadsheets/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/values/Orders%21A2:C?majorDimension=ROWS&valueRenderOption=FORMATTED_VALUE",
		},
		Response: connector.ExampleResponse{Body: `{"range": "Orders!A2:C1000", "majorDimension": "ROWS", "values": [["A-1042", "129.90", "open"], ["A-1043", "12.00"]]}`},
		Output:   map[string]any{"rows": []any{[]any{"A-1042", "129.90", "open"}, []any{"A-1043", "12.00"}}},
	}},
}

func runReadRange(ctx context.Context, call *connector.Call) (connector.Output, error) {
	area, err := quoteRange(call.Input.Text(cells))
	if err != nil {
		return nil, err
	}
	answer := struct {
		Values []any `json:"values"`
	}{Values: []any{}}
	_, err = service.JSON(ctx, call, rest.Request{
		Path:  valuesPath(call.Input.Text(spreadsheet), area),
		Query: url.Values{"majorDimension": {"ROWS"}, "valueRenderOption": {renderOptions[call.Input.Text(render)]}},
	}, &answer)
	if err != nil {
		return nil, err
	}
	return connector.Output{rows.Name: answer.Values}, nil
}
