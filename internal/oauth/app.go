package oauth

import (
	"context"
	"fmt"

	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// AppSecret is the secret of the deployment's own client for a credential type.
type AppSecret struct {
	CredentialType string `json:"credential_type"`
	ClientSecret   string `json:"client_secret"`
}

// maxAppSecret is the longest, in bytes.
const maxAppSecret = 1024

// KeepAppSecret seals it where the functions of the type's connectors find it, in
// place of an earlier one. It is for whoever operates the deployment: it is no
// account's.
func (s *Service) KeepAppSecret(ctx context.Context, a AppSecret) error {
	t, err := s.credentialType(a.CredentialType)
	if err != nil {
		return err
	}
	if t.OAuth.App == "" {
		return fault.New(fault.ValidationFailed, "A deployment has no client of its own for the type %s.", t.Name)
	}
	if a.ClientSecret == "" || len(a.ClientSecret) > maxAppSecret {
		return fault.New(fault.ValidationFailed, "client_secret has to have 1 to %d bytes.", maxAppSecret)
	}
	at := task.AppPlace(t.Name)
	sealed, err := s.Sealer.Seal(ctx, at, map[string]any{connector.ClientSecret.Name: a.ClientSecret})
	if err != nil {
		return fmt.Errorf("sealing the secret of the deployment's client: %w", err)
	}
	now := s.Now().UTC()
	c := credential.Credential{ID: at.Credential, Account: at.Account, Type: t.Name, Name: t.Title, CreatedAt: now, UpdatedAt: now, Revision: 1}
	repository := s.Credentials.Repository
	stored, err := repository.Credential(ctx, at.Account, at.Credential)
	switch {
	case fault.Is(err, fault.NotFound):
		err = repository.CreateCredential(ctx, c, sealed)
	case err == nil:
		c.CreatedAt, c.Revision = stored.CreatedAt, stored.Revision
		err = repository.UpdateCredential(ctx, c, &sealed)
	}
	if err != nil {
		return fmt.Errorf("storing the secret of the deployment's client: %w", err)
	}
	return nil
}
