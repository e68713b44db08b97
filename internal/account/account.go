// Package account says who is asking. Everything in Switchboard belongs to exactly
// one account, and every operation is done by an actor; both are arguments of
// every service, never global state.
package account

import "context"

// Principal is the authenticated caller of an operation.
type Principal struct {
	Account string // the tenant; "acc_..." or, on the local stack, "acc_local"
	Actor   string // who acts: "owner", "key:<id>", "user:<subject>", "trigger:<workflow>"
	Role    Role   // what a person or a program may do; "" for what acts by itself
	Agent   string // the one agent that an API key is for; "" for the whole account
}

type contextKey struct{}

// WithPrincipal returns a context that carries the caller from the authentication
// to the handlers; services take the Principal as an argument instead.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext gives the caller that WithPrincipal put in.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}
