package httpconnector_test

import (
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, httpconnector.New(),
		connectortest.VerifyAnswer("oauth2_client", connector.ExampleResponse{Body: `{"access_token": "2YotnFZFEjr1zCsicMWpAA", "token_type": "Bearer", "expires_in": 3600}`}),
		connectortest.Waive("not_json", "the author asked for whatever the address answers, so a page is no fault"),
	)
}
