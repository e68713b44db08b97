// Package apikey holds API keys, by which programs come in.
//
// A key is 256 random bits behind a prefix, so it cannot be guessed, and its SHA-256
// is all that is stored: a slow hash is for what people think up. Its last characters
// are a checksum, so that what is no key at all is refused without asking the store,
// and scanners of repositories know one when they see it. A key is looked up each
// time that it is used, and nothing is remembered, so a deleted one ends at once.
package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/page"
)

// Prefix is what every key begins with.
const Prefix = "sbk_"

// Key is what is known of an API key: everything but the key.
type Key struct {
	ID         string
	Account    string
	Name       string
	Role       account.Role
	Agent      string // the one that it is for; "" for the whole account
	Hint       string // its last characters, to tell keys apart
	Hash       string // hexadecimal SHA-256 of the key
	CreatedAt  time.Time
	CreatedBy  string    // the actor
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never; within usedWithin
}

// Repository stores keys. A key of another account is not found. Errors are faults:
// NotFound; anything else is Internal, Unavailable or StorageFull.
type Repository interface {
	CreateAPIKey(ctx context.Context, k Key) error
	APIKey(ctx context.Context, account, id string) (Key, error)
	// APIKeys lists an account's, oldest first.
	APIKeys(ctx context.Context, account string, q page.Query) (page.Of[Key], error)
	// APIKeyByHash finds the key that has a hash, of whatever account. It sees every
	// change that has returned.
	APIKeyByHash(ctx context.Context, hash string) (Key, error)
	// UseAPIKey sets LastUsedAt. It need not be on disk when it returns, and is no error
	// for a key that was deleted meanwhile.
	UseAPIKey(ctx context.Context, k Key, at time.Time) error
	DeleteAPIKey(ctx context.Context, account, id string) error
}

const (
	secretBytes   = 32
	checksumBytes = 4
	hintLength    = 4
)

// newSecret makes the text of a key.
func newSecret() (string, error) {
	random := make([]byte, secretBytes, secretBytes+checksumBytes)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	return Prefix + base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(random, crc32.ChecksumIEEE(random))), nil
}

// Is says whether a bearer token is meant to be an API key.
func Is(token string) bool { return strings.HasPrefix(token, Prefix) }

// intact says whether a key has its checksum.
func intact(secret string) bool {
	encoded, ok := strings.CutPrefix(secret, Prefix)
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	// Decoding passes over line breaks, which no key has.
	return ok && err == nil && len(b) == secretBytes+checksumBytes && len(encoded) == base64.RawURLEncoding.EncodedLen(len(b)) &&
		binary.BigEndian.Uint32(b[secretBytes:]) == crc32.ChecksumIEEE(b[:secretBytes])
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
