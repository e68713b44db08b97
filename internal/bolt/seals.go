package bolt

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/approval"
	"switchboard/internal/oauth"
	"switchboard/internal/vault"
)

// Secret is something that is stored sealed: the data of a credential, the token of an
// approval's link, or what a pending grant keeps.
type Secret struct {
	At     vault.Place
	Sealed vault.Sealed

	in  bucket
	key []byte
}

// OfCredential says whether it is the data of a credential.
func (s Secret) OfCredential() bool { return s.in == sealedBucket }

// secretsAtOnce is how many values are read in one transaction, so that none is long.
const secretsAtOnce = 200

// EachSecret visits everything that is sealed, of all accounts. What is stored
// meanwhile may be missed.
func (s *Store) EachSecret(ctx context.Context, visit func(Secret) error) error {
	for _, in := range []bucket{sealedBucket, approvalBucket, pendingBucket} {
		for from := []byte(nil); ; {
			var secrets []Secret
			err := s.view(ctx, func(tx *bbolt.Tx) error {
				cursor := in.of(tx).Cursor()
				k, v := cursor.Seek(from)
				for n := 0; k != nil && n < secretsAtOnce; n++ {
					found, err := secretsIn(in, slices.Clone(k), v)
					if err != nil {
						return err
					}
					secrets = append(secrets, found...)
					k, v = cursor.Next()
				}
				from = slices.Clone(k)
				return nil
			})
			if err != nil {
				return doing(err, "reading what is sealed")
			}
			for _, secret := range secrets {
				if err := visit(secret); err != nil {
					return err
				}
			}
			if from == nil {
				break
			}
		}
	}
	return nil
}

func secretsIn(in bucket, key, value []byte) ([]Secret, error) {
	switch in {
	case sealedBucket:
		account, id, err := cut(key)
		if err != nil {
			return nil, err
		}
		head, sealed, err := unpackSealed(value)
		return []Secret{{At: vault.Place{Account: account, Credential: string(id), CredentialType: head.Type}, Sealed: sealed, in: in, key: key}}, err
	case approvalBucket:
		k, err := approvalOfKey(key)
		if err != nil {
			return nil, err
		}
		a, err := unpackApproval(k, value)
		return []Secret{{At: vault.Place{Account: a.Account, Credential: a.ID, CredentialType: approval.CredentialType}, Sealed: a.Token, in: in, key: key}}, err
	default:
		var p oauth.Pending
		if err := unpack(value[min(expiryBytes, len(value)):], &p); err != nil {
			return nil, err
		}
		at := vault.Place{Account: p.Account, Credential: p.Draft.ID, CredentialType: p.Draft.Type}
		secrets := []Secret{{At: at, Sealed: p.Verifier, in: in, key: key}}
		if p.Draft.Sealed != nil {
			secrets = append(secrets, Secret{At: at, Sealed: *p.Draft.Sealed, in: in, key: key})
		}
		return secrets, nil
	}
}

// Reseal replaces what is sealed by the same, sealed anew. Nothing else of it changes;
// where something else is stored by now, or its grant is just being renewed, nothing
// does, and done is false.
func (s *Store) Reseal(ctx context.Context, secret Secret, fresh vault.Sealed) (done bool, err error) {
	err = s.do(ctx, len(fresh.Ciphertext), func(c *change) error {
		value := c.get(secret.in, secret.key)
		if value == nil {
			return nil // it was deleted
		}
		is := func(stored vault.Sealed) bool {
			return bytes.Equal(stored.Nonce, secret.Sealed.Nonce) && bytes.Equal(stored.Ciphertext, secret.Sealed.Ciphertext)
		}
		if err := c.reseal(secret, value, is, fresh, s.now()); err != nil {
			return err
		}
		done = len(c.edits) > 0
		return nil
	})
	return done && err == nil, doing(err, "sealing %s anew", secret.At.Credential)
}

func (c *change) reseal(secret Secret, value []byte, is func(vault.Sealed) bool, fresh vault.Sealed, now time.Time) error {
	switch secret.in {
	case sealedBucket:
		head, stored, err := unpackSealed(value)
		// While somebody renews the grant within, it is theirs: what they get for it would
		// not be stored over other data, and be lost.
		if err == nil && is(stored) && !head.Claimed.After(now) {
			c.storeSealed(secret.key, head, fresh)
		}
		return err
	case approvalBucket:
		k, err := approvalOfKey(secret.key)
		if err != nil {
			return err
		}
		a, err := unpackApproval(k, value)
		if err != nil || !is(a.Token) {
			return err
		}
		a.Token = fresh
		packed, err := packApproval(a)
		c.put(secret.in, secret.key, packed)
		return err
	default:
		var p oauth.Pending
		if err := unpack(value[min(expiryBytes, len(value)):], &p); err != nil {
			return err
		}
		switch {
		case is(p.Verifier):
			p.Verifier = fresh
		case p.Draft.Sealed != nil && is(*p.Draft.Sealed):
			p.Draft.Sealed = &fresh
		default:
			return nil
		}
		packed, err := pack(p)
		c.put(secret.in, secret.key, withExpiry(p.ExpiresAt, packed))
		return err
	}
}
