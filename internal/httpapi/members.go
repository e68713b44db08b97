package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/member"
)

// Members serves the people of an account.
type Members struct{ Service *member.Service }

// Mount adds the routes.
func (m Members) Mount(api huma.API) {
	tags := []string{"Access"}
	register(api, huma.Operation{
		OperationID: "add-member", Method: http.MethodPost, Path: "/v1/members", DefaultStatus: http.StatusCreated, Tags: tags,
		Summary:     "Give a person a role",
		Description: "A person is known by the subject of the token that they log in with, or by an e-mail address that its issuer has verified. A role that the token itself has comes before this one.",
		Errors:      []int{http.StatusConflict},
	}, m.add)
	register(api, huma.Operation{
		OperationID: "list-members", Method: http.MethodGet, Path: "/v1/members", Tags: tags,
		Summary: "List the account's members, oldest first",
	}, m.list)
	register(api, huma.Operation{
		OperationID: "update-member", Method: http.MethodPatch, Path: "/v1/members/{id}", Tags: tags,
		Summary: "Give a member another role", Description: "409 where that would leave no owner.", Errors: []int{http.StatusConflict},
	}, m.update)
	register(api, huma.Operation{
		OperationID: "remove-member", Method: http.MethodDelete, Path: "/v1/members/{id}", Tags: tags,
		Summary: "Take a member's role away", Description: "409 for the last owner.", Errors: []int{http.StatusConflict},
	}, m.remove)
}

type memberView struct {
	ID        string       `json:"id" example:"mem_0198f2c4a1b27d3e8f90123456789abc"`
	Subject   string       `json:"subject,omitempty" doc:"The subject of the tokens that they log in with"`
	Email     string       `json:"email,omitempty"`
	Role      account.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	CreatedAt time.Time    `json:"created_at"`
	CreatedBy string       `json:"created_by" doc:"Who added them" example:"owner"`
}

func viewMember(m member.Member) memberView {
	return memberView{ID: m.ID, Subject: m.Subject, Email: m.Email, Role: m.Role, CreatedAt: m.CreatedAt.UTC(), CreatedBy: m.CreatedBy}
}

type newMember struct {
	Body struct {
		Subject string       `json:"subject,omitempty" nullable:"true" doc:"The subject of the tokens that they log in with"`
		Email   string       `json:"email,omitempty" nullable:"true" doc:"Their e-mail address, in place of a subject or beside it"`
		Role    account.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	}
}

func (m Members) add(ctx context.Context, p account.Principal, in *newMember) (*shown[memberView], error) {
	added, err := m.Service.Add(ctx, p, in.Body.Subject, in.Body.Email, in.Body.Role)
	if err != nil {
		return nil, err
	}
	return show(viewMember(added)), nil
}

func (m Members) list(ctx context.Context, p account.Principal, in *struct{ Paging }) (*shown[listView[memberView]], error) {
	members, err := m.Service.List(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(members, viewMember), nil
}

type memberChange struct {
	ID   string `path:"id" doc:"The member's id"`
	Body struct {
		Role account.Role `json:"role" enum:"owner,admin,editor,operator,viewer"`
	}
}

func (m Members) update(ctx context.Context, p account.Principal, in *memberChange) (*shown[memberView], error) {
	changed, err := m.Service.SetRole(ctx, p, in.ID, in.Body.Role)
	if err != nil {
		return nil, err
	}
	return show(viewMember(changed)), nil
}

type memberID struct {
	ID string `path:"id" doc:"The member's id"`
}

func (m Members) remove(ctx context.Context, p account.Principal, in *memberID) (*done, error) {
	if err := m.Service.Remove(ctx, p, in.ID); err != nil {
		return nil, err
	}
	return &done{}, nil
}
