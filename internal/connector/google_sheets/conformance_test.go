package googlesheets_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	googlesheets "switchboard/internal/connector/google_sheets"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, googlesheets.New(),
		connectortest.VerifyAnswer("google_oauth2", connector.ExampleResponse{Body: `{"sub": "10769150350006150715113082367", "email": "ann@example.org"}`}),
		connectortest.Refusals(func(_ string, status int, text string) (connector.ExampleResponse, bool) {
			body, err := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": text, "status": "SOME"}})
			return connector.ExampleResponse{Status: status, Body: string(body)}, err == nil
		}),
	)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, connectortest.VendorFile(t, "sheets_sw.json"), "",
		"/v4/spreadsheets/{spreadsheetId}/values/{range}", "/v4/spreadsheets/{spreadsheetId}/values/{range}:append",
	).Hold(t, googlesheets.New(), []string{"append_row", "read_range"})
}
