package credential

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
	"switchboard/internal/vault"
)

// MaxName is the longest name of a credential, in characters.
const MaxName = 120

// Verifier asks a connector's function whether a sealed secret works.
type Verifier interface {
	// Verify gives the identity, or a fault of a task's code.
	Verify(ctx context.Context, connectorName string, at vault.Place, s vault.Sealed) (connector.Identity, error)
}

// Usage tells where a credential is used.
type Usage interface {
	// UsingCredential lists the workflows that name it, of those that the caller may see.
	UsingCredential(ctx context.Context, p account.Principal, credential string) ([]Use, error)
}

// Use is one thing that a credential is used by.
type Use struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// InUse is what a refused deletion lists.
type InUse struct {
	Agents    []Use `json:"agents" doc:"Agents that it is linked to"`
	Workflows []Use `json:"workflows" doc:"Workflows whose nodes name it"`
}

// Config is what a Service is made of.
type Config struct {
	Repository Repository
	Agents     AgentNames
	Sealer     vault.Sealer
	Verifier   Verifier
	Usage      Usage
	Catalog    *connector.Catalog
	Log        *slog.Logger
	Now        func() time.Time
}

// AgentNames gives the name of an agent; NotFound if there is none.
type AgentNames interface {
	AgentName(ctx context.Context, account, id string) (string, error)
}

// Service is what can be done with credentials and links.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Verification is the answer to "does it work".
type Verification struct {
	OK       bool
	Detail   string // for people: what is wrong, or that it works
	Hint     string
	Refused  bool // not OK, because the service refuses the credential
	Identity *connector.Identity
}

// Create checks, seals and stores a credential.
func (s *Service) Create(ctx context.Context, p account.Principal, typeName, name string, data map[string]any) (Credential, error) {
	t, err := s.credentialType(typeName)
	if err != nil {
		return Credential{}, err
	}
	c := Credential{Account: p.Account, Type: t.Name, Name: strings.TrimSpace(name), Revision: 1}
	if c.Name == "" {
		c.Name = t.Title
	}
	input, err := s.checkData(t, c.Name, data)
	if err != nil {
		return Credential{}, err
	}
	if c.ID, err = id.New(id.Credential); err != nil {
		return Credential{}, err
	}
	c.Hint = hint(t, input)
	c.CreatedAt = s.Now().UTC()
	c.UpdatedAt = c.CreatedAt
	c.Condition = s.atFirst(t, input)
	sealed, err := s.seal(ctx, c, data)
	if err != nil {
		return Credential{}, err
	}
	if err := s.Repository.CreateCredential(audit.With(ctx, p, audit.CreateCredential, c.ID), c, sealed); err != nil {
		return Credential{}, fmt.Errorf("creating credential: %w", err)
	}
	return c, nil
}

// Get reads what may be shown of a credential.
func (s *Service) Get(ctx context.Context, p account.Principal, id string) (Credential, error) {
	c, err := s.Repository.Credential(ctx, p.Account, id)
	if err != nil {
		return c, fmt.Errorf("reading credential: %w", err)
	}
	return c, nil
}

// List reads a page of the account's credentials. Who is there for one agent sees
// those that are linked to it, all at once.
func (s *Service) List(ctx context.Context, p account.Principal, f Filter, q page.Query) (page.Of[Credential], error) {
	if p.Agent != "" {
		linked, err := s.linkedTo(ctx, p, f)
		return page.Of[Credential]{Items: linked}, err
	}
	credentials, err := s.Repository.Credentials(ctx, p.Account, f, q)
	if err != nil {
		return credentials, fmt.Errorf("listing credentials: %w", err)
	}
	return credentials, nil
}

// linkedTo gives the credentials that are linked to the caller's agent.
func (s *Service) linkedTo(ctx context.Context, p account.Principal, f Filter) ([]Credential, error) {
	ids, err := s.Repository.LinkedCredentials(ctx, p.Account, p.Agent)
	if err != nil {
		return nil, fmt.Errorf("reading links: %w", err)
	}
	var linked []Credential
	for _, id := range ids {
		c, err := s.Repository.Credential(ctx, p.Account, id)
		switch {
		case fault.Is(err, fault.NotFound): // deleted just now
		case err != nil:
			return nil, fmt.Errorf("reading credential: %w", err)
		case f.Type == "" || c.Type == f.Type:
			linked = append(linked, c)
		}
	}
	return linked, nil
}

