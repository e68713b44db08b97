// Package credential holds credentials, the stored secrets of an account, and
// links, which attach them to agents.
package credential

import (
	"context"
	"time"

	"switchboard/internal/page"
	"switchboard/internal/vault"
)

// Credential is what may be shown of a stored secret.
type Credential struct {
	ID         string
	Account    string
	Type       string
	Name       string
	Hint       string // at most the last 4 characters of one field
	CreatedAt  time.Time
	UpdatedAt  time.Time
	VerifiedAt time.Time // zero: never
	// Condition is how the sealed data fare. It is stored beside them, where connectors
	// may write: CreateCredential stores it, UpdateCredential only together with new
	// data, and Mark whenever it changes.
	Condition Condition
	// Unchecked has it left alone by the checks on a schedule: where asking costs
	// something, or the service is not always there.
	Unchecked bool
	// Revision counts changes; an update names the one it was made from.
	Revision int64
}

// Filter narrows a list. Empty members do not.
type Filter struct{ Type string }

// Repository stores credentials, their sealed data and links. A thing of another
// account is not found. Errors are faults: NotFound; Conflict where named;
// anything else is Internal, Unavailable or StorageFull.
type Repository interface {
	// CreateCredential stores a new credential with its sealed data.
	CreateCredential(ctx context.Context, c Credential, s vault.Sealed) error
	Credential(ctx context.Context, account, id string) (Credential, error)
	// Credentials lists an account's credentials, oldest first.
	Credentials(ctx context.Context, account string, f Filter, q page.Query) (page.Of[Credential], error)
	// UpdateCredential replaces the credential, and its sealed data where s is given,
	// and counts Revision up. Conflict if c.Revision is not the stored one.
	UpdateCredential(ctx context.Context, c Credential, s *vault.Sealed) error
	// DeleteCredential removes the credential, its sealed data and its links at once.
	DeleteCredential(ctx context.Context, account, id string) error

	// Link attaches a credential to an agent; doing it again changes nothing.
	// NotFound if either is not there.
	Link(ctx context.Context, account, agent, credential string, at time.Time) error
	// Unlink detaches it; doing it again changes nothing. NotFound only for the agent.
	Unlink(ctx context.Context, account, agent, credential string) error
	// LinkedCredentials lists the ids of the credentials linked to an agent, sorted.
	LinkedCredentials(ctx context.Context, account, agent string) ([]string, error)
	// LinkedAgents lists the ids of the agents that a credential is linked to, sorted.
	LinkedAgents(ctx context.Context, account, credential string) ([]string, error)

	Grants

	// AuditRenewals puts what Renew left beside the data into the audit, where a store
	// could not do that at once.
	AuditRenewals(ctx context.Context, at vault.Place) error
	// Note stores what ctx says that was done with a secret; see audit.Repository.
	Note(ctx context.Context) error
}

// Status is what is known of a stored secret.
type Status string

// The statuses.
const (
	OK             Status = "" // as far as is known
	NeedsReconnect Status = "needs_reconnect"
	Failing        Status = "failing"
)

// Condition is a status, why, and since when. The zero value is OK.
type Condition struct {
	Status Status    `json:"status,omitempty" dynamodbav:"status,omitempty"`
	Detail string    `json:"detail,omitempty" dynamodbav:"detail,omitempty"` // for people, without secrets
	At     time.Time `json:"at,omitzero" dynamodbav:"at,omitempty"`
}

// Grants is what keeps a grant fresh, and does so once at a time: a service may take
// a refresh token only once, and one that comes twice for a stolen one. Sealed data
// are named by themselves, for no two are alike: of is what was read, and where
// something else is stored by now, nothing happens.
type Grants interface {
	Secrets
	// Claim gives the caller alone the right to renew the data until a time. It is false
	// while another has it, or where the data are no longer those.
	Claim(ctx context.Context, at vault.Place, of vault.Sealed, now, until time.Time) (bool, error)
	// Release gives the right back that was claimed until a time.
	Release(ctx context.Context, at vault.Place, of vault.Sealed, until time.Time) error
	// Renew replaces the data, with the condition OK and no claim. Conflict where the
	// data are no longer those; NotFound where there is no such credential.
	Renew(ctx context.Context, at vault.Place, of, fresh vault.Sealed) error
	// Mark notes the condition of the data. It is no error where they are no longer those.
	Mark(ctx context.Context, at vault.Place, of vault.Sealed, c Condition) error
}

// Secrets is what a running task reads: in one read.
type Secrets interface {
	// Sealed gives the sealed data, and whether the credential is linked to the agent
	// at this moment. agent may be "" (Verify): linked is then false. NotFound if there
	// is no such credential of this type.
	Sealed(ctx context.Context, account, credentialType, id, agent string) (s vault.Sealed, linked bool, err error)
}
