// Package member holds the people of an account who have a role in it, where the
// token that they log in with does not say which.
package member

import (
	"context"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/page"
)

// Member is a person with a role, known by the subject of a token, or by an e-mail
// address that its issuer has verified.
type Member struct {
	ID        string
	Account   string
	Subject   string // "" if not known by it
	Email     string // with A to Z in lower case; "" if not known by it
	Role      account.Role
	CreatedAt time.Time
	CreatedBy string // the actor
}

// Repository stores members. One of another account is not found. Errors are faults:
// NotFound; Conflict where named; anything else is Internal, Unavailable or
// StorageFull.
type Repository interface {
	// CreateMember stores a new one. Conflict if the account has one with that subject
	// or that e-mail address.
	CreateMember(ctx context.Context, m Member) error
	Member(ctx context.Context, account, id string) (Member, error)
	// MemberBy finds the one with a subject, or else with an e-mail address.
	MemberBy(ctx context.Context, account, subject, email string) (Member, error)
	// Members lists an account's, oldest first.
	Members(ctx context.Context, account string, q page.Query) (page.Of[Member], error)
	// SetRole changes the role of a member, who still has m.Role; Conflict if not, or if no
	// owner would be left.
	SetRole(ctx context.Context, m Member, to account.Role) error
	// DeleteMember removes one. Conflict if it is the last owner.
	DeleteMember(ctx context.Context, account, id string) error
}
