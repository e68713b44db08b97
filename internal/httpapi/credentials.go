package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/workflow"
)

// Credentials serves the stored secrets of an account. Their data goes in and never
// comes out again.
type Credentials struct {
	Service *credential.Service
	// Missed gives what triggers have not started, for the list of problems.
	Missed func(ctx context.Context, p account.Principal) ([]workflow.Missed, error)
}

// Mount adds the routes.
func (c Credentials) Mount(api huma.API) {
	tags := []string{"Credentials"}
	register(api, huma.Operation{
		OperationID: "list-problems", Method: http.MethodGet, Path: "/v1/problems",
		Summary: "List what does not work: credentials, with the workflows that they break, and starts that were missed",
		Description: "The items are what the checks of credentials on a schedule, verifying by hand, or a failed renewal have found. A page may have fewer items than its limit while there is a next one. " +
			"The first page has what triggers have not started, and will not, in missed_starts: by workflow and reason, the latest first, 100 at most, each for seven days.",
		Tags: tags,
	}, c.problems)
	register(api, huma.Operation{
		OperationID: "create-credential", Method: http.MethodPost, Path: "/v1/credentials", DefaultStatus: http.StatusCreated,
		Summary: "Store a credential", Description: "The data is encrypted and never shown again.", Tags: tags,
	}, c.create)
	register(api, huma.Operation{
		OperationID: "list-credentials", Method: http.MethodGet, Path: "/v1/credentials",
		Summary: "List the account's credentials, oldest first", Tags: tags,
	}, c.list)
	register(api, huma.Operation{
		OperationID: "get-credential", Method: http.MethodGet, Path: "/v1/credentials/{id}",
		Summary: "Read what may be shown of a credential", Tags: tags,
	}, c.get)
	register(api, huma.Operation{
		OperationID: "update-credential", Method: http.MethodPatch, Path: "/v1/credentials/{id}",
		Summary: "Rename or rotate a credential", Description: "New data replaces the old as a whole; whoever uses the credential uses the new data from then on.", Tags: tags,
		Errors: []int{http.StatusConflict},
	}, c.update)
	register(api, huma.Operation{
		OperationID: "delete-credential", Method: http.MethodDelete, Path: "/v1/credentials/{id}",
		Summary: "Delete a credential", Description: "409 `credential_in_use`, with the agents and workflows, while something uses it.", Tags: tags,
		Errors: []int{http.StatusConflict},
	}, c.delete)
	register(api, huma.Operation{
		OperationID: "verify-data", Method: http.MethodPost, Path: "/v1/credentials/verify",
		Summary: "Ask the service whether data works", Description: "Nothing is stored.", Tags: tags,
	}, c.verifyData)
	register(api, huma.Operation{
		OperationID: "verify-credential", Method: http.MethodPost, Path: "/v1/credentials/{id}/verify",
		Summary: "Ask the service whether a stored credential works", Tags: tags,
	}, c.verifyStored)
}

type credentialView struct {
	ID           string              `json:"id" example:"cred_0198f2c4a1b27d3e8f90123456789abc"`
	Type         string              `json:"type" example:"slack_bot_token"`
	Name         string              `json:"name" example:"Slack of the support team"`
	Hint         string              `json:"hint" doc:"The end of one field, to tell credentials apart; may be empty" example:"4f2a"`
	CreatedAt    time.Time           `json:"created_at"`
	UpdatedAt    time.Time           `json:"updated_at"`
	VerifiedAt   *time.Time          `json:"verified_at" doc:"When the service last said that it works; null if never"`
	Checked      bool                `json:"checked" doc:"The service is asked now and then whether it still works, where it has a way to ask"`
	Status       string              `json:"status" enum:"ok,needs_reconnect,failing" doc:"needs_reconnect: access has to be granted again. failing: the service refuses it. Verifying, rotating or reconnecting it ends either"`
	StatusDetail string              `json:"status_detail,omitempty" doc:"Why, for people"`
	StatusAt     *time.Time          `json:"status_at" doc:"Since when; null while it is ok"`
	Breaks       []credential.Use    `json:"breaks,omitempty" nullable:"false" doc:"While it is not ok: the workflows that it breaks. Only where one credential is read"`
	Connectors   []connectorNameView `json:"connectors" nullable:"false" doc:"The connectors that take it"`
}

