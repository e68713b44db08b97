package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
)

// Me says who is asking, so that a program knows what it may do before it is refused.
type Me struct{}

// Mount adds the route.
func (m Me) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/v1/me", Tags: []string{"Access"},
		Summary: "Say who is asking", Description: "The account and the role that go with the token of the request. `x-role` of every operation is the smallest role that may use it.",
	}, m.read)
}

type meView struct {
	Account string       `json:"account" doc:"The account that everything the caller sees belongs to" example:"acc_local"`
	Actor   string       `json:"actor" doc:"As what the caller stands in the audit" example:"owner"`
	Role    account.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	Agent   string       `json:"agent_id,omitempty" doc:"The one agent that the key is for; not there for the whole account"`
}

func (m Me) read(_ context.Context, p account.Principal, _ *struct{}) (*shown[meView], error) {
	return show(meView{Account: p.Account, Actor: p.Actor, Role: p.Role, Agent: p.Agent}), nil
}
