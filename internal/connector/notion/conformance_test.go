package notion_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/notion"
)

const (
	databasePath = "/v1/databases/248104cd477e80fdb757e945d38000bd"
	sourcePath   = "/v1/data_sources/1a44be12-0953-4631-b498-9e5817518db8"
)

// database and orders are what Notion tells about the database of the examples.
var (
	database = connector.ExampleResponse{
		Body: `{"object": "database", "id": "248104cd-477e-80fd-b757-e945d38000bd", "data_sources": [{"id": "1a44be12-0953-4631-b498-9e5817518db8", "name": "Orders"}]}`,
	}
	orders = connector.ExampleResponse{
		Body: `{"object": "data_source", "id": "1a44be12-0953-4631-b498-9e5817518db8", "properties": {
			"Name": {"id": "title", "name": "Name", "type": "title"}, "Amount": {"id": "a", "name": "Amount", "type": "number"}, "Status": {"id": "b", "name": "Status", "type": "status"},
			"Tags": {"id": "c", "name": "Tags", "type": "multi_select"}, "Due": {"id": "d", "name": "Due", "type": "date"}, "Paid": {"id": "e", "name": "Paid", "type": "checkbox"},
			"Customer": {"id": "f", "name": "Customer", "type": "email"}, "Note": {"id": "g", "name": "Note", "type": "rich_text"}, "Owner": {"id": "h", "name": "Owner", "type": "people"},
			"Shop": {"id": "i", "name": "Shop", "type": "url"}, "Kind": {"id": "j", "name": "Kind", "type": "select"}, "Phone": {"id": "k", "name": "Phone", "type": "phone_number"},
			"Invoices": {"id": "l", "name": "Invoices", "type": "relation"}, "Papers": {"id": "m", "name": "Papers", "type": "files"}, "Total": {"id": "n", "name": "Total", "type": "formula"}}}`,
	}
)

var options = []connectortest.Option{
	connectortest.VerifyAnswer("notion", connector.ExampleResponse{
		Body: `{"object": "user", "id": "16d84278-ab0e-484c-9bdd-b35da3bd8905", "name": "Switchboard", "type": "bot", "bot": {"owner": {"type": "workspace", "workspace": true}, "workspace_name": "Analytical Engines"}}`,
	}),
	connectortest.Also("create_page", http.MethodGet, databasePath, database),
	connectortest.Also("create_page", http.MethodGet, sourcePath, orders),
	connectortest.Also("query_database", http.MethodGet, databasePath, database),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, notion.New(), options...)
}

// refusal is Notion's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"object": "error", "status": status, "code": "some_error", "message": text, "request_id": "b3cd6a61-7f9e-4b3f-9f6e-2b7e7c1a2d3e"}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, notion.New(), nil, options...)
}
