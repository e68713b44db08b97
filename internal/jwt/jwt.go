// Package jwt checks JSON Web Tokens with go-jose.
//
// A token is taken if it is signed by a key that the issuer publishes, by one of two
// algorithms that are fixed here (so neither "none" nor a public key taken for a shared
// secret is ever tried), names the issuer and the audience, and is used within its
// time, give or take Skew. What of that is wrong goes into the log and not to whoever
// sent it.
//
// Sources: RFC 7519, RFC 8725 (best current practices); OpenID Connect Discovery 1.0
// for where an issuer's keys are.
package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"switchboard/internal/fault"
	"switchboard/internal/login"
)

// Skew is by how much clocks may differ.
const Skew = time.Minute

// maxToken is the longest token, in bytes.
const maxToken = 16 << 10

func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.ES256}
}

// Keys are an issuer's.
type Keys interface {
	// Key gives the public key that an issuer calls so. An error that is no fault of the
	// token is a fault of its own.
	Key(ctx context.Context, id string) (jose.JSONWebKey, error)
}

// ErrNoKey says that an issuer has no key of a name.
var ErrNoKey = errors.New("the issuer has no such key")

// Verifier checks the tokens of one issuer for one audience.
type Verifier struct {
	Issuer   string
	Audience string
	Keys     Keys
	Now      func() time.Time
}

// claims are what we read of a token. Cognito calls an attribute that the pool was
// given custom:<name>, and puts the audience of its access tokens into client_id.
type claims struct {
	josejwt.Claims
	ClientID      string `json:"client_id"`
	Account       string `json:"account"`
	CustomAccount string `json:"custom:account"`
	Role          string `json:"role"`
	CustomRole    string `json:"custom:role"`
	Email         string `json:"email"`
	EmailVerified any    `json:"email_verified"` // Cognito has it as a text in some tokens
}

// Verify implements login.Tokens.
func (v *Verifier) Verify(ctx context.Context, token string) (login.Claims, error) {
	c, err := v.check(ctx, token)
	if err == nil {
		return c, nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return login.Claims{}, f
	}
	return login.Claims{}, fault.New(fault.Unauthorized, "The token is not valid.").
		WithHint("It may have expired: sign in again.").Because(err)
}

func (v *Verifier) check(ctx context.Context, token string) (login.Claims, error) {
	var none login.Claims
	if len(token) > maxToken {
		return none, errors.New("it is too long")
	}
	signed, err := josejwt.ParseSigned(token, algorithms())
	if err != nil {
		return none, err
	}
	if len(signed.Headers) != 1 {
		return none, errors.New("it has not one signature")
	}
	header := signed.Headers[0]
	key, err := v.Keys.Key(ctx, header.KeyID)
	if err != nil {
		return none, err
	}
	if !key.IsPublic() || key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != header.Algorithm {
		return none, errors.New("the issuer's key is not for this")
	}
	var c claims
	if err := signed.Claims(key.Key, &c); err != nil {
		return none, err
	}
	return v.read(c)
}

// read holds the claims of a token whose signature is good to what they have to be.
func (v *Verifier) read(c claims) (login.Claims, error) {
	var none login.Claims
	if c.Expiry == nil {
		return none, errors.New("it never expires")
	}
	if err := c.ValidateWithLeeway(josejwt.Expected{Issuer: v.Issuer, Time: v.Now()}, Skew); err != nil {
		return none, err
	}
	if !c.Audience.Contains(v.Audience) && (len(c.Audience) > 0 || c.ClientID != v.Audience) {
		return none, errors.New("it is for another audience")
	}
	read := login.Claims{Account: c.CustomAccount, Subject: c.Subject, Role: c.CustomRole}
	if read.Account == "" {
		read.Account = c.Account
	}
	if read.Role == "" {
		read.Role = c.Role
	}
	if c.EmailVerified == true || c.EmailVerified == "true" {
		read.Email = c.Email
	}
	return read, nil
}

// readKeys reads a JSON Web Key Set. Keys of kinds that are not known are left out.
func readKeys(text []byte) (map[string]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("reading the issuer's keys: %w", err)
	}
	keys := map[string]jose.JSONWebKey{}
	for _, one := range set.Keys {
		var key jose.JSONWebKey
		if err := json.Unmarshal(one, &key); err == nil && key.Valid() && key.IsPublic() {
			keys[key.KeyID] = key
		}
	}
	return keys, nil
}
