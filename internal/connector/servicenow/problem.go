package servicenow

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how ServiceNow says no: a general message, and often a detail that
// tells more.
type refusal struct {
	Error struct {
		Message string `json:"message"`
		Detail  string `json:"detail"`
	} `json:"error"`
}

// explain reads ServiceNow's words, and what to do about the refusals that it tells apart.
func explain(r rest.Response) rest.Problem {
	if hibernates(r) {
		return rest.Problem{
			Code: fault.ServiceUnavailable, Message: "the instance is hibernating.",
			Hint: "Instances for developers fall asleep when nobody uses them. Sign in at developer.servicenow.com and wake it.",
		}
	}
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Error.Message == "" {
		return rest.CommonProblem(r)
	}
	p := rest.Problem{Message: said.Error.Message}
	if detail := said.Error.Detail; detail != "" && detail != said.Error.Message {
		p.Message = strings.TrimSuffix(said.Error.Message, ".") + ": " + detail
	}
	switch r.Status {
	case http.StatusUnauthorized:
		p.Hint = "Check user name and password, and that the user is active, not locked out, and does not have to use multi-factor authentication."
	case http.StatusForbidden:
		if isAboutData(said.Error.Detail) {
			p.Code, p.Hint = fault.InvalidInput, "A rule of the instance does not take these values. Fill in what the message names; a field that has no input of its own goes into fields."
			break
		}
		p.Hint = "The user lacks a role for this: itil lets one work on incidents, snc_platform_rest_api_access call the API where the instance asks for that."
	case http.StatusNotFound:
		p.Hint = "Check the sys_id. A record that the user may not see is not found either."
	}
	return p
}

// isAboutData tells a rule about values from one about who may write: ServiceNow
// answers both with 403.
func isAboutData(detail string) bool {
	for _, sign := range []string{"Data Policy", "mandatory", "Business Rule", "business rule"} {
		if strings.Contains(detail, sign) {
			return true
		}
	}
	return false
}

// hibernates says whether a sleeping instance answers: with a page, and status 200.
func hibernates(r rest.Response) bool {
	return r.Status/100 == 2 && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<")) && bytes.Contains(bytes.ToLower(r.Body), []byte("hibernat"))
}
