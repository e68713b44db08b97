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

	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

const (
	keyBytes = 32
	idBytes  = 8
)

// The file is one line of text: what it is and in which version, the key's id, the
// key. The id is computed from the key, so a damaged file is noticed at once; it
// also stands in every wrapped key, so a file can one day hold older keys as well,
// a line each.
const (
	magic      = "switchboard-key-1"
	fileLength = len(magic) + 1 + 2*idBytes + 1 + 2*keyBytes + 1
)

// wrapVersion is the first byte of a wrapped key: version, id, nonce, ciphertext.
const wrapVersion = 1

type keyID [idBytes]byte

// Key is an opened key file. It is safe for concurrent use.
type Key struct {
	id   keyID
	aead cipher.AEAD
}

var _ vault.KeyWrapper = (*Key)(nil)

// NewDataKey makes a data key and wraps it.
func (k *Key) NewDataKey(_ context.Context, encryptionContext map[string]string) (plain, wrapped []byte, err error) {
	plain = make([]byte, keyBytes)
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(plain) // never fails: crypto/rand ends the program instead
	_, _ = rand.Read(nonce)
	wrapped = append([]byte{wrapVersion}, k.id[:]...)
	wrapped = append(wrapped, nonce...)
	wrapped = k.aead.Seal(wrapped, nonce, plain, k.bound(encryptionContext))
	return plain, wrapped, nil
}

// Unwrap gives a data key back. The fault is CredentialUnreadable; it tells a key
// of another file, which the user can do something about, from a damaged one.
func (k *Key) Unwrap(_ context.Context, wrapped []byte, encryptionContext map[string]string) ([]byte, error) {
	head := 1 + idBytes + k.aead.NonceSize()
	if len(wrapped) != head+keyBytes+k.aead.Overhead() || wrapped[0] != wrapVersion {
		return nil, vault.Unreadable()
	}
	if id := wrapped[1 : 1+idBytes]; !bytes.Equal(id, k.id[:]) {
		return nil, fault.New(fault.CredentialUnreadable, "The stored credential was encrypted with another key file.").
			WithHint("Put the key file back that belongs to this data, or enter the credential's data again.").
			Because(fmt.Errorf("wrapped with key %x, the key file holds %x", id, k.id))
	}
	plain, err := k.aead.Open(nil, wrapped[1+idBytes:head], wrapped[head:], k.bound(encryptionContext))
	if err != nil {
		return nil, vault.Unreadable().Because(err)
	}
	return plain, nil
}

// bound puts version and id under the tag together with the context.
func (k *Key) bound(encryptionContext map[string]string) []byte {
	b := append([]byte{wrapVersion}, k.id[:]...)
	return append(b, vault.CanonicalContext(encryptionContext)...)
}

func newKey(key []byte) (*Key, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("preparing the cipher: %w", err)
	}
	return &Key{id: idOf(key), aead: aead}, nil
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
	b := make([]byte, 0, fileLength)
	b = append(b, magic+" "...)
	b = hex.AppendEncode(b, id[:])
	b = append(b, ' ')
	b = hex.AppendEncode(b, key)
	return append(b, '\n')
}

// decode reads the file's line. Its errors say nothing of the content.
func decode(content []byte) ([]byte, error) {
	if len(content) != fileLength {
		return nil, fmt.Errorf("it has %d bytes, not %d", len(content), fileLength)
	}
	if !bytes.HasPrefix(content, []byte(magic+" ")) {
		return nil, fmt.Errorf("it does not begin with %q", magic)
	}
	key := make([]byte, keyBytes)
	digits := content[fileLength-1-2*keyBytes : fileLength-1]
	if _, err := hex.Decode(key, digits); err != nil {
		return nil, errors.New("its key is not written in hexadecimal")
	}
	if !bytes.Equal(encode(key), content) {
		clear(key)
		return nil, errors.New("its key and its key id do not fit each other")
	}
	return key, nil
}
