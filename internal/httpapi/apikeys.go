package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/apikey"
)

// APIKeys serves the keys by which programs come in.
type APIKeys struct{ Service *apikey.Service }

// Mount adds the routes.
func (k APIKeys) Mount(api huma.API) {
	tags := []string{"Access"}
	register(api, huma.Operation{
		OperationID: "create-api-key", Method: http.MethodPost, Path: "/v1/api-keys", DefaultStatus: http.StatusCreated, Tags: tags,
		Summary:     "Make an API key",
		Description: "The key is shown this once. It cannot have a role that you have not. With agent_id it sees that agent alone, its workflows, executions and linked credentials.",
	}, k.create)
	register(api, huma.Operation{
		OperationID: "list-api-keys", Method: http.MethodGet, Path: "/v1/api-keys", Tags: tags,
		Summary: "List the account's API keys, oldest first",
	}, k.list)
	register(api, huma.Operation{
		OperationID: "delete-api-key", Method: http.MethodDelete, Path: "/v1/api-keys/{id}", Tags: tags,
		Summary: "Delete an API key", Description: "The next request with it is refused.",
	}, k.delete)
}

type apiKeyView struct {
	ID         string       `json:"id" example:"key_0198f2c4a1b27d3e8f90123456789abc"`
	Name       string       `json:"name" example:"Deploys"`
	Role       account.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	AgentID    string       `json:"agent_id,omitempty" doc:"The one agent that it is for; not there for one of the whole account"`
	Hint       string       `json:"hint" doc:"The end of the key, to tell keys apart" example:"4f2a"`
	CreatedAt  time.Time    `json:"created_at"`
	CreatedBy  string       `json:"created_by" doc:"Who made it" example:"owner"`
	ExpiresAt  *time.Time   `json:"expires_at" doc:"null for never"`
	LastUsedAt *time.Time   `json:"last_used_at" doc:"To the minute; null for never"`
	Key        string       `json:"key,omitempty" doc:"The key itself, where it was just made. It is not shown again" example:"sbk_..."`
}

func viewAPIKey(k apikey.Key) apiKeyView {
	return apiKeyView{
		ID: k.ID, Name: k.Name, Role: k.Role, AgentID: k.Agent, Hint: k.Hint, CreatedAt: k.CreatedAt.UTC(), CreatedBy: k.CreatedBy,
		ExpiresAt: moment(k.ExpiresAt), LastUsedAt: moment(k.LastUsedAt),
	}
}

type newAPIKey struct {
	Body struct {
		Name      string       `json:"name" minLength:"1" pattern:"\\S" doc:"What people call it" example:"Deploys"`
		Role      account.Role `json:"role" enum:"owner,admin,editor,operator,viewer" doc:"What it may do"`
		AgentID   string       `json:"agent_id,omitempty" nullable:"true" doc:"The one agent that it is for"`
		ExpiresAt *time.Time   `json:"expires_at,omitempty" nullable:"true" doc:"Until when it can be used; for ever if left out"`
	}
}

func (k APIKeys) create(ctx context.Context, p account.Principal, in *newAPIKey) (*shown[apiKeyView], error) {
	w := apikey.Wish{Name: in.Body.Name, Role: in.Body.Role, Agent: in.Body.AgentID, ExpiresAt: in.Body.ExpiresAt}
	made, secret, err := k.Service.Create(ctx, p, w)
	if err != nil {
		return nil, err
	}
	v := viewAPIKey(made)
	v.Key = secret
	return show(v), nil
}

func (k APIKeys) list(ctx context.Context, p account.Principal, in *struct{ Paging }) (*shown[listView[apiKeyView]], error) {
	keys, err := k.Service.List(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(keys, viewAPIKey), nil
}

type apiKeyID struct {
	ID string `path:"id" doc:"The key's id"`
}

func (k APIKeys) delete(ctx context.Context, p account.Principal, in *apiKeyID) (*done, error) {
	if err := k.Service.Delete(ctx, p, in.ID); err != nil {
		return nil, err
	}
	return &done{}, nil
}