func viewCredential(catalog *connector.Catalog) func(credential.Credential) credentialView {
	return func(c credential.Credential) credentialView {
		return credentialView{
			ID: c.ID, Type: c.Type, Name: c.Name, Hint: c.Hint,
			CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(), VerifiedAt: moment(c.VerifiedAt),
			Checked: !c.Unchecked,
			Status:  cmp.Or(string(c.Condition.Status), "ok"), StatusDetail: c.Condition.Detail, StatusAt: moment(c.Condition.At),
			Connectors: accepting(catalog, c.Type),
		}
	}
}

func (c Credentials) view(stored credential.Credential) credentialView {
	return viewCredential(c.Service.Catalog)(stored)
}

type problemListItem struct {
	Credential string           `json:"credential_id" example:"cred_0198f2c4a1b27d3e8f90123456789abc"`
	Type       string           `json:"type"`
	Name       string           `json:"name"`
	Status     string           `json:"status" enum:"needs_reconnect,failing"`
	Detail     string           `json:"detail" doc:"Why, for people"`
	Since      *time.Time       `json:"since"`
	Agents     []string         `json:"agent_ids" nullable:"false" doc:"The agents that it is linked to"`
	Workflows  []credential.Use `json:"workflows" nullable:"false" doc:"The workflows that it breaks: drafts and what is published"`
}

type problemsView struct {
	Items      []problemListItem `json:"items" nullable:"false"`
	NextCursor string            `json:"next_cursor,omitempty" doc:"Where the next page begins; not there on the last one"`

	Missed []missedView `json:"missed_starts,omitempty" nullable:"false" doc:"What triggers have not started, and will not; on the first page, where there is any"`
}

type missedView struct {
	Workflow string              `json:"workflow_id" example:"wf_0198f2c4a1b27d3e8f90123456789abc"`
	Name     string              `json:"workflow_name"`
	Agent    string              `json:"agent_id"`
	Trigger  string              `json:"trigger" enum:"schedule,event"`
	Reason   workflow.MissReason `json:"reason" enum:"superseded,expired,failed"`
	Detail   string              `json:"detail" doc:"Why, for people"`
	Hint     string              `json:"hint" doc:"What to do about it"`
	Count    int64               `json:"count" doc:"How many starts were missed for this reason"`
	First    time.Time           `json:"first_at" doc:"When the first of them was given up"`
	Last     time.Time           `json:"last_at" doc:"When the last of them was"`
	Due      time.Time           `json:"due_at" doc:"When the last of them should have been: the time of the schedule, or of the event"`
	Event    string              `json:"event_id,omitempty" doc:"The event that should have made the last of them"`
}

// missedWords are why a start was missed, and what to do about it.
var missedWords = map[workflow.MissReason][2]string{
	workflow.MissSuperseded: {
		"A run was refused until the next one was due, which stands for it.",
		"Look at the quotas of the account and at what runs when; let the schedule run less often, or start the workflow by hand for the time that was missed.",
	},
	workflow.MissExpired: {
		"An event was refused a start for 24 hours, as quotas had no room for it.",
		"Look at the quotas of the account and at what else runs; put the event again if it still matters.",
	},
	workflow.MissFailed: {
		"A start failed, and trying again would not have helped.",
		"Start the workflow by hand: the answer says what is wrong. The log has what was wrong then.",
	},
}

func viewMissed(m workflow.Missed) missedView {
	words := missedWords[m.Reason]
	return missedView{
		Workflow: m.Workflow, Name: m.Name, Agent: m.Agent, Trigger: m.Trigger, Reason: m.Reason, Detail: words[0], Hint: words[1],
		Count: m.Count, First: m.First.UTC(), Last: m.Last.UTC(), Due: m.Due.UTC(), Event: m.Event,
	}
}

