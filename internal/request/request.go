// Package request is the thread from a request through the execution that it starts to
// the connectors that this calls: the id that X-Request-Id tells the caller, which every
// line of the log has that was written on its behalf, in whatever process.
//
// Within a process the id is in the context. An execution keeps it in its input, from
// where the state machine hands it to every task; a task is known by execution, node and
// iteration all the same, so that the id never decides what is done.
package request

import "context"

type contextKey struct{}

// WithID returns a context for what is done on behalf of a request.
func WithID(ctx context.Context, id string) context.Context {
	if id == "" || id == ID(ctx) {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, id)
}

// ID gives the request; "" for what nobody asked for.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}
