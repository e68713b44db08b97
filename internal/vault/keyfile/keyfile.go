// Package keyfile keeps the master key of a stack that has no KMS: 32 bytes in a
// file that only its owner can read. It wraps data keys with AES-256-GCM and binds
// the encryption context to them, as KMS does, so that the vault's promises hold on
// a laptop too. Without the file nothing that was sealed can be opened, so Open
// never replaces one: it makes a file only where there is none.
package keyfile

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

const (
	keyBytes = 32
	idBytes  = 8
)

// A line of the file is: what it is and in which version, the key's id, the key. The
// id is computed from the key, so a damaged file is noticed at once; it also stands in
// every wrapped key. The first line is the key that new data keys are wrapped with.
// While a rotation is under way, older keys follow, a line each.
const (
	magic      = "switchboard-key-1"
	lineLength = len(magic) + 1 + 2*idBytes + 1 + 2*keyBytes + 1
	maxKeys    = 16
)

// wrapVersion is the first byte of a wrapped key: version, id, nonce, ciphertext.
const wrapVersion = 1

type keyID [idBytes]byte

// Key is an opened key file. It is safe for concurrent use.
type Key struct {
	path string
	mu   sync.RWMutex
	keys []masterKey // the first wraps
}

// masterKey is one line of the file.
type masterKey struct {
	id   keyID
	line []byte // as it stands in the file: how a rotation writes it again
	aead cipher.AEAD
}

var _ vault.KeyWrapper = (*Key)(nil)

// NewDataKey makes a data key and wraps it.
func (k *Key) NewDataKey(_ context.Context, encryptionContext map[string]string) (plain, wrapped []byte, err error) {
	m := k.all()[0]
	plain = make([]byte, keyBytes)
	nonce := make([]byte, m.aead.NonceSize())
	_, _ = rand.Read(plain) // never fails: crypto/rand ends the program instead
	_, _ = rand.Read(nonce)
	wrapped = append([]byte{wrapVersion}, m.id[:]...)
	wrapped = append(wrapped, nonce...)
	wrapped = m.aead.Seal(wrapped, nonce, plain, m.bound(encryptionContext))
	return plain, wrapped, nil
}

// all gives the keys, which are never changed in place.
func (k *Key) all() []masterKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys
}

// byID finds the key that a data key was wrapped with.
func (k *Key) byID(wrapped []byte) (masterKey, bool) {
	if len(wrapped) < 1+idBytes {
		return masterKey{}, false
	}
	for _, m := range k.all() {
		if bytes.Equal(wrapped[1:1+idBytes], m.id[:]) {
			return m, true
		}
	}
	return masterKey{}, false
}

// Unwrap gives a data key back. The fault is CredentialUnreadable; it tells a key
// of another file, which the user can do something about, from a damaged one.
func (k *Key) Unwrap(_ context.Context, wrapped []byte, encryptionContext map[string]string) ([]byte, error) {
	m, ok := k.byID(wrapped)
	first := k.all()[0]
	head := 1 + idBytes + first.aead.NonceSize()
	if len(wrapped) != head+keyBytes+first.aead.Overhead() || wrapped[0] != wrapVersion {
		return nil, vault.Unreadable()
	}
	if !ok {
		return nil, fault.New(fault.CredentialUnreadable, "The stored credential was encrypted with another key file.").
			WithHint("Put the key file back that belongs to this data, or enter the credential's data again.").
			Because(fmt.Errorf("wrapped with key %x, the key file holds %x", wrapped[1:1+idBytes], first.id))
	}
	plain, err := m.aead.Open(nil, wrapped[1+idBytes:head], wrapped[head:], m.bound(encryptionContext))
	if err != nil {
		return nil, vault.Unreadable().Because(err)
	}
	return plain, nil
}

// bound puts version and id under the tag together with the context.
func (m masterKey) bound(encryptionContext map[string]string) []byte {
	b := append([]byte{wrapVersion}, m.id[:]...)
	return append(b, vault.CanonicalContext(encryptionContext)...)
}

func newKey(key []byte) (masterKey, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return masterKey{}, fmt.Errorf("preparing the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return masterKey{}, fmt.Errorf("preparing the cipher: %w", err)
	}
	return masterKey{id: idOf(key), line: encode(key), aead: aead}, nil
}

func idOf(key []byte) keyID {
	h := sha256.New()
	h.Write([]byte(magic))
	h.Write(key)
	return keyID(h.Sum(nil)[:idBytes])
}

// encode writes the file's line.
func encode(key []byte) []byte {
	id := idOf(key)
	b := make([]byte, 0, lineLength)
	b = append(b, magic+" "...)
	b = hex.AppendEncode(b, id[:])
	b = append(b, ' ')
	b = hex.AppendEncode(b, key)
	return append(b, '\n')
}

// decodeAll reads the file's lines. Its errors say nothing of the content.
func decodeAll(content []byte) ([]masterKey, error) {
	if len(content) == 0 || len(content)%lineLength != 0 || len(content) > maxKeys*lineLength {
		return nil, fmt.Errorf("it has %d bytes, not %d for each key", len(content), lineLength)
	}
	var keys []masterKey
	for line := range slices.Chunk(content, lineLength) {
		key, err := decode(line)
		if err != nil {
			return nil, err
		}
		m, err := newKey(key)
		clear(key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, m)
	}
	return keys, nil
}

// decode reads a line. Its errors say nothing of the content.
func decode(line []byte) ([]byte, error) {
	if len(line) != lineLength {
		return nil, fmt.Errorf("it has %d bytes, not %d", len(line), lineLength)
	}
	if !bytes.HasPrefix(line, []byte(magic+" ")) {
		return nil, fmt.Errorf("it does not begin with %q", magic)
	}
	key := make([]byte, keyBytes)
	digits := line[lineLength-1-2*keyBytes : lineLength-1]
	if _, err := hex.Decode(key, digits); err != nil {
		return nil, errors.New("its key is not written in hexadecimal")
	}
	if !bytes.Equal(encode(key), line) {
		clear(key)
		return nil, errors.New("its key and its key id do not fit each other")
	}
	return key, nil
}
