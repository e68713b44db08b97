package apikey

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
)

// MaxName is the longest name of a key, in characters.
const MaxName = 120

// usedWithin is how exact LastUsedAt is: every use would be a write else.
const usedWithin = time.Minute

// AgentNames gives the name of an agent; NotFound if there is none.
type AgentNames interface {
	AgentName(ctx context.Context, account, id string) (string, error)
}

// Config is what a Service is made of. Agents is for Create alone.
type Config struct {
	Repository Repository
	Agents     AgentNames
	Log        *slog.Logger
	Now        func() time.Time
}

// Service is what can be done with API keys.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Wish is what a new key is to be.
type Wish struct {
	Name      string
	Role      account.Role
	Agent     string     // "" for the whole account
	ExpiresAt *time.Time // nil: never
}

// Create makes a key. Its text is given this once and kept nowhere. Forbidden for a
// role that the caller has not got.
func (s *Service) Create(ctx context.Context, p account.Principal, w Wish) (Key, string, error) {
	k := Key{
		Account: p.Account, Name: strings.TrimSpace(w.Name), Role: w.Role, Agent: w.Agent,
		CreatedAt: s.Now().UTC(), CreatedBy: p.Actor,
	}
	if w.ExpiresAt != nil {
		k.ExpiresAt = w.ExpiresAt.UTC()
	}
	if err := s.check(ctx, p, k, w); err != nil {
		return Key{}, "", err
	}
	secret, err := newSecret()
	if err != nil {
		return Key{}, "", err
	}
	k.Hash, k.Hint = hashOf(secret), secret[len(secret)-hintLength:]
	if k.ID, err = id.New(id.APIKey); err != nil {
		return Key{}, "", err
	}
	if err := s.Repository.CreateAPIKey(audit.With(ctx, p, audit.CreateKey, k.ID), k); err != nil {
		return Key{}, "", fmt.Errorf("creating key: %w", err)
	}
	return k, secret, nil
}

func (s *Service) check(ctx context.Context, p account.Principal, k Key, w Wish) error {
	f := fault.New(fault.ValidationFailed, "The key is not valid.")
	if n := utf8.RuneCountInString(k.Name); n < 1 || n > MaxName {
		f = f.At("/name", fmt.Sprintf("A name has 1 to %d characters.", MaxName))
	}
	if !k.Role.Known() {
		f = f.At("/role", "is no role: the roles are owner, admin, editor, operator and viewer")
	}
	if w.ExpiresAt != nil && !w.ExpiresAt.After(k.CreatedAt) {
		f = f.At("/expires_at", "is over already")
	}
	if k.Agent != "" {
		_, err := s.Agents.AgentName(ctx, p.Account, k.Agent)
		if fault.Is(err, fault.NotFound) {
			f = f.At("/agent_id", "There is no such agent.")
		} else if err != nil {
			return fmt.Errorf("reading agent: %w", err)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return may(p, k, "make")
}

// may refuses what concerns a key that is allowed more than the caller is.
func may(p account.Principal, k Key, what string) error {
	if p.Role.Includes(k.Role) {
		return nil
	}
	return fault.New(fault.Forbidden, "Your role is %s; you cannot %s a key with the role %s.", p.Role, what, k.Role).
		WithHint("Ask somebody with the role %s.", k.Role)
}

// List reads a page of the account's keys, oldest first.
func (s *Service) List(ctx context.Context, p account.Principal, q page.Query) (page.Of[Key], error) {
	keys, err := s.Repository.APIKeys(ctx, p.Account, q)
	if err != nil {
		return keys, fmt.Errorf("listing keys: %w", err)
	}
	return keys, nil
}

// Delete ends a key: the next request with it is refused.
func (s *Service) Delete(ctx context.Context, p account.Principal, id string) error {
	k, err := s.Repository.APIKey(ctx, p.Account, id)
	if err != nil {
		return fmt.Errorf("reading key: %w", err)
	}
	if err := may(p, k, "delete"); err != nil {
		return err
	}
	if err := s.Repository.DeleteAPIKey(audit.With(ctx, p, audit.DeleteKey, id), p.Account, id); err != nil {
		return fmt.Errorf("deleting key: %w", err)
	}
	return nil
}

// Authenticate tells who holds a key, and notes that it was used. Unauthorized for one
// that is none, was deleted or has expired: in the same words, but for its holder.
func (s *Service) Authenticate(ctx context.Context, secret string) (account.Principal, error) {
	if !intact(secret) {
		return account.Principal{}, refused()
	}
	k, err := s.Repository.APIKeyByHash(ctx, hashOf(secret))
	if fault.Is(err, fault.NotFound) {
		return account.Principal{}, refused()
	}
	if err != nil {
		return account.Principal{}, fmt.Errorf("reading key: %w", err)
	}
	now := s.Now().UTC()
	if !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) {
		return account.Principal{}, fault.New(fault.Unauthorized, "The API key has expired.").WithHint("Make a new one.")
	}
	if now.Sub(k.LastUsedAt) >= usedWithin {
		if err := s.Repository.UseAPIKey(ctx, k, now); err != nil {
			s.Log.WarnContext(ctx, "the use of a key could not be noted", "account", k.Account, "key", k.ID, "error", err)
		}
	}
	return account.Principal{Account: k.Account, Actor: "key:" + k.ID, Role: k.Role, Agent: k.Agent}, nil
}

func refused() *fault.Error {
	return fault.New(fault.Unauthorized, "The API key is not valid.").WithHint("It may have been deleted, or copied without its end.")
}
