package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/apikey"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/spelling"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// CallbackPath is where services send people back to, below the public URL.
const CallbackPath = "/v1/oauth/callback"

// Config is what a Service is made of.
type Config struct {
	Repository  Repository
	Credentials *credential.Service
	Agents      credential.AgentNames
	Keys        Keys
	Sealer      vault.Sealer
	Functions   Functions
	Catalog     *connector.Catalog
	PublicURL   string
	// Apps are the providers with which the deployment has a client of its own, by
	// OAuth.App.
	Apps map[string]bool
	// Upstreams are the connectors whose calls go elsewhere: one of them exchanges the
	// code where it can, so that code and token are of one place.
	Upstreams map[string]*url.URL
	Now       func() time.Time
}

// Keys finds API keys: NotFound for one that was deleted.
type Keys interface {
	APIKey(ctx context.Context, account, id string) (apikey.Key, error)
}

// Service is what can be done about grants.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Request asks for a grant.
type Request struct {
	Name       string         // of the credential; "" for that of whose it is
	Data       map[string]any // nil for the deployment's client, or the stored data
	Agent      string         // to link it to; "" for none
	Credential string         // that gets the grant; "" for a new one
	Connectors []string       // that will use it: their scopes are asked for
	Scopes     []string       // besides
}

// RedirectURI is what has to be registered with the services.
func (s *Service) RedirectURI() string { return s.PublicURL + CallbackPath }

// Authorize gives the address of the page where a person grants access, within
// Patience.
func (s *Service) Authorize(ctx context.Context, p account.Principal, typeName string, r Request) (string, error) {
	t, err := s.credentialType(typeName)
	if err != nil {
		return "", err
	}
	users, err := s.users(t, r.Connectors)
	if err != nil {
		return "", err
	}
	if r.Agent != "" {
		if _, err := s.Agents.AgentName(ctx, p.Account, r.Agent); err != nil {
			return "", fmt.Errorf("reading agent: %w", err)
		}
	}
	draft, err := s.draft(ctx, p, t, r)
	if err != nil {
		return "", err
	}
	sealed, err := s.Credentials.SealedOf(ctx, p, draft)
	if err != nil {
		return "", err
	}
	verifier, state := unguessable(), unguessable()
	at := vault.Place{Account: p.Account, Credential: draft.ID, CredentialType: t.Name}
	proof, err := s.Sealer.Seal(ctx, at, map[string]any{task.VerifierMember: verifier})
	if err != nil {
		return "", fmt.Errorf("sealing the verifier: %w", err)
	}
	pending := Pending{
		Account: p.Account, Actor: p.Actor, Connector: s.exchanger(users), Draft: draft, Agent: r.Agent,
		Verifier: proof, Scopes: scopesOf(users), ExpiresAt: s.Now().Add(Patience).UTC(),
	}
	page, err := s.Functions.Authorize(ctx, pending.Connector, task.Authorization{
		Account: p.Account, Credential: draft.ID, CredentialType: t.Name, Sealed: sealed,
		State: state, Challenge: challenge(verifier), RedirectURI: s.RedirectURI(), Scopes: slices.Concat(pending.Scopes, r.Scopes),
	})
	if err != nil {
		return "", asked(err)
	}
	if err := s.Repository.KeepPending(ctx, hashed(state), pending); err != nil {
		return "", fmt.Errorf("keeping the pending grant: %w", err)
	}
	return page, nil
}

// asked is the fault of a function that finds the request wanting as one of the API.
func asked(err error) error {
	f := fault.Of(err)
	if f.Code != fault.InvalidInput {
		return err
	}
	own := fault.New(fault.ValidationFailed, "%s", f.Message).WithHint("%s", f.Hint)
	own.Fields = f.Fields
	return own
}

func (s *Service) credentialType(name string) (connector.CredentialType, error) {
	t, ok := s.Catalog.CredentialType(name)
	if ok && t.OAuth != nil && t.OAuth.AuthorizeURL != nil {
		return t, nil
	}
	var names []string
	for _, known := range s.Catalog.CredentialTypes() {
		if k, _ := s.Catalog.CredentialType(known); k.OAuth != nil && k.OAuth.AuthorizeURL != nil {
			names = append(names, known)
		}
	}
	if ok {
		return t, fault.New(fault.ValidationFailed, "Credentials of the type %s are typed in; no service asks for access to them.", name).
			WithHint("Store them with POST /v1/credentials. A grant is asked for with %s.", strings.Join(names, ", ")).At("/path/credential_type", "is typed in")
	}
	return t, fault.NotFoundf("There is no credential type %q.", name).WithHint("%s", spelling.Hint(name, names, "Those that ask for access are"))
}

// users gives the connectors that will use the grant: those that were named, or else
// the first one that takes the type.
func (s *Service) users(t connector.CredentialType, names []string) ([]connector.Connector, error) {
	accepting := s.Catalog.Accepting(t.Name)
	if len(names) == 0 {
		return accepting[:1], nil
	}
	var users []connector.Connector
	for i, name := range names {
		found := slices.IndexFunc(accepting, func(c connector.Connector) bool { return c.Name == name })
		if found < 0 {
			var known []string
			for _, c := range accepting {
				known = append(known, c.Name)
			}
			f := fault.New(fault.ValidationFailed, "The request is not valid.")
			f.Fields = []fault.Field{{
				Pointer: fmt.Sprintf("/connectors/%d", i), Message: fmt.Sprintf("is no connector that takes %s.", t.Name),
				Hint: spelling.Hint(name, known, "Those that do are"),
			}}
			return nil, f
		}
		users = append(users, accepting[found])
	}
	return users, nil
}

// exchanger is the connector whose function exchanges the code.
func (s *Service) exchanger(users []connector.Connector) string {
	for _, c := range users {
		if s.Upstreams[c.Name] != nil {
			return c.Name
		}
	}
	return users[0].Name
}

func scopesOf(users []connector.Connector) []string {
	var scopes []string
	for _, c := range users {
		scopes = append(scopes, c.Scopes...)
	}
	return scopes
}

func (s *Service) draft(ctx context.Context, p account.Principal, t connector.CredentialType, r Request) (credential.Draft, error) {
	if r.Credential != "" {
		return s.Credentials.DraftAgain(ctx, p, t.Name, r.Credential, r.Name, r.Data)
	}
	return s.Credentials.DraftNew(ctx, p, t.Name, r.Name, r.Data)
}

// unguessable is 43 letters and digits that nobody can guess: a state, or a verifier
// (RFC 7636, 4.1).
func unguessable() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func hashed(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}
