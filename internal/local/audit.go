package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"switchboard/internal/audit"
	"switchboard/internal/bolt"
)

// VerifyAudit verifies the audit of a data folder that is not in use. It is an
// audit.Broken where it does not hold together.
func VerifyAudit(ctx context.Context, cfg Config) (_ *audit.Verifier, err error) {
	database := filepath.Join(cfg.Data, "switchboard.db")
	if !exists(database) {
		return nil, &UserError{fmt.Sprintf("There is no database in %s.", cfg.Data), "Name the data folder with -data."}
	}
	store, err := bolt.Open(database, bolt.Options{Log: cfg.Log})
	if errors.Is(err, bolt.ErrInUse) {
		return nil, &UserError{
			fmt.Sprintf("The data folder %s is in use by a Switchboard.", cfg.Data),
			"Export the audit with GET /v1/audit/export and verify that file, or stop Switchboard first.",
		}
	}
	if err != nil {
		return nil, folderError(cfg.Data, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	v := &audit.Verifier{}
	if err := store.AuditChains(ctx, Account, audit.Place{}, v.Next); err != nil {
		return v, err
	}
	return v, nil
}
