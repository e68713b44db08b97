package salesforce

import (
	"encoding/json"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is one of those that Salesforce lists.
// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
type refusal struct {
	Message string   `json:"message"`
	Code    string   `json:"errorCode"`
	Fields  []string `json:"fields"`
}

// meanings are the codes that say more than their status.
var meanings = map[string]rest.Problem{
	"DUPLICATE_VALUE":                               {Code: fault.ServiceConflict, Hint: "A field that is unique has this value in another record. Find that one with query, or create with an external ID."},
	"DUPLICATES_DETECTED":                           {Code: fault.ServiceConflict, Hint: "A duplicate rule of the organization found a record like this one. Change that one, or the rule."},
	"DUPLICATE_EXTERNAL_ID":                         {Code: fault.ServiceConflict, Hint: "Several records have this external ID. Mark the field as unique in Setup, and remove the duplicates."},
	"ENTITY_IS_DELETED":                             {Code: fault.ServiceNotFound, Hint: "The record is in the recycle bin."},
	"REQUEST_LIMIT_EXCEEDED":                        {Code: fault.RateLimited, Hint: "The organization has used up its API calls of the last 24 hours. See Setup, Company Information."},
	"UNABLE_TO_LOCK_ROW":                            {Code: fault.ServiceUnavailable, Hint: "Something else is changing the record, or one it hangs on. The step is tried again."},
	"SERVER_UNAVAILABLE":                            {Code: fault.ServiceUnavailable},
	"QUERY_TIMEOUT":                                 {Code: fault.ServiceUnavailable, Hint: "The query takes too long. Narrow it with WHERE on an indexed field, and LIMIT."},
	"INVALID_SESSION_ID":                            {Code: fault.AuthFailed, Hint: "Reconnect the credential: access was revoked or has expired."},
	"API_DISABLED_FOR_ORG":                          {Code: fault.AuthFailed, Hint: "The edition of the organization, or the user's profile, does not include API access."},
	"API_CURRENTLY_DISABLED":                        {Code: fault.AuthFailed, Hint: "API access is switched off in the organization."},
	"INSUFFICIENT_ACCESS_OR_READONLY":               {Code: fault.AuthFailed, Hint: "The user may not write this record. Give its permission set access to the object, or share the record."},
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": {Code: fault.AuthFailed, Hint: "The user may not use a record that a field refers to, or there is none with that ID."},
	"INVALID_FIELD":                                 {Hint: "Check the API names of the fields, which end in __c where they are your own, and that the user may see them."},
	"INVALID_FIELD_FOR_INSERT_UPDATE":               {Hint: "Salesforce fills this field in itself, or the user may not write it. Leave it out."},
	"REQUIRED_FIELD_MISSING":                        {Hint: "Add the fields that the message names."},
	"FIELD_CUSTOM_VALIDATION_EXCEPTION":             {Hint: "A validation rule of the organization does not take the values."},
	"MALFORMED_QUERY":                               {Hint: "Check the query. Texts stand in single quotes, dates and numbers do not, and an ID ends in no comma."},
	"INVALID_TYPE":                                  {Hint: "Check the API name of the object, which ends in __c where it is your own, and that the user may see it."},
	"NOT_FOUND":                                     {Hint: "Check the object, the ID, and, for an external ID, that the field is marked as one."},
}

// explain reads Salesforce's words, and what to do about the refusals that it tells apart.
func explain(r rest.Response) rest.Problem {
	var said []refusal
	if json.Unmarshal(r.Body, &said) != nil || len(said) == 0 || said[0].Message == "" {
		if r.Status == 300 {
			p := meanings["DUPLICATE_EXTERNAL_ID"]
			p.Message = "several records have this external ID"
			return p
		}
		return rest.CommonProblem(r)
	}
	var words []string
	for _, s := range said {
		words = append(words, s.words())
	}
	p := meanings[said[0].Code]
	if said[0].Code == "REQUEST_LIMIT_EXCEEDED" && strings.Contains(said[0].Message, "Concurrent") {
		p.Hint = "The organization has too many long calls under way at once. The step is tried again; run fewer at a time if it stays."
	}
	p.Message = strings.Join(words, "; ")
	return p
}

func (r refusal) words() string {
	text := r.Message
	if r.Code != "" {
		text += " (" + r.Code + ")"
	}
	if len(r.Fields) > 0 {
		text += " in " + strings.Join(r.Fields, ", ")
	}
	return text
}
