package freshdesk

import (
	"encoding/json"
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how Freshdesk says no: a code with a message, or a description with
// what is wrong field by field.
// Source: https://developers.freshdesk.com/api/#error
type refusal struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	Description string `json:"description"`
	Errors      []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
		Code    string `json:"code"`
	} `json:"errors"`
}

// explain reads Freshdesk's words, and what to do about the refusals that it tells apart.
func explain(r rest.Response) rest.Problem {
	var said refusal
	p := rest.CommonProblem(r)
	if json.Unmarshal(r.Body, &said) == nil && (said.Message != "" || said.Description != "") {
		p.Message = said.words()
	}
	for _, e := range said.Errors {
		if e.Code == "duplicate_value" {
			p.Code = fault.ServiceConflict
		}
	}
	switch r.Status {
	case http.StatusBadRequest:
		if said.Description != "" {
			p.Hint = "Check the fields that the message names. An administrator may have made more of them required for agents, which custom_fields and type can fill in."
		}
	case http.StatusUnauthorized:
		p.Hint = "Check the key and the domain: a key is good for one helpdesk only, and a new one ends the old one."
	case http.StatusForbidden:
		p.Hint = "The key's agent may not do this, or the helpdesk's plan has no API."
	case http.StatusNotFound:
		p.Hint = "Check the ticket's number and the domain. What the key's agent may not see is not found either."
	}
	return p
}

func (f refusal) words() string {
	parts := make([]string, 0, len(f.Errors))
	for _, e := range f.Errors {
		parts = append(parts, strings.TrimPrefix(e.Field+": "+e.Message, ": "))
	}
	intro := f.Message
	if intro == "" {
		intro = f.Description
	}
	if len(parts) == 0 {
		return intro
	}
	return intro + ": " + strings.Join(parts, "; ")
}
