package webhook_test

import (
	"testing"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/webhook"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, webhook.New())
}
