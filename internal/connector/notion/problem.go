package notion

import (
	"encoding/json"
	"strings"

	"switchboard/internal/connector/rest"
)

// refusal is how Notion refuses.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// explain says what a refusal means, in Notion's words and ours.
//
// Source: https://developers.notion.com/reference/status-codes
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Message == "" {
		return rest.CommonProblem(r)
	}
	hint := hints[said.Code]
	if said.Code == "validation_error" && strings.Contains(said.Message, "multiple data sources") {
		hint = severalHint
	}
	return rest.Problem{Message: said.Message, Hint: hint}
}

const severalHint = "Name the data source that is meant. Its id is under the database's settings, Manage data sources."

// hints say what to do, by code.
var hints = map[string]string{
	"unauthorized":        "Copy the API token again, and enter it in the credential. A token that was refreshed no longer works.",
	"restricted_resource": "Turn the capability on in the connection's settings at Notion: Read content to query, Insert content to create.",
	"object_not_found":    "Share the page or database with the connection: open it in Notion, choose the three dots and Connections. Check the id, too.",
	"conflict_error":      "Somebody changed the same thing at the same time.",
	"service_overload":    "Notion is busy. The step is tried again.",
}
