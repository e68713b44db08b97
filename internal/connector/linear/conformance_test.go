package linear_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/linear"
)

// viewer is what Linear answers when asked whose key it is.
var viewer = connectortest.VerifyAnswer("linear", connector.ExampleResponse{
	Body: `{"data": {"viewer": {"name": "Ada Lovelace", "email": "ada@example.com", "organization": {"name": "Analytical Engines", "urlKey": "acme"}}}}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, linear.New(), viewer, connectortest.Refusals(refusal))
}

// refusal is Linear's shape of one: mostly under another status than its meaning has.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	shape, ok := map[int]struct {
		status     int
		prefix     string
		extensions map[string]any
	}{
		400: {400, "Argument Validation Error: ", map[string]any{"type": "invalid input", "code": "INVALID_INPUT"}},
		401: {401, "Authentication required, not authenticated: ", map[string]any{"type": "authentication error", "code": "AUTHENTICATION_ERROR"}},
		403: {200, "", map[string]any{"type": "forbidden"}},
		404: {200, "Entity not found: Issue: ", map[string]any{"type": "invalid input"}},
		422: {200, "", map[string]any{"type": "user error"}},
		429: {400, "", map[string]any{"code": "RATELIMITED"}},
		500: {200, "", map[string]any{"type": "internal error"}},
	}[status]
	if !ok {
		return connector.ExampleResponse{}, false
	}
	body, _ := json.Marshal(map[string]any{"data": nil, "errors": []any{map[string]any{"message": shape.prefix + text, "extensions": shape.extensions}}}) // texts always encode
	return connector.ExampleResponse{Status: shape.status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, linear.New(), nil, viewer)
}