func (c Credentials) problems(ctx context.Context, p account.Principal, in *struct{ Paging }) (*shown[problemsView], error) {
	problems, err := c.Service.Problems(ctx, p, in.query())
	if err != nil {
		return nil, err
	}
	page := showPage(problems, func(found credential.Problem) problemListItem {
		c := found.Credential
		return problemListItem{
			Credential: c.ID, Type: c.Type, Name: c.Name, Status: string(c.Condition.Status), Detail: c.Condition.Detail,
			Since: moment(c.Condition.At), Agents: list(found.Agents), Workflows: list(found.Workflows),
		}
	})
	v := problemsView{Items: page.Body.Items, NextCursor: page.Body.NextCursor}
	if in.Cursor != "" {
		return show(v), nil
	}
	missed, err := c.Missed(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, m := range missed {
		v.Missed = append(v.Missed, viewMissed(m))
	}
	return show(v), nil
}

type newCredential struct {
	Body struct {
		Type string         `json:"type" doc:"The credential type" example:"slack_bot_token"`
		Name string         `json:"name,omitempty" nullable:"true" doc:"What people call it; the type's title if there is none"`
		Data map[string]any `json:"data" writeOnly:"true" doc:"The values of the type's fields"`
	}
}

func (c Credentials) create(ctx context.Context, p account.Principal, in *newCredential) (*created[credentialView], error) {
	made, err := c.Service.Create(ctx, p, in.Body.Type, in.Body.Name, in.Body.Data)
	if err != nil {
		return nil, err
	}
	return &created[credentialView]{Location: "/v1/credentials/" + made.ID, Body: c.view(made)}, nil
}

type credentialList struct {
	Paging
	Type string `query:"type" doc:"Only credentials of this type"`
}

func (c Credentials) list(ctx context.Context, p account.Principal, in *credentialList) (*shown[listView[credentialView]], error) {
	credentials, err := c.Service.List(ctx, p, credential.Filter{Type: in.Type}, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(credentials, c.view), nil
}

type credentialID struct {
	ID string `path:"id" doc:"The credential's id"`
}

func (c Credentials) get(ctx context.Context, p account.Principal, in *credentialID) (*shown[credentialView], error) {
	found, err := c.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	view := c.view(found)
	if view.Breaks, err = c.Service.Breaks(ctx, p, found); err != nil {
		return nil, err
	}
	return show(view), nil
}

type credentialChange struct {
	ID   string `path:"id" doc:"The credential's id"`
	Body struct {
		Name *string        `json:"name,omitempty" nullable:"true" minLength:"1" pattern:"\\S" doc:"A new name"`
		Data map[string]any `json:"data,omitempty" nullable:"true" writeOnly:"true" doc:"New values of all fields"`

		Checked *bool `json:"checked,omitempty" nullable:"true" doc:"Whether the service is asked now and then whether it still works"`
	}
}

func (c Credentials) update(ctx context.Context, p account.Principal, in *credentialChange) (*shown[credentialView], error) {
	changed, err := c.Service.Update(ctx, p, in.ID, credential.Change{Name: in.Body.Name, Data: in.Body.Data, Checked: in.Body.Checked})
	if err != nil {
		return nil, err
	}
	return show(c.view(changed)), nil
}

type credentialDeletion struct {
	ID    string `path:"id" doc:"The credential's id"`
	Force bool   `query:"force" doc:"Delete it although something uses it"`
}

func (c Credentials) delete(ctx context.Context, p account.Principal, in *credentialDeletion) (*done, error) {
	if err := c.Service.Delete(ctx, p, in.ID, in.Force); err != nil {
		return nil, err
	}
	return &done{}, nil
}

type verificationView struct {
	OK       bool                `json:"ok" doc:"The service accepts it"`
	Detail   string              `json:"detail" doc:"What the service says, for people"`
	Hint     string              `json:"hint,omitempty" doc:"What to do about it"`
	Identity *connector.Identity `json:"identity,omitempty" doc:"Whose credential it is"`
}

func viewVerification(v credential.Verification) verificationView {
	return verificationView{OK: v.OK, Detail: v.Detail, Hint: v.Hint, Identity: v.Identity}
}

type verification struct {
	Body struct {
		Type string         `json:"type" doc:"The credential type" example:"slack_bot_token"`
		Data map[string]any `json:"data" writeOnly:"true" doc:"The values of the type's fields"`
	}
}

func (c Credentials) verifyData(ctx context.Context, p account.Principal, in *verification) (*shown[verificationView], error) {
	v, err := c.Service.VerifyData(ctx, p, in.Body.Type, in.Body.Data)
	if err != nil {
		return nil, err
	}
	return show(viewVerification(v)), nil
}

func (c Credentials) verifyStored(ctx context.Context, p account.Principal, in *credentialID) (*shown[verificationView], error) {
	v, err := c.Service.VerifyStored(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	return show(viewVerification(v)), nil
}
