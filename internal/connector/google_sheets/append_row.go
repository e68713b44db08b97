package googlesheets

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// How values are entered.
const (
	entryRaw   = "raw"
	entryTyped = "as_typed"
)

var (
	row = schema.Field{
		Name: "values", Kind: schema.Values, Title: "Values", Required: true, MinLength: 1, MaxLength: lastColumn,
		Help: "One value for each cell, from left to right: texts, numbers, true or false. An empty one leaves its cell empty.",
	}
	entry = schema.Field{
		Name: "value_input", Kind: schema.Choice, Title: "Enter as", Choices: []string{entryRaw, entryTyped}, Default: entryRaw, Advanced: true,
		Help: "raw stores a text as it is. as_typed lets Google Sheets read dates, amounts and formulas in it, as if a person typed it: not for values that strangers send, for a formula can read the sheet and call an address.",
	}
	updatedRange = schema.Field{
		Name: "updated_range", Kind: schema.Text, Title: "Updated range", Required: true, Help: "The cells that were written.",
	}
)

// Source: https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/append
var appendRow = connector.Action{
	Name:    "append_row",
	Title:   "Append a row",
	Summary: "Add a row behind the last one of a table.",
	Input:   schema.Fields{spreadsheet, cells, row, entry},
	Output:  schema.Fields{updatedRange},
	Run:     runAppendRow,
	Examples: []connector.Example{{
		Title: "Note an order",
		Config: map[string]any{
			"spreadsheet_id": "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", "range": "My orders!A:D",
			"values": []any{"A-1042", 129.9, true},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost,
			Path:   "/v4/spreadsheets/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/values/%27My%20orders%27%21A:D:append?insertDataOption=INSERT_ROWS&valueInputOption=RAW",
			Body:   `{"majorDimension": "ROWS", "values": [["A-1042", 129.9, true]]}`,
		},
		Response: connector.ExampleResponse{Body: `{"spreadsheetId": "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", "tableRange": "'My orders'!A1:D12",` +
			` "updates": {"spreadsheetId": "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", "updatedRange": "'My orders'!A13:D13", "updatedRows": 1, "updatedColumns": 3, "updatedCells": 3}}`},
		Output: map[string]any{"updated_range": "'My orders'!A13:D13"},
	}},
}

func runAppendRow(ctx context.Context, call *connector.Call) (connector.Output, error) {
	area, err := quoteRange(call.Input.Text(cells))
	if err != nil {
		return nil, err
	}
	values := call.Input.Values(row)
	if err := checkRow(values); err != nil {
		return nil, err
	}
	option := "RAW"
	if call.Input.Text(entry) == entryTyped {
		option = "USER_ENTERED"
	}
	var answer struct {
		Updates struct {
			Range string `json:"updatedRange"`
		} `json:"updates"`
	}
	_, err = service.JSON(ctx, call, rest.Request{
		Method: http.MethodPost,
		Path:   valuesPath(call.Input.Text(spreadsheet), area) + ":append",
		Query:  url.Values{"valueInputOption": {option}, "insertDataOption": {"INSERT_ROWS"}},
		JSON:   map[string]any{"majorDimension": "ROWS", "values": []any{values}},
	}, &answer)
	if err != nil {
		return nil, err
	}
	return connector.Output{updatedRange.Name: answer.Updates.Range}, nil
}

func valuesPath(id, area string) string {
	return rest.Path("v4", "spreadsheets", idOf(id), "values", area)
}

// longestCell is what a cell holds, in characters.
const longestCell = 50_000

// checkRow sees whether each value fits a cell.
func checkRow(values []any) error {
	var bad []fault.Field
	for i, v := range values {
		pointer := fmt.Sprintf("/values/%d", i)
		switch v := v.(type) {
		case nil, bool, json.Number, float64, int:
		case string:
			if len([]rune(v)) > longestCell {
				bad = append(bad, fault.Field{Pointer: pointer, Message: fmt.Sprintf("Value %d is longer than the %d characters of a cell.", i+1, longestCell)})
			}
		default:
			bad = append(bad, fault.Field{
				Pointer: pointer, Message: fmt.Sprintf("Value %d is a list or an object; a cell holds a text, a number, true or false.", i+1),
				Hint: "Name one of its parts, or write {{ ... | json }} for its JSON.",
			})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	f := fault.New(fault.InvalidInput, "%s", bad[0].Message).WithHint("%s", bad[0].Hint)
	f.Fields = bad
	return f
}
