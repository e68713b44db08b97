package bolt

import (
	"bytes"
	"context"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

// Claim implements credential.Grants.
func (s *Store) Claim(ctx context.Context, at vault.Place, of vault.Sealed, now, until time.Time) (bool, error) {
	claimed := false
	err := s.changeSealed(ctx, at, of, 0, func(c *change, key []byte, head sealedValue) {
		if head.Claimed.After(now) {
			return
		}
		claimed, head.Claimed = true, until
		c.storeSealed(key, head, of)
	})
	if err != nil {
		claimed = false
	}
	return claimed, doing(err, "claiming credential %s", at.Credential)
}

// Release implements credential.Grants.
func (s *Store) Release(ctx context.Context, at vault.Place, of vault.Sealed, until time.Time) error {
	err := s.changeSealed(ctx, at, of, 0, func(c *change, key []byte, head sealedValue) {
		if head.Claimed.Equal(until) {
			head.Claimed = time.Time{}
			c.storeSealed(key, head, of)
		}
	})
	return doing(err, "releasing credential %s", at.Credential)
}

// Renew implements credential.Grants.
func (s *Store) Renew(ctx context.Context, at vault.Place, of, fresh vault.Sealed) error {
	changed := false
	err := s.changeSealed(ctx, at, of, len(fresh.Ciphertext), func(c *change, key []byte, head sealedValue) {
		changed = true
		c.storeSealed(key, sealedValue{Type: head.Type}, fresh)
	})
	if err == nil && !changed {
		err = replaced(at)
	}
	return doing(err, "renewing credential %s", at.Credential)
}

// AuditRenewals implements credential.Repository: they are in the audit already.
func (s *Store) AuditRenewals(context.Context, vault.Place) error { return nil }

// Mark implements credential.Grants.
func (s *Store) Mark(ctx context.Context, at vault.Place, of vault.Sealed, condition credential.Condition) error {
	err := s.changeSealed(ctx, at, of, 0, func(c *change, key []byte, head sealedValue) {
		head.Condition = condition
		c.storeSealed(key, head, of)
	})
	return doing(err, "marking credential %s", at.Credential)
}

func replaced(at vault.Place) *fault.Error {
	return fault.New(fault.Conflict, "The credential %s has other data by now.", at.Credential)
}

// changeSealed changes the sealed data at a place as long as they are those of.
func (s *Store) changeSealed(ctx context.Context, at vault.Place, of vault.Sealed, size int, edit func(c *change, key []byte, head sealedValue)) error {
	key := under(at.Credential, at.Account)
	return s.do(ctx, size, func(c *change) error {
		value := c.get(sealedBucket, key)
		if value == nil {
			return noCredential(at.Credential)
		}
		head, stored, err := unpackSealed(value)
		switch {
		case err != nil:
			return err
		case head.Type != at.CredentialType:
			return noCredential(at.Credential)
		case bytes.Equal(stored.Nonce, of.Nonce) && bytes.Equal(stored.Ciphertext, of.Ciphertext):
			edit(c, key, head)
		}
		return nil
	})
}
