package hubspot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// record is what the CRM is sent to create a record. Both members have to be there.
type record struct {
	Properties   map[string]string `json:"properties"`
	Associations []association     `json:"associations"`
}

// association links a new record to another one.
type association struct {
	To    reference         `json:"to"`
	Types []associationType `json:"types"`
}

type reference struct {
	ID string `json:"id"`
}

type associationType struct {
	Category string `json:"associationCategory"`
	ID       int    `json:"associationTypeId"`
}

// How a record is linked to a contact.
// Source: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide
const (
	dealToContact = 3
	noteToContact = 202
)

// toContact links a new record to a contact, or to nothing where the id is empty.
func toContact(kind int, contactID string) []association {
	if contactID == "" {
		return []association{}
	}
	return []association{{To: reference{ID: contactID}, Types: []associationType{{Category: "HUBSPOT_DEFINED", ID: kind}}}}
}

// The field and the output that several actions have.
var (
	moreProperties = schema.Field{
		Name: "properties", Kind: schema.Map, Title: "More properties", Personal: true,
		Help: "Other properties by their internal name, as Settings, Properties shows it. Dates are YYYY-MM-DD, several choices are joined with semicolons. A field above goes before one of the same name here.",
	}
	idOutput = schema.Field{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The record's id in HubSpot."}
)

// readProperties puts the fields that were filled in and the free properties
// together. The CRM takes every value as text.
func readProperties(in schema.Input, fields ...schema.Field) map[string]string {
	properties := make(map[string]string)
	for name, value := range in.Map(moreProperties) {
		properties[name] = text(value)
	}
	for _, f := range fields {
		if value := strings.TrimSpace(text(in.Any(f))); value != "" {
			properties[f.Name] = value
		}
	}
	return properties
}

// text is how a property's value is written; nothing empties the property.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// made is what the CRM answers for a record that it created or changed.
type made struct {
	ID string `json:"id"`
}

func (m made) output() connector.Output { return connector.Output{"id": m.ID} }