// Change is what is to become of a credential; nil leaves a member as it is.
type Change struct {
	Name    *string
	Data    map[string]any
	Checked *bool // on a schedule
}

// Update renames a credential, has it checked on the schedule or not, or rotates it:
// new data replaces the old as a whole.
func (s *Service) Update(ctx context.Context, p account.Principal, id string, change Change) (Credential, error) {
	name, data := change.Name, change.Data
	c, err := s.Get(ctx, p, id)
	if err != nil {
		return Credential{}, err
	}
	t, err := s.credentialType(c.Type)
	if err != nil {
		return Credential{}, err
	}
	before := c
	if name != nil {
		c.Name = strings.TrimSpace(*name)
	}
	if change.Checked != nil {
		c.Unchecked = !*change.Checked
	}
	var sealed *vault.Sealed
	action := audit.RenameCredential
	if data != nil {
		input, err := s.checkData(t, c.Name, data)
		if err != nil {
			return Credential{}, err
		}
		fresh, err := s.seal(ctx, c, data)
		if err != nil {
			return Credential{}, err
		}
		action = audit.RotateCredential
		c.Hint, c.VerifiedAt, c.Condition, sealed = hint(t, input), time.Time{}, s.atFirst(t, input), &fresh
	} else if err := checkName(c.Name); err != nil {
		return Credential{}, err
	}
	if sealed == nil && c.Name == before.Name && c.Unchecked == before.Unchecked {
		return c, nil // nothing was changed, and nobody did it
	}
	c.UpdatedAt = s.Now().UTC()
	if err := s.Repository.UpdateCredential(audit.With(ctx, p, action, id), c, sealed); err != nil {
		return Credential{}, fmt.Errorf("updating credential: %w", err)
	}
	c.Revision++
	return c, nil
}

// Delete removes a credential and its links. CredentialInUse, with InUse as details,
// while something uses it, unless force is set.
func (s *Service) Delete(ctx context.Context, p account.Principal, id string, force bool) error {
	if _, err := s.Get(ctx, p, id); err != nil {
		return err
	}
	if !force {
		if err := s.refuseInUse(ctx, p, id); err != nil {
			return err
		}
	}
	if err := s.Repository.DeleteCredential(audit.With(ctx, p, audit.DeleteCredential, id), p.Account, id); err != nil {
		return fmt.Errorf("deleting credential: %w", err)
	}
	return nil
}

