package connectortest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/connector"
)

const thingsContract = `
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              additionalProperties: false
              properties: {name: {type: string}}
      responses:
        "201":
          description: Made
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: string}}}
  /me:
    get:
      responses:
        "200": {description: The user}
  /unused:
    servers: [{url: "https://things.example.com"}]
    get:
      responses:
        "200": {description: Nothing}
`

func contractFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestHold(t *testing.T) {
	ReadContract(t, contractFile(t, "contract.yaml", thingsContract), "/v1").Hold(t, thingsConnector(), nil, thingsIdentity)
}

func TestContractCheck(t *testing.T) {
	c := ReadContract(t, contractFile(t, "contract.yaml", thingsContract), "/v1", "/things", "/me")
	tests := map[string]struct {
		method, target, body string
		answer               connector.ExampleResponse
		want                 string // within what is found; "" for nothing
	}{
		"OK":              {"POST", "/v1/things", `{"name": "red"}`, connector.ExampleResponse{Status: 201, Body: `{"id": "t_1"}`}, ""},
		"ErrBody":         {"POST", "/v1/things", `{"title": "red"}`, connector.ExampleResponse{Status: 201, Body: `{"id": "t_1"}`}, "the request breaks the contract"},
		"ErrMethod":       {"PUT", "/v1/things", `{"name": "red"}`, connector.ExampleResponse{}, "does not know it"},
		"ErrPath":         {"GET", "/v1/unused", "", connector.ExampleResponse{}, "does not know it"},
		"ErrBase":         {"GET", "/v2/me", "", connector.ExampleResponse{}, "does not begin with /v1"},
		"ErrAnswer":       {"POST", "/v1/things", `{"name": "red"}`, connector.ExampleResponse{Status: 201, Body: `{"id": 1}`}, "the answer that the example shows"},
		"ErrAnswerStatus": {"POST", "/v1/things", `{"name": "red"}`, connector.ExampleResponse{Status: 200, Body: `{"id": "t_1"}`}, "the answer that the example shows"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.target, http.NoBody)
			if tt.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			recorded := httptest.NewRecorder()
			write(recorded, tt.answer)
			err := c.check(r, tt.target, []byte(tt.body), recorded)
			if (tt.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("found %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadContract(t *testing.T) {
	const swagger = `{"swagger": "2.0", "info": {"title": "Things", "version": "1"}, "host": "things.example.com", "basePath": "/v1",
		"paths": {"/me": {"get": {"responses": {"200": {"description": "The user"}}}}}}`
	t.Run("OKSwagger", func(t *testing.T) {
		c := ReadContract(t, contractFile(t, "swagger.json", swagger), "/v1")
		if err := c.check(httptest.NewRequest(http.MethodGet, "/v1/me", http.NoBody), "/v1/me", nil, httptest.NewRecorder()); err != nil {
			t.Error(err)
		}
	})
	for name, tt := range map[string]struct {
		file, path string
	}{
		"ErrMissing": {filepath.Join(t.TempDir(), "none.yaml"), ""},
		"ErrNoYAML":  {contractFile(t, "contract.yaml", "openapi: ["), ""},
		"ErrPath":    {contractFile(t, "contract.yaml", thingsContract), "/others"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readContract(tt.file, "", []string{tt.path}); err == nil {
				t.Error("it was read")
			}
		})
	}
}
