// Package oauth lets a person grant access to a service in place of typing a key: it
// sends them to the service with a state, takes the code with which they come back,
// and ends in a stored credential.
//
// It can read no secret. Client secrets are sealed as they come in, and only the
// connector's function opens them: it writes the address of the service's page, it
// exchanges the code, and it seals the grant. What waits here for the person's
// return is in the store under the hash of the state, with the verifier of PKCE
// sealed beside it: neither who reads the store nor who sees the address in a
// browser's history can use the code.
package oauth

import (
	"context"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// Patience is how long a person may take to grant access.
const Patience = 10 * time.Minute

// Pending is a grant that a person was asked for. It is the account's and actor's
// that asked, whoever's browser brings the answer.
type Pending struct {
	Account   string           `json:"account"`
	Actor     string           `json:"actor"`
	Connector string           `json:"connector"` // whose function exchanges the code
	Draft     credential.Draft `json:"draft"`
	Agent     string           `json:"agent,omitempty"` // to link it to afterwards
	Verifier  vault.Sealed     `json:"verifier"`
	Scopes    []string         `json:"scopes,omitempty"`
	ExpiresAt time.Time        `json:"expires_at"`
}

// Repository keeps pending grants. Errors are faults.
type Repository interface {
	// KeepPending stores a grant until it expires, under the hash of its state.
	KeepPending(ctx context.Context, stateHash string, p Pending) error
	// TakePending gives it out, once, and removes it. NotFound if there is none, or it
	// was taken, or has expired.
	TakePending(ctx context.Context, stateHash string, now time.Time) (Pending, error)
}

// Functions are the connectors' functions, which can read the secrets.
type Functions interface {
	Authorize(ctx context.Context, connector string, q task.Authorization) (string, error)
	Exchange(ctx context.Context, connector string, x task.Exchange) (task.Exchanged, error)
}
