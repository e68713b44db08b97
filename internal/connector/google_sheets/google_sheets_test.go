package googlesheets_test

import (
	"strings"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	googlesheets "switchboard/internal/connector/google_sheets"
	"switchboard/internal/fault"
)

const sheet = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"

func TestAppendRow(t *testing.T) {
	appended := connectortest.Answer(connector.ExampleResponse{Body: `{"updates": {"updatedRange": "Orders!A2:C2"}}`})
	for name, tt := range map[string]struct {
		config     map[string]any
		body, says string
	}{
		"FormulasStayTexts": {map[string]any{"values": []any{"=IMPORTXML(A1)", nil, 1.5}}, `{"majorDimension":"ROWS","values":[["=IMPORTXML(A1)",null,1.5]]}`, "valueInputOption=RAW"},
		"AsTyped":           {map[string]any{"values": []any{"=SUM(A:A)"}, "value_input": "as_typed"}, `{"majorDimension":"ROWS","values":[["=SUM(A:A)"]]}`, "valueInputOption=USER_ENTERED"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config["spreadsheet_id"], tt.config["range"] = sheet, "Orders!A:C"
			e := connectortest.Setup{Action: "append_row", Config: tt.config}.Run(t, googlesheets.New(), appended)
			if e.Err != nil || e.Sent[0].Body != tt.body || !strings.Contains(e.Sent[0].Target, tt.says) {
				t.Errorf("sent %+v, error %v", e.Sent, e.Err)
			}
		})
	}
	t.Run("ErrNotACell", func(t *testing.T) {
		e := connectortest.Setup{Action: "append_row", Config: map[string]any{"spreadsheet_id": sheet, "range": "A:C", "values": []any{1, map[string]any{"a": 1}}}}.
			Run(t, googlesheets.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: "Value 2 is a list or an object...", Hint: "json", Pointer: "/values/1"}.Check(t, e.Err)
	})
	t.Run("ErrRange", func(t *testing.T) {
		e := connectortest.Setup{Action: "append_row", Config: map[string]any{"spreadsheet_id": sheet, "range": "Orders!A0", "values": []any{1}}}.
			Run(t, googlesheets.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: `The range "Orders!A0" cannot be read: rows are counted from 1.`, Hint: "Orders!A1:D20", Pointer: "/range"}.Check(t, e.Err)
	})
}

func TestReadRange(t *testing.T) {
	t.Run("NothingThere", func(t *testing.T) {
		e := connectortest.Setup{Action: "read_range", Config: map[string]any{"spreadsheet_id": sheet, "range": "Orders", "value_render": "unformatted"}}.
			Run(t, googlesheets.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"range": "Orders!A1:Z1000", "majorDimension": "ROWS"}`}))
		rows, ok := e.Output["rows"].([]any)
		if e.Err != nil || !ok || len(rows) != 0 || !strings.Contains(e.Sent[0].Target, "UNFORMATTED_VALUE") {
			t.Errorf("output %v, error %v, sent %+v", e.Output, e.Err, e.Sent)
		}
	})
	for name, tt := range map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"ErrNoSuchSheet": {400, `{"error": {"code": 400, "message": "Unable to parse range: Ordrs!A1", "status": "INVALID_ARGUMENT"}}`, connectortest.Refusal{Code: fault.InvalidInput, Message: "Google Sheets answered 400 Bad Request: Unable to parse range: Ordrs!A1", Hint: "sheet of this name"}},
		"ErrNotShared":   {403, `{"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}}`, connectortest.Refusal{Code: fault.AuthFailed, Message: "Google Sheets answered 403 Forbidden: The caller does not have permission", Hint: "Share the spreadsheet"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: "read_range", Config: map[string]any{"spreadsheet_id": sheet, "range": "Ordrs!A1"}}.
				Run(t, googlesheets.New(), connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body}))
			tt.want.Check(t, e.Err)
		})
	}
}
