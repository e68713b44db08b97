package credential

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/schema"
	"switchboard/internal/vault"
)

// Draft is a credential that a person is about to grant access for. It is sealed for
// its place from the start, so that whoever keeps it meanwhile cannot read it.
type Draft struct {
	ID     string        `json:"id"`
	Type   string        `json:"type"`
	Name   string        `json:"name,omitempty"` // "": as it is, or that of the identity
	Hint   string        `json:"hint,omitempty"`
	Sealed *vault.Sealed `json:"sealed,omitempty"` // nil: what is stored
	Exists bool          `json:"exists,omitempty"` // the credential is there, and gets a new grant
}

// DraftNew checks and seals the data of a credential that is to be made.
func (s *Service) DraftNew(ctx context.Context, p account.Principal, typeName, name string, data map[string]any) (Draft, error) {
	t, err := s.credentialType(typeName)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{Type: t.Name, Name: strings.TrimSpace(name)}
	if d.ID, err = id.New(id.Credential); err != nil {
		return Draft{}, err
	}
	return s.fillDraft(ctx, p, t, d, data)
}

// DraftAgain drafts another grant for a credential that is stored: with its own data,
// or with others. NotFound if there is none of this type.
func (s *Service) DraftAgain(ctx context.Context, p account.Principal, typeName, credential, name string, data map[string]any) (Draft, error) {
	c, err := s.Get(ctx, p, credential)
	if err != nil {
		return Draft{}, err
	}
	if c.Type != typeName {
		return Draft{}, fault.New(fault.ValidationFailed, "The request is not valid.").
			At("/credential", fmt.Sprintf("is a credential of the type %s, not %s.", c.Type, typeName))
	}
	t, err := s.credentialType(c.Type)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{ID: c.ID, Type: c.Type, Name: strings.TrimSpace(name), Hint: c.Hint, Exists: true}
	if data == nil {
		if d.Name == "" {
			return d, nil
		}
		return d, checkName(d.Name)
	}
	return s.fillDraft(ctx, p, t, d, data)
}

func (s *Service) fillDraft(ctx context.Context, p account.Principal, t connector.CredentialType, d Draft, data map[string]any) (Draft, error) {
	name := d.Name
	if name == "" {
		name = t.Title
	}
	if data == nil {
		data = map[string]any{}
	}
	input, err := s.checkData(t, name, data)
	if err != nil {
		return Draft{}, err
	}
	d.Hint = hint(t, input)
	sealed, err := s.seal(ctx, Credential{ID: d.ID, Account: p.Account, Type: d.Type}, data)
	d.Sealed = &sealed
	return d, err
}

// SealedOf gives the data of a draft, for its connector's function to open: where they
// are what is stored, the audit has that they were opened.
func (s *Service) SealedOf(ctx context.Context, p account.Principal, d Draft) (vault.Sealed, error) {
	if d.Sealed != nil {
		return *d.Sealed, nil
	}
	sealed, _, err := s.Repository.Sealed(ctx, p.Account, d.Type, d.ID, "")
	if err != nil {
		return sealed, fmt.Errorf("reading credential: %w", err)
	}
	if err := s.Repository.Note(audit.With(ctx, p, audit.OpenCredential, d.ID)); err != nil {
		return sealed, fmt.Errorf("noting that a credential is opened: %w", err)
	}
	return sealed, nil
}

// Grant stores what became of a draft, with the grant that is now within: it makes
// the credential, or gives the one that is there its new data.
func (s *Service) Grant(ctx context.Context, p account.Principal, d Draft, sealed vault.Sealed, who connector.Identity) (Credential, error) {
	now := s.Now().UTC()
	c := Credential{ID: d.ID, Account: p.Account, Type: d.Type, Name: s.nameOf(d, who), Hint: d.Hint, CreatedAt: now, UpdatedAt: now, Revision: 1}
	if who.Name != "" { // the service was asked whose it is
		c.VerifiedAt = now
	}
	ctx = audit.With(ctx, p, audit.GrantCredential, d.ID)
	if !d.Exists {
		if err := s.Repository.CreateCredential(ctx, c, sealed); err != nil {
			return Credential{}, fmt.Errorf("creating credential: %w", err)
		}
		return c, nil
	}
	for again := false; ; again = true {
		stored, err := s.Get(ctx, p, d.ID)
		if err != nil {
			return Credential{}, err
		}
		c.CreatedAt, c.Revision, c.Unchecked = stored.CreatedAt, stored.Revision, stored.Unchecked
		if d.Name == "" {
			c.Name = stored.Name
		}
		err = s.Repository.UpdateCredential(ctx, c, &sealed)
		if err == nil {
			c.Revision++
			return c, nil
		}
		if again || !fault.Is(err, fault.Conflict) {
			return Credential{}, fmt.Errorf("updating credential: %w", err)
		}
	}
}

// nameOf is what the person called it; else whose it is.
func (s *Service) nameOf(d Draft, who connector.Identity) string {
	t, _ := s.Catalog.CredentialType(d.Type)
	switch {
	case d.Name != "":
		return d.Name
	case who.Name == "" || utf8.RuneCountInString(who.Name) > MaxName:
		return t.Title
	default:
		return who.Name
	}
}

// atFirst is the condition of new data.
func (s *Service) atFirst(t connector.CredentialType, data schema.Input) Condition {
	if !t.Ungranted(connector.Credential{Type: t.Name, Data: data}) {
		return Condition{}
	}
	return Condition{Status: NeedsReconnect, Detail: "Nobody has granted access with it yet.", At: s.Now().UTC()}
}

// noteCondition notes what a verification found about stored data.
func (s *Service) noteCondition(ctx context.Context, c Credential, of vault.Sealed, v Verification) error {
	var found Condition
	switch {
	case v.Refused:
		found = s.refused(c.Type, v.Detail)
	case !v.OK: // the service could not be asked
		return nil
	case v.Identity == nil && c.Condition.Status == NeedsReconnect: // nothing was asked
		return nil
	}
	at := vault.Place{Account: c.Account, Credential: c.ID, CredentialType: c.Type}
	// Renewing its token may have changed the data on the way.
	if now, _, err := s.Repository.Sealed(ctx, c.Account, c.Type, c.ID, ""); err == nil {
		of = now
	}
	if err := s.Repository.Mark(ctx, at, of, found); err != nil {
		return fmt.Errorf("noting the condition: %w", err)
	}
	return nil
}

func (s *Service) refused(typeName, detail string) Condition {
	c := Condition{Status: Failing, Detail: detail, At: s.Now().UTC().Truncate(time.Millisecond)}
	if t, _ := s.Catalog.CredentialType(typeName); t.OAuth != nil {
		c.Status = NeedsReconnect
	}
	return c
}
