package toy_test

import (
	"testing"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/toy"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, toy.New())
}
