package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/agent"
)

// Agents serves agents.
type Agents struct{ Service *agent.Service }

// Mount adds the routes.
func (a Agents) Mount(api huma.API) {
	tags := []string{"Agents"}
	register(api, huma.Operation{
		OperationID: "create-agent", Method: http.MethodPost, Path: "/v1/agents", DefaultStatus: http.StatusCreated,
		Summary: "Create an agent", Tags: tags,
	}, a.create)
	register(api, huma.Operation{
		OperationID: "list-agents", Method: http.MethodGet, Path: "/v1/agents",
		Summary: "List the account's agents, oldest first", Tags: tags,
	}, a.list)
	register(api, huma.Operation{
		OperationID: "get-agent", Method: http.MethodGet, Path: "/v1/agents/{id}",
		Summary: "Read an agent", Tags: tags,
	}, a.get)
	register(api, huma.Operation{
		OperationID: "update-agent", Method: http.MethodPatch, Path: "/v1/agents/{id}",
		Summary: "Change an agent", Description: "Only what is given changes.", Tags: tags,
	}, a.update)
	register(api, huma.Operation{
		OperationID: "delete-agent", Method: http.MethodDelete, Path: "/v1/agents/{id}",
		Summary: "Delete an agent", Description: "Its links go with it; credentials stay. 409 while it has workflows.", Tags: tags,
		Errors: []int{http.StatusConflict},
	}, a.delete)
}

type agentView struct {
	ID          string    `json:"id" example:"agt_0198f2c4a1b27d3e8f90123456789abc"`
	Name        string    `json:"name" example:"Support"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func viewAgent(a agent.Agent) agentView {
	return agentView{ID: a.ID, Name: a.Name, Description: a.Description, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC()}
}

type newAgent struct {
	Body struct {
		Name        string `json:"name" minLength:"1" pattern:"\\S" doc:"What people call it" example:"Support"`
		Description string `json:"description,omitempty" nullable:"true" doc:"What it is for"`
	}
}

func (a Agents) create(ctx context.Context, p account.Principal, in *newAgent) (*created[agentView], error) {
	made, err := a.Service.Create(ctx, p, in.Body.Name, in.Body.Description)
	if err != nil {
		return nil, err
	}
	return &created[agentView]{Location: "/v1/agents/" + made.ID, Body: viewAgent(made)}, nil
}

func (a Agents) list(ctx context.Context, p account.Principal, in *struct{ Paging }) (*shown[listView[agentView]], error) {
	agents, err := a.Service.List(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(agents, viewAgent), nil
}

// agentID is the input of what needs no more than that.
type agentID struct {
	ID string `path:"id" doc:"The agent's id"`
}

func (a Agents) get(ctx context.Context, p account.Principal, in *agentID) (*shown[agentView], error) {
	found, err := a.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	return show(viewAgent(found)), nil
}

type agentChange struct {
	ID   string `path:"id" doc:"The agent's id"`
	Body struct {
		Name        *string `json:"name,omitempty" nullable:"true" minLength:"1" pattern:"\\S" doc:"What people call it"`
		Description *string `json:"description,omitempty" nullable:"true" doc:"What it is for"`
	}
}

func (a Agents) update(ctx context.Context, p account.Principal, in *agentChange) (*shown[agentView], error) {
	changed, err := a.Service.Update(ctx, p, in.ID, in.Body.Name, in.Body.Description)
	if err != nil {
		return nil, err
	}
	return show(viewAgent(changed)), nil
}

func (a Agents) delete(ctx context.Context, p account.Principal, in *agentID) (*done, error) {
	if err := a.Service.Delete(ctx, p, in.ID); err != nil {
		return nil, err
	}
	return &done{}, nil
}
