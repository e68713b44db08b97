// Package login tells who comes with a bearer token: a person with a JSON Web Token of
// the deployment's issuer, or a program with an API key. It is the same on AWS and in
// the local stack.
package login

import (
	"context"
	"fmt"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/apikey"
	"switchboard/internal/fault"
	"switchboard/internal/member"
)

// Claims is what a token says, once it has been checked.
type Claims struct {
	Account string // "" where it names none
	Subject string
	Role    string // "" where it names none
	Email   string // "" unless the issuer has verified it
}

// Tokens checks JSON Web Tokens.
type Tokens interface {
	// Verify gives what a token says. Unauthorized unless it is one of the issuer's, for
	// this audience, at this time.
	Verify(ctx context.Context, token string) (Claims, error)
}

// Service authenticates.
type Service struct {
	Keys    *apikey.Service
	Members *member.Service
	Tokens  Tokens // nil takes none
	// Account is the one that there is; a token then need not name it, and may name no
	// other. "" is as many as tokens name.
	Account string
}

// Authenticate tells who holds a bearer token. Unauthorized where it is not good for
// anybody. Somebody whom nobody gave a role has none, and may do nothing.
func (s *Service) Authenticate(ctx context.Context, bearer string) (account.Principal, error) {
	if apikey.Is(bearer) {
		return s.Keys.Authenticate(ctx, bearer)
	}
	if s.Tokens == nil {
		return account.Principal{}, fault.New(fault.Unauthorized, "The token is not valid.")
	}
	c, err := s.Tokens.Verify(ctx, bearer)
	if err != nil {
		return account.Principal{}, err
	}
	if s.Account != "" && c.Account == "" {
		c.Account = s.Account
	}
	if s.Account != "" && c.Account != s.Account || !IsAccount(c.Account) || c.Subject == "" || len(c.Subject) > member.MaxSubject {
		return account.Principal{}, fault.New(fault.Unauthorized, "The token names no account of ours, or no subject of up to %d bytes.", member.MaxSubject).
			WithHint("Whoever manages the users has to set the claim account. An account's id has at most 40 letters, digits, - and _.")
	}
	p := account.Principal{Account: c.Account, Actor: "user:" + c.Subject, Role: account.Role(c.Role)}
	if c.Role == "" {
		if p.Role, err = s.Members.RoleOf(ctx, c.Account, c.Subject, c.Email); err != nil {
			return account.Principal{}, fmt.Errorf("finding the role: %w", err)
		}
	}
	return p, nil
}

// maxAccount is the longest id of an account, in bytes.
const maxAccount = 40

// IsAccount says whether an account may be called so: its id becomes part of the names
// of state machines and of keys.
func IsAccount(id string) bool {
	return id != "" && len(id) <= maxAccount && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