func (s *Service) refuseInUse(ctx context.Context, p account.Principal, id string) error {
	use := InUse{Agents: []Use{}, Workflows: []Use{}}
	agents, err := s.Repository.LinkedAgents(ctx, p.Account, id)
	if err != nil {
		return fmt.Errorf("finding linked agents: %w", err)
	}
	for _, agent := range agents {
		name, err := s.Agents.AgentName(ctx, p.Account, agent)
		if err != nil {
			return fmt.Errorf("reading agent: %w", err)
		}
		use.Agents = append(use.Agents, Use{ID: agent, Name: name})
	}
	workflows, err := s.Usage.UsingCredential(ctx, p, id)
	if err != nil {
		return fmt.Errorf("finding workflows: %w", err)
	}
	use.Workflows = append(use.Workflows, workflows...)
	if len(use.Agents)+len(use.Workflows) == 0 {
		return nil
	}
	f := fault.New(fault.CredentialInUse, "The credential is used by %s and %s.", count(len(use.Agents), "agent"), count(len(use.Workflows), "workflow")).
		WithHint("Unlink it first, or delete it with ?force=true; the workflows then fail where they need it.")
	f.Details = use
	return f
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// VerifyData asks the service whether data works. Nothing is stored.
func (s *Service) VerifyData(ctx context.Context, p account.Principal, typeName string, data map[string]any) (Verification, error) {
	t, err := s.credentialType(typeName)
	if err != nil {
		return Verification{}, err
	}
	if _, err := s.checkData(t, t.Title, data); err != nil {
		return Verification{}, err
	}
	// The function opens what was sealed for this one question.
	question, err := id.New("verify")
	if err != nil {
		return Verification{}, err
	}
	c := Credential{ID: question, Account: p.Account, Type: t.Name}
	sealed, err := s.seal(ctx, c, data)
	if err != nil {
		return Verification{}, err
	}
	return s.verify(ctx, c, sealed)
}

// VerifyStored asks the service whether a stored credential works, and notes when it does.
func (s *Service) VerifyStored(ctx context.Context, p account.Principal, id string) (Verification, error) {
	c, err := s.Get(ctx, p, id)
	if err != nil {
		return Verification{}, err
	}
	sealed, _, err := s.Repository.Sealed(ctx, p.Account, c.Type, c.ID, "")
	if err != nil {
		return Verification{}, fmt.Errorf("reading credential: %w", err)
	}
	// Its function opens it, which is told of whatever the service says.
	if err := s.Repository.Note(audit.With(ctx, p, audit.VerifyCredential, id)); err != nil {
		return Verification{}, fmt.Errorf("noting the verification: %w", err)
	}
	v, err := s.verify(ctx, c, sealed)
	if err != nil {
		return v, err
	}
	if err := s.auditRenewals(ctx, c); err != nil {
		return v, err
	}
	if err := s.noteCondition(ctx, c, sealed, v); err != nil {
		return v, err
	}
	if !v.OK || v.Identity == nil {
		return v, nil
	}
	c.VerifiedAt = s.Now().UTC()
	if err := s.Repository.UpdateCredential(ctx, c, nil); err != nil && !fault.Is(err, fault.Conflict) {
		return v, fmt.Errorf("noting the verification: %w", err)
	}
	return v, nil
}

// auditRenewals sees to it that new tokens for a credential are in the audit.
func (s *Service) auditRenewals(ctx context.Context, c Credential) error {
	if t, ok := s.Catalog.CredentialType(c.Type); !ok || t.OAuth == nil {
		return nil
	}
	if err := s.Repository.AuditRenewals(ctx, vault.Place{Account: c.Account, Credential: c.ID, CredentialType: c.Type}); err != nil {
		return fmt.Errorf("auditing renewals: %w", err)
	}
	return nil
}

func (s *Service) verify(ctx context.Context, c Credential, sealed vault.Sealed) (Verification, error) {
	name, ok := s.verifiedBy(c.Type)
	if !ok {
		return Verification{OK: true, Detail: "This service has no way to check a credential; it was only checked for its form."}, nil
	}
	identity, err := s.Verifier.Verify(ctx, name, vault.Place{Account: c.Account, Credential: c.ID, CredentialType: c.Type}, sealed)
	if err == nil {
		return Verification{OK: true, Detail: "The credential works.", Identity: &identity}, nil
	}
	f := fault.Of(err)
	if f.Code == fault.Internal {
		return Verification{}, err
	}
	s.Log.InfoContext(ctx, "credential refused", "account", c.Account, "type", c.Type, "error", f.Code)
	return Verification{Detail: f.Message, Hint: f.Hint, Refused: f.Code == fault.AuthFailed}, nil
}

// verifiedBy gives the connector that can verify a type.
func (s *Service) verifiedBy(typeName string) (string, bool) {
	for _, con := range s.Catalog.Accepting(typeName) {
		if t, _ := con.CredentialType(typeName); t.Verify != nil {
			return con.Name, true
		}
	}
	return "", false
}

// Link attaches a credential to an agent.
func (s *Service) Link(ctx context.Context, p account.Principal, agent, credential string) error {
	if err := s.Repository.Link(link(ctx, p, audit.LinkCredential, agent, credential), p.Account, agent, credential, s.Now().UTC()); err != nil {
		return fmt.Errorf("linking credential: %w", err)
	}
	return nil
}

// Linked lists the ids of the credentials that are linked to an agent.
func (s *Service) Linked(ctx context.Context, p account.Principal, agent string) ([]string, error) {
	ids, err := s.Repository.LinkedCredentials(ctx, p.Account, agent)
	if err != nil {
		return nil, fmt.Errorf("reading links: %w", err)
	}
	return ids, nil
}

// Unlink detaches a credential from an agent; it stays in the account.
func (s *Service) Unlink(ctx context.Context, p account.Principal, agent, credential string) error {
	if err := s.Repository.Unlink(link(ctx, p, audit.UnlinkCredential, agent, credential), p.Account, agent, credential); err != nil {
		return fmt.Errorf("unlinking credential: %w", err)
	}
	return nil
}

func link(ctx context.Context, p account.Principal, action audit.Action, agent, credential string) context.Context {
	return audit.WithEntry(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, Action: action, Resource: credential, Agent: agent})
}

