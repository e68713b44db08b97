package lambdahost

import (
	"context"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// What the token of a caller says, once API Gateway has checked it. Cognito calls an
// attribute that the pool was given custom:<name>; other issuers need no prefix.
var (
	accountClaims = []string{"custom:account", "account"}
	subjectClaim  = "sub"
)

type claimsKey struct{}

func withClaims(ctx context.Context, claims map[string]string) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// Authenticate tells who calls. API Gateway's authorizer has checked the token
// already, and what it says comes with the event; so the token itself is not looked
// at. Unauthorized where there was no authorizer, or the token names no account.
func Authenticate(ctx context.Context, _ string) (account.Principal, error) {
	claims, _ := ctx.Value(claimsKey{}).(map[string]string)
	if claims == nil {
		return account.Principal{}, fault.New(fault.Unauthorized, "The token was not checked.").
			WithHint("An operator has to give this route the authorizer of the API.")
	}
	for _, name := range accountClaims {
		if id := claims[name]; id != "" {
			ForAccount(ctx, id)
			return principalOf(id, claims[subjectClaim])
		}
	}
	return account.Principal{}, fault.New(fault.Unauthorized, "The token names no account.").
		WithHint("Whoever manages the users has to set the attribute %s for this one.", accountClaims[1])
}

// maxAccount is the longest id of an account, in bytes.
const maxAccount = 40

// isAccount says whether an account may be called so: its id becomes part of the names
// of state machines and of keys.
func isAccount(id string) bool {
	return id != "" && len(id) <= maxAccount && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func principalOf(id, subject string) (account.Principal, error) {
	if !isAccount(id) || subject == "" {
		return account.Principal{}, fault.New(fault.Unauthorized, "The token's account is not one of ours, or its subject is missing.").
			WithHint("An account's id has at most 40 letters, digits, - and _.")
	}
	return account.Principal{Account: id, Actor: "user:" + subject, Role: account.Owner}, nil
}
