package httpconnector_test

import (
	"testing"

	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, httpconnector.New(),
		connectortest.Waive("not_json", "the author asked for whatever the address answers, so a page is no fault"),
	)
}