// Integrations is an agent's Integrations page.
type Integrations struct {
	Connected   []Credential // linked to the agent
	ReadyToLink []Credential // in the account, not linked to the agent
}

// Integrations gives all of the account's credentials, by whether they are linked; to
// who is there for one agent, only those that are.
func (s *Service) Integrations(ctx context.Context, p account.Principal, agent string) (Integrations, error) {
	var in Integrations
	if _, err := s.Agents.AgentName(ctx, p.Account, agent); err != nil {
		return in, fmt.Errorf("reading agent: %w", err)
	}
	if p.Agent != "" {
		var err error
		in.Connected, err = s.linkedTo(ctx, p, Filter{})
		return in, err
	}
	ids, err := s.Repository.LinkedCredentials(ctx, p.Account, agent)
	if err != nil {
		return in, fmt.Errorf("reading links: %w", err)
	}
	linked := make(map[string]bool, len(ids))
	for _, id := range ids {
		linked[id] = true
	}
	q := page.Query{Limit: page.MaxLimit}
	for {
		credentials, err := s.Repository.Credentials(ctx, p.Account, Filter{}, q)
		if err != nil {
			return in, fmt.Errorf("listing credentials: %w", err)
		}
		for _, c := range credentials.Items {
			if linked[c.ID] {
				in.Connected = append(in.Connected, c)
			} else {
				in.ReadyToLink = append(in.ReadyToLink, c)
			}
		}
		if q.Cursor = credentials.Next; q.Cursor == "" {
			return in, nil
		}
	}
}

func (s *Service) credentialType(name string) (connector.CredentialType, error) {
	t, ok := s.Catalog.CredentialType(name)
	if !ok {
		f := fault.New(fault.ValidationFailed, "There is no credential type %q.", name)
		f.Fields = []fault.Field{{Pointer: "/type", Message: "is not a credential type", Hint: spelling.Hint(name, s.Catalog.CredentialTypes(), "The types are")}}
		return t, f
	}
	return t, nil
}

func (s *Service) checkData(t connector.CredentialType, name string, data map[string]any) (schema.Input, error) {
	if err := checkName(name); err != nil {
		return schema.Input{}, err
	}
	input, problems := t.Fields.Decode(data)
	if len(problems) == 0 {
		return input, nil
	}
	f := fault.New(fault.ValidationFailed, "The data does not fit the credential type %s.", t.Name)
	for _, p := range problems {
		f.Fields = append(f.Fields, fault.Field{Pointer: "/data" + p.Pointer, Message: p.Message, Hint: p.Hint})
	}
	return input, f
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxName {
		return fault.New(fault.ValidationFailed, "The credential is not valid.").
			At("/name", fmt.Sprintf("A name has 1 to %d characters.", MaxName))
	}
	return nil
}

func (s *Service) seal(ctx context.Context, c Credential, data map[string]any) (vault.Sealed, error) {
	sealed, err := s.Sealer.Seal(ctx, vault.Place{Account: c.Account, Credential: c.ID, CredentialType: c.Type}, data)
	if err != nil {
		return sealed, fmt.Errorf("sealing credential: %w", err)
	}
	return sealed, nil
}

const (
	hintLength = 4
	// hintFrom is the length from which a value shows its end: a shorter one would be
	// given away by it.
	hintFrom = 12
)

// hint is the end of the field that tells credentials of the type apart.
func hint(t connector.CredentialType, data schema.Input) string {
	f, ok := t.Fields.Lookup(t.HintField)
	if !ok {
		return ""
	}
	value := []rune(data.Text(f))
	if len(value) < hintFrom {
		return ""
	}
	return string(value[len(value)-hintLength:])
}
