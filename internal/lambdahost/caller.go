package lambdahost

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// caller is what the authorizer tells the functions behind it about who calls; or why
// it is nobody. API Gateway hands it on as texts.
type caller struct {
	Account string       `json:"account,omitempty"`
	Actor   string       `json:"actor,omitempty"`
	Role    account.Role `json:"role,omitempty"`
	Agent   string       `json:"agent,omitempty"`
	Refused string       `json:"refused,omitempty"`
	Hint    string       `json:"hint,omitempty"`
}

// Authorizer makes a function that tells API Gateway who calls (a Lambda authorizer of
// an HTTP API, format 2.0, with simple answers). Who is nobody is let through as that:
// Authenticate refuses.
//
// Source: API Gateway developer guide, "Control access to HTTP APIs with Lambda
// authorizers".
func Authorizer(authenticate func(ctx context.Context, bearer string) (account.Principal, error)) Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var e events.APIGatewayV2CustomAuthorizerV2Request
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, fault.New(fault.BadRequest, "This is no request of an authorizer in format 2.0.").Because(err)
		}
		var told caller
		scheme, token, _ := strings.Cut(e.Headers["authorization"], " ")
		p, err := account.Principal{}, error(fault.New(fault.Unauthorized, "The request has no bearer token."))
		if strings.EqualFold(scheme, "Bearer") {
			p, err = authenticate(ctx, strings.TrimSpace(token))
		}
		switch f := fault.Of(err); {
		case err == nil:
			ForAccount(ctx, p.Account)
			told = caller{Account: p.Account, Actor: p.Actor, Role: p.Role, Agent: p.Agent}
		case f.Code == fault.Unauthorized:
			told = caller{Refused: f.Message, Hint: f.Hint}
		default:
			return nil, fmt.Errorf("authenticating: %w", err)
		}
		return json.Marshal(struct {
			IsAuthorized bool   `json:"isAuthorized"`
			Context      caller `json:"context"`
		}{true, told})
	}
}

type callerKey struct{}

func withCaller(ctx context.Context, told map[string]any) context.Context {
	text := func(name string) string { s, _ := told[name].(string); return s }
	return context.WithValue(ctx, callerKey{}, caller{
		Account: text("account"), Actor: text("actor"), Role: account.Role(text("role")), Agent: text("agent"),
		Refused: text("refused"), Hint: text("hint"),
	})
}

// Authenticate tells who calls. The authorizer has found it out already, and what it
// says comes with the event; so the token itself is not looked at. Unauthorized where
// there was no authorizer, or it knows nobody.
func Authenticate(ctx context.Context, _ string) (account.Principal, error) {
	c, ok := ctx.Value(callerKey{}).(caller)
	switch {
	case !ok:
		return account.Principal{}, fault.New(fault.Unauthorized, "The token was not checked.").
			WithHint("An operator has to give this route the authorizer of the API.")
	case c.Refused != "" || c.Account == "" || c.Actor == "":
		f := fault.New(fault.Unauthorized, "The token is not valid.")
		if c.Refused != "" {
			f.Message = c.Refused
		}
		return account.Principal{}, f.WithHint("%s", c.Hint)
	}
	ForAccount(ctx, c.Account)
	return account.Principal{Account: c.Account, Actor: c.Actor, Role: c.Role, Agent: c.Agent}, nil
}
