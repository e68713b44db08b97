package task

import (
	"context"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/vault"
)

// optionsTimeout is how long a service may take to list the values of a field:
// somebody is looking at a form.
const optionsTimeout = 15 * time.Second

// OptionsQuestion asks a connector's function which values a field of an action
// may take. Like a Verification it brings its secret along, sealed.
type OptionsQuestion struct {
	Account        string         `json:"account"`
	Credential     string         `json:"credential"` // the place it was sealed for
	CredentialType string         `json:"credential_type"`
	Sealed         vault.Sealed   `json:"sealed"`
	Action         string         `json:"action"`
	Field          string         `json:"field"`
	Search         string         `json:"search,omitempty"`
	Cursor         string         `json:"cursor,omitempty"`
	Values         map[string]any `json:"values,omitempty"` // of the fields that Field depends on
}

// Options asks the service. The error is always a fault, and holds no secret.
func (h *Host) Options(ctx context.Context, q OptionsQuestion) (connector.OptionPage, error) {
	var none connector.OptionPage
	credentialType, ok := h.Connector.CredentialType(q.CredentialType)
	if !ok {
		return none, fault.New(fault.InvalidInput, "%s does not take credentials of type %q.", h.Connector.Title, q.CredentialType)
	}
	action, _ := h.Connector.Action(q.Action)
	field, _ := action.Input.Lookup(q.Field)
	load, ok := h.Connector.Options[field.Options]
	if !ok {
		return none, fault.New(fault.InvalidInput, "%s lists no values for the field %q of %q.", h.Connector.Title, q.Field, q.Action)
	}
	var depends schema.Fields
	for _, name := range field.OptionsDepend {
		if f, ok := action.Input.Lookup(name); ok {
			depends = append(depends, f)
		}
	}
	input, problems := depends.Decode(q.Values)
	if len(problems) > 0 {
		return none, invalidInput(problems)
	}
	at := vault.Place{Account: q.Account, Credential: q.Credential, CredentialType: q.CredentialType}
	cred, err := h.unseal(ctx, at, credentialType, q.Sealed)
	if err != nil {
		return none, asTaskFault(err)
	}
	ctx, cancel := context.WithTimeout(ctx, optionsTimeout)
	defer cancel()
	call, redactor := h.Network.NewCall(h.Connector, outbound.Task{Input: input, Credential: cred, Log: h.Log, Now: h.Now})
	page, err := load(ctx, call, connector.OptionQuery{Search: q.Search, Cursor: q.Cursor})
	if err != nil {
		return none, redacted(asTaskFault(err), redactor)
	}
	for i, o := range page.Items {
		page.Items[i] = connector.Option{Value: redactor.Text(o.Value), Label: redactor.Text(o.Label), Description: redactor.Text(o.Description)}
	}
	return page, nil
}
