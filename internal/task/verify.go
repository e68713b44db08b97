package task

import (
	"context"

	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
	"switchboard/internal/secret"
	"switchboard/internal/vault"
)

// Verification asks a connector's function whether a sealed secret works. The API
// can seal but not open, so the question goes where the secret can be opened.
type Verification struct {
	Account        string       `json:"account"`
	Credential     string       `json:"credential"` // the place it was sealed for
	CredentialType string       `json:"credential_type"`
	Sealed         vault.Sealed `json:"sealed"`
}

// Verify asks the service. A credential that is refused gives a fault; its code says
// whether the credential is wrong (AuthFailed) or the service could not be asked.
func (h *Host) Verify(ctx context.Context, v Verification) (connector.Identity, error) {
	credentialType, ok := h.Connector.CredentialType(v.CredentialType)
	if !ok || credentialType.Verify == nil {
		return connector.Identity{}, fault.New(fault.InvalidInput, "%s has no way to verify credentials of type %q.", h.Connector.Title, v.CredentialType)
	}
	at := vault.Place{Account: v.Account, Credential: v.Credential, CredentialType: v.CredentialType}
	cred, err := h.unseal(ctx, at, credentialType, v.Sealed)
	if err != nil {
		return connector.Identity{}, asTaskFault(err)
	}
	call, redactor := h.Network.NewCall(h.Connector, outbound.Task{Credential: cred, Log: h.Log, Now: h.Now})
	h.keepFresh(call, audit.Entry{
		Account: v.Account, Actor: "connector:" + h.Connector.Name, Action: audit.RenewCredential, Resource: v.Credential,
	}, &v.Sealed)
	return identify(ctx, credentialType, call, redactor)
}

func identify(ctx context.Context, t connector.CredentialType, call *connector.Call, redactor *secret.Redactor) (connector.Identity, error) {
	identity, err := t.Verify(ctx, call)
	if err != nil {
		return connector.Identity{}, redacted(asTaskFault(err), redactor)
	}
	identity.Name = redactor.Text(identity.Name)
	identity.Detail, _ = redactor.Value(identity.Detail).(map[string]any)
	return identity, nil
}
