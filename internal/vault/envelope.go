package vault

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"switchboard/internal/fault"
)

// format is the only sealed form there is so far.
const format = 1

// keyBytes is the length of a data key: AES-256.
const keyBytes = 32

// A data key may be used again for so long, and so many are kept.
const (
	keyLifetime = 5 * time.Minute
	keysKept    = 1000
)

// KeyMaker is the half of a KeyWrapper that sealing needs.
type KeyMaker interface {
	// NewDataKey returns a fresh 32-byte key, in the clear and wrapped.
	NewDataKey(ctx context.Context, encryptionContext map[string]string) (plain, wrapped []byte, err error)
	// ID names the master key that NewDataKey wraps under, and tells nothing of it.
	ID() string
}

// SealOnly seals and has no way to open: it cannot even ask for a key to be
// unwrapped. It is what a function of the API is given.
//
// The plaintext is not padded, so whoever reads the store learns about how long a
// secret is. That tells a bot token from a private key, which the credential's
// type, stored beside it in the clear, tells as well.
type SealOnly struct{ keys KeyMaker }

// NewSealer returns a Sealer that takes its data keys from keys.
func NewSealer(keys KeyMaker) *SealOnly { return &SealOnly{keys: keys} }

// Vault seals and opens. It is safe for concurrent use.
type Vault struct {
	*SealOnly
	keys  KeyWrapper
	cache *keyCache
}

var (
	_ Sealer = (*SealOnly)(nil)
	_ Sealer = (*Vault)(nil)
	_ Opener = (*Vault)(nil)
)

// New returns a vault under the master key of w. Unwrapped data keys are kept in
// memory for at most five minutes, so that a busy connector does not ask for the
// same one at every step.
func New(w KeyWrapper) *Vault {
	return &Vault{SealOnly: NewSealer(w), keys: w, cache: newKeyCache(keysKept, keyLifetime)}
}

// Seal encrypts data, which holds plain JSON values (a secret.Text would be stored
// as its mark). Keys and plaintext are wiped from memory before it returns, as far
// as Go lets one: the strings within data are the caller's.
func (v *SealOnly) Seal(ctx context.Context, at Place, data map[string]any) (Sealed, error) {
	plaintext, err := json.Marshal(data)
	defer func() { clear(plaintext) }()
	if err != nil {
		// The error may quote a value, so it is not passed on.
		return Sealed{}, fmt.Errorf("sealing credential %s: %w", at.Credential,
			fault.New(fault.Internal, "The credential's data cannot be written as JSON."))
	}
	bound := at.context(format)
	id := v.keys.ID() // before: if the key is just being replaced, this names the former one
	key, wrapped, err := v.keys.NewDataKey(ctx, bound)
	defer func() { clear(key) }()
	if err != nil {
		return Sealed{}, fmt.Errorf("sealing credential %s: making a data key: %w", at.Credential, err)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return Sealed{}, fmt.Errorf("sealing credential %s: %w", at.Credential, err)
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return Sealed{
		Format:     format,
		WrappedKey: wrapped,
		Nonce:      nonce,
		Ciphertext: aead.Seal(nil, nonce, plaintext, CanonicalContext(bound)),
		KeyID:      id,
	}, nil
}

// Open decrypts what was sealed at this place. Numbers come back as json.Number.
// Whatever is wrong with the sealed form, the answer is the same fault; a master
// key that cannot be reached right now keeps the fault that says so, because
// trying again helps there.
func (v *Vault) Open(ctx context.Context, at Place, s Sealed) (map[string]any, error) {
	data, err := v.open(ctx, at, s)
	if err == nil {
		return data, nil
	}
	f := fault.Of(err)
	if f.Code != fault.CredentialUnreadable && f.Code != fault.Unavailable {
		f = Unreadable().Because(err)
	}
	return nil, fmt.Errorf("opening credential %s: %w", at.Credential, f)
}

func (v *Vault) open(ctx context.Context, at Place, s Sealed) (map[string]any, error) {
	if s.Format != format {
		return nil, fmt.Errorf("sealed in format %d", s.Format)
	}
	bound := at.context(s.Format)
	aad := CanonicalContext(bound)
	key, err := v.dataKey(ctx, s.WrappedKey, bound, aad)
	defer func() { clear(key) }()
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	if len(s.Nonce) != aead.NonceSize() { // Open would panic
		return nil, fmt.Errorf("a nonce of %d bytes", len(s.Nonce))
	}
	plaintext, err := aead.Open(nil, s.Nonce, s.Ciphertext, aad)
	defer func() { clear(plaintext) }()
	if err != nil {
		return nil, err
	}
	var data map[string]any
	dec := json.NewDecoder(bytes.NewReader(plaintext))
	dec.UseNumber()
	if err := dec.Decode(&data); err != nil {
		return nil, errors.New("the plaintext is not a JSON object") // err may quote it
	}
	return data, nil
}

// dataKey gives the caller a copy of the key, which is the caller's to wipe: an
// entry of the cache can be wiped at any moment.
func (v *Vault) dataKey(ctx context.Context, wrapped []byte, bound map[string]string, aad []byte) ([]byte, error) {
	name := nameOf(wrapped, aad)
	if key, ok := v.cache.get(name); ok {
		return key, nil
	}
	key, err := v.keys.Unwrap(ctx, wrapped, bound)
	if err != nil {
		return nil, fmt.Errorf("unwrapping its data key: %w", err)
	}
	v.cache.put(name, key)
	return key, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keyBytes {
		return nil, fault.New(fault.Internal, "The key service gave a data key of the wrong length.")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing the cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// Unreadable is the fault of a sealed secret that does not open. It says the same
// whatever the cause, which is for the log.
func Unreadable() *fault.Error {
	return fault.New(fault.CredentialUnreadable, "The stored credential cannot be decrypted.").
		WithHint("Enter the credential's data again; links and workflows stay as they are.")
}

// context is what the place and format are bound by.
func (at Place) context(format int) map[string]string {
	return map[string]string{
		"account":         at.Account,
		"credential":      at.Credential,
		"credential_type": at.CredentialType,
		"format":          strconv.Itoa(format),
	}
}

// CanonicalContext encodes an encryption context so that two contexts have the
// same encoding only if they are equal: sorted by key, every key and value with
// its length before it. It serves as additional authenticated data.
func CanonicalContext(encryptionContext map[string]string) []byte {
	var b []byte
	for _, k := range slices.Sorted(maps.Keys(encryptionContext)) {
		for _, part := range [2]string{k, encryptionContext[k]} {
			b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
			b = append(b, part...)
		}
	}
	return b
}
