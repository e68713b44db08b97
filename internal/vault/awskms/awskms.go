// Package awskms wraps data keys with AWS KMS. The master key never leaves it, so
// whoever copies the whole store has nothing; and because the place of a secret is
// the encryption context of its data key, IAM alone can tell a connector's role
// which credential types it may open (kms:EncryptionContext:credential_type).
//
// A sealing costs one GenerateDataKey, an opening one Decrypt, or none while the
// vault still holds the data key. Neither call is made again here: the
// client has done so with jitter before an error gets this far.
//
// Automatic rotation, and RotateKeyOnDemand, change the material within one key:
// KMS still opens what the earlier material wrapped, and nothing is to be done. A
// key that is replaced by another one is named as former until every credential
// has been written anew.
package awskms

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"switchboard/internal/awsapi/kms"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

const keyBytes = 32

// Generator is the call that sealing needs; *kms.Client has it.
type Generator interface {
	GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error)
}

// Client is the calls that sealing and opening need; *kms.Client has them.
type Client interface {
	Generator
	Decrypt(ctx context.Context, in *kms.DecryptInput) (*kms.DecryptOutput, error)
}

// Maker makes data keys and cannot unwrap them. It is safe for concurrent use.
type Maker struct {
	client Generator
	key    string
}

// Wrapper makes data keys and unwraps them. It is safe for concurrent use.
type Wrapper struct {
	*Maker
	client Client
	keys   []string // the one in use, then former ones
}

var (
	_ vault.KeyMaker   = (*Maker)(nil)
	_ vault.KeyWrapper = (*Wrapper)(nil)
)

// NewMaker returns what the API's functions, which may only seal, are given. key is
// the ARN of a symmetric KMS key.
func NewMaker(client Generator, key string) *Maker { return &Maker{client: client, key: key} }

// New returns a wrapper under the KMS key with this ARN. Data keys that were wrapped
// under one of the former keys still open, for one more call each; under any other
// key they do not, even if the role would be allowed to use it. A former key that is
// "" is none.
func New(client Client, key string, former ...string) *Wrapper {
	keys := slices.DeleteFunc(slices.Concat([]string{key}, former), func(arn string) bool { return arn == "" })
	return &Wrapper{Maker: NewMaker(client, key), client: client, keys: keys}
}

// ID is the ARN of the key in use.
func (m *Maker) ID() string { return m.key }

// NewDataKey makes a data key.
func (m *Maker) NewDataKey(ctx context.Context, encryptionContext map[string]string) (plain, wrapped []byte, err error) {
	out, err := m.client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyID: m.key, KeySpec: kms.AES256, EncryptionContext: encryptionContext,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("asking KMS for a data key: %w", faultOf(err, fault.Internal))
	}
	if len(out.Plaintext) != keyBytes || len(out.CiphertextBlob) == 0 {
		clear(out.Plaintext)
		return nil, nil, fault.New(fault.Internal, "KMS gave a data key of the wrong length.")
	}
	return out.Plaintext, out.CiphertextBlob, nil
}

// Unwrap gives a data key back. The fault is CredentialUnreadable, or Unavailable
// where trying again later may help.
func (w *Wrapper) Unwrap(ctx context.Context, wrapped []byte, encryptionContext map[string]string) ([]byte, error) {
	if len(wrapped) == 0 {
		return nil, vault.Unreadable().Because(errors.New("the wrapped data key is empty"))
	}
	var err error
	for _, key := range w.keys {
		var out *kms.DecryptOutput
		out, err = w.client.Decrypt(ctx, &kms.DecryptInput{
			KeyID: key, CiphertextBlob: wrapped, EncryptionContext: encryptionContext,
			EncryptionAlgorithm: kms.SymmetricDefault,
		})
		if err == nil {
			return checked(out)
		}
		if !underAnotherKey(err) {
			break
		}
	}
	return nil, fmt.Errorf("asking KMS to decrypt a data key: %w", faultOf(err, fault.CredentialUnreadable))
}

func checked(out *kms.DecryptOutput) ([]byte, error) {
	if len(out.Plaintext) != keyBytes {
		clear(out.Plaintext)
		return nil, vault.Unreadable().Because(errors.New("KMS decrypted to something that is no data key"))
	}
	return out.Plaintext, nil
}
