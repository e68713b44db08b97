package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/credential"
)

// Integrations serves an agent's Integrations page: what it is linked to, and what
// it could be.
type Integrations struct{ Service *credential.Service }

// Mount adds the routes.
func (i Integrations) Mount(api huma.API) {
	tags := []string{"Integrations"}
	register(api, huma.Operation{
		OperationID: "get-integrations", Method: http.MethodGet, Path: "/v1/agents/{id}/integrations",
		Summary: "Read an agent's Integrations page in one call", Tags: tags,
	}, i.get)
	register(api, huma.Operation{
		OperationID: "link-credential", Method: http.MethodPut, Path: "/v1/agents/{id}/links/{credential}",
		Summary: "Link a credential to an agent", Description: "Doing it again changes nothing.", Tags: tags,
	}, i.link)
	register(api, huma.Operation{
		OperationID: "unlink-credential", Method: http.MethodDelete, Path: "/v1/agents/{id}/links/{credential}",
		Summary: "Unlink a credential from an agent", Description: "The credential stays in the account. Doing it again changes nothing.", Tags: tags,
	}, i.unlink)
}

type integrationsView struct {
	Connected   []credentialView  `json:"connected" nullable:"false" doc:"Linked to the agent"`
	ReadyToLink []credentialView  `json:"ready_to_link" nullable:"false" doc:"In the account, not linked to the agent"`
	Available   []integrationView `json:"available" nullable:"false" doc:"All connectors"`
}

type integrationView struct {
	Name               string   `json:"name" example:"slack"`
	Title              string   `json:"title" example:"Slack"`
	Category           string   `json:"category" example:"messaging"`
	Summary            string   `json:"summary"`
	Icon               string   `json:"icon" doc:"SVG, 24 by 24, in currentColor"`
	CredentialTypes    []string `json:"credential_types" nullable:"false" doc:"The types that it takes; the first one is offered first"`
	CredentialOptional bool     `json:"credential_optional" doc:"Its actions work without a credential, too"`
	Connected          bool     `json:"connected" doc:"A credential that it takes is linked to the agent"`
	ReadyToLink        bool     `json:"ready_to_link" doc:"A credential that it takes is in the account, not linked to the agent"`
}

func (i Integrations) get(ctx context.Context, p account.Principal, in *agentID) (*shown[integrationsView], error) {
	found, err := i.Service.Integrations(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	v := integrationsView{Connected: []credentialView{}, ReadyToLink: []credentialView{}, Available: []integrationView{}}
	connected, ready := map[string]bool{}, map[string]bool{} // by credential type
	view := viewCredential(i.Service.Catalog)
	for _, c := range found.Connected {
		v.Connected = append(v.Connected, view(c))
		connected[c.Type] = true
	}
	for _, c := range found.ReadyToLink {
		v.ReadyToLink = append(v.ReadyToLink, view(c))
		ready[c.Type] = true
	}
	for _, con := range i.Service.Catalog.All() {
		types := typeNames(con)
		v.Available = append(v.Available, integrationView{
			Name: con.Name, Title: con.Title, Category: string(con.Category), Summary: con.Summary, Icon: con.Icon,
			CredentialTypes: types, CredentialOptional: con.CredentialOptional,
			Connected: anyOf(types, connected), ReadyToLink: anyOf(types, ready),
		})
	}
	return show(v), nil
}

func anyOf(names []string, set map[string]bool) bool {
	for _, name := range names {
		if set[name] {
			return true
		}
	}
	return false
}

type linkID struct {
	ID         string `path:"id" doc:"The agent's id"`
	Credential string `path:"credential" doc:"The credential's id"`
}

func (i Integrations) link(ctx context.Context, p account.Principal, in *linkID) (*done, error) {
	if err := i.Service.Link(ctx, p, in.ID, in.Credential); err != nil {
		return nil, err
	}
	return &done{}, nil
}

func (i Integrations) unlink(ctx context.Context, p account.Principal, in *linkID) (*done, error) {
	if err := i.Service.Unlink(ctx, p, in.ID, in.Credential); err != nil {
		return nil, err
	}
	return &done{}, nil
}
