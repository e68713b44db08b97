// Package vault seals credentials. Every write gets a fresh data key, wrapped by a
// KeyWrapper: KMS on AWS, a key file on a laptop. The data is encrypted with
// AES-256-GCM, and the place where it belongs (account, credential, type, format)
// is bound to it twice: as the wrapper's encryption context and as additional
// authenticated data. A sealed secret that is copied to another row, account or
// type does not open.
package vault

import "context"

// Place is where a secret belongs. It is bound into the sealed form.
type Place struct {
	Account        string
	Credential     string
	CredentialType string
}

// Sealed is an encrypted secret, ready to be stored.
type Sealed struct {
	Format     int    `json:"format"` // 1
	WrappedKey []byte `json:"wrapped_key"`
	Nonce      []byte `json:"nonce"`
	Ciphertext []byte `json:"ciphertext"`
	// KeyID is what KeyMaker.ID was at that time; "" is not known. It is bound to nothing,
	// and opening does not ask for it: it says what is to be sealed anew after the master
	// key has been replaced.
	KeyID string `json:"key_id,omitempty"`
}

// KeyWrapper makes and unwraps data keys under a master key that never leaves it.
// The context must be the same for both, or unwrapping fails.
type KeyWrapper interface {
	KeyMaker
	// Unwrap gives the key back; a fault CredentialUnreadable where wrapped or context
	// are not what they were.
	Unwrap(ctx context.Context, wrapped []byte, encryptionContext map[string]string) ([]byte, error)
}

// Sealer seals. The functions of the API hold a Sealer and can never open.
type Sealer interface {
	Seal(ctx context.Context, at Place, data map[string]any) (Sealed, error)
}

// Opener opens what a Sealer sealed. Only connectors hold one. The fault is
// CredentialUnreadable when it does not open at this place.
type Opener interface {
	Open(ctx context.Context, at Place, s Sealed) (map[string]any, error)
}
