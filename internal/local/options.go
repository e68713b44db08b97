package local

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// Options asks a connector, as Lambda would be asked on AWS.
func (h hosts) Options(ctx context.Context, connectorName string, at vault.Place, sealed vault.Sealed, q credential.OptionQuestion, values map[string]any) (connector.OptionPage, error) {
	return h[connectorName].Options(ctx, task.OptionsQuestion{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
		Action: q.Action, Field: q.Field, Search: q.Search, Cursor: q.Cursor, Values: values,
	})
}
