package teams

import (
	"encoding/json"
	"net/http"

	"switchboard/internal/connector/rest"
)

// refusal is how the service behind Workflows refuses.
type refusal struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

const (
	copyHint = "Open the workflow in Teams, copy the address of its webhook again, whole, and enter it in the credential. The workflow has to let anyone trigger it."
	goneHint = "The workflow was deleted, or its address has changed. Open Workflows in Teams, copy the address of its webhook again, or make a new one."
	offHint  = "The workflow is turned off. Open Workflows in Teams and turn it on."
)

// explain says what a refusal means, in the service's words and ours.
//
// Source: https://learn.microsoft.com/azure/connectors/connectors-native-reqres
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Error.Message == "" {
		p := rest.CommonProblem(r)
		p.Hint = hints[r.Status]
		return p
	}
	p := rest.Problem{Message: said.Error.Message, Hint: hints[r.Status]}
	if said.Error.Code != "" {
		p.Message += " (" + said.Error.Code + ")"
	}
	if said.Error.Code == "WorkflowTriggerIsNotEnabled" {
		p.Hint = offHint
	}
	return p
}

// hints say what to do about a status.
var hints = map[int]string{
	http.StatusUnauthorized:          copyHint,
	http.StatusForbidden:             copyHint,
	http.StatusNotFound:              goneHint,
	http.StatusGone:                  goneHint,
	http.StatusBadRequest:            "The workflow does not take this card. It should begin with \"When a Teams webhook request is received\"; its run history says more.",
	http.StatusRequestEntityTooLarge: "Shorten the message: Teams takes about 28 KB.",
	http.StatusTooManyRequests:       "The workflow gets too many messages. The step is tried again after the wait that Teams asked for.",
}
