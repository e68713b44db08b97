package task

import (
	"context"

	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

// Resealing asks a connector's function to seal a secret anew, under the key that it seals with
// now. Nothing is stored: who asks has what was sealed, and stores what it gets unless
// something else is there by then. So nobody needs to be able to open everything.
type Resealing struct {
	Account        string       `json:"account"`
	Credential     string       `json:"credential"` // the place it was sealed for
	CredentialType string       `json:"credential_type"`
	Sealed         vault.Sealed `json:"sealed"`
}

// reseal seals a secret of one of the connector's own types anew; IAM says the same of
// them. It is CredentialUnreadable where it does not open.
func (h *Host) reseal(ctx context.Context, r Resealing) (vault.Sealed, error) {
	if _, ok := h.Connector.CredentialType(r.CredentialType); !ok {
		return vault.Sealed{}, fault.New(fault.InvalidInput, "%s does not take credentials of type %q.", h.Connector.Title, r.CredentialType)
	}
	at := vault.Place{Account: r.Account, Credential: r.Credential, CredentialType: r.CredentialType}
	return vault.Reseal(ctx, h.Opener, h.Sealer, at, r.Sealed)
}
