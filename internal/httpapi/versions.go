package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/workflow"
)

func (w Workflows) mountChecks(api huma.API, tags []string) {
	register(api, huma.Operation{
		OperationID: "check-workflow", Method: http.MethodPost, Path: "/v1/workflows/{id}/check",
		Summary: "Check the draft", Description: "Reports everything that is wrong with it; only errors keep it from being published.", Tags: tags,
	}, w.checkDraft)
	register(api, huma.Operation{
		OperationID: "check-document", Method: http.MethodPost, Path: "/v1/workflows/check",
		Summary: "Check a document", Description: "The body is the document. Nothing is stored.", Tags: tags,
		MaxBodyBytes: maxDocumentBody, SkipValidateBody: true,
		Errors: []int{http.StatusNotFound},
	}, w.checkDocument)
}

func (w Workflows) mountVersions(api huma.API, tags []string) {
	register(api, huma.Operation{
		OperationID: "publish-workflow", Method: http.MethodPost, Path: "/v1/workflows/{id}/publish", DefaultStatus: http.StatusCreated,
		Summary: "Publish the draft as a new version, which serves from then on", Description: "409 `workflow_invalid`, with the diagnostics, if it has errors. With If-Match, 412 if the draft is no longer the one that it names.", Tags: tags,
		Errors: []int{http.StatusConflict, http.StatusPreconditionFailed},
	}, w.publish)
	register(api, huma.Operation{
		OperationID: "try-workflow", Method: http.MethodPost, Path: "/v1/workflows/{id}/trial", DefaultStatus: http.StatusCreated,
		Summary: "Make the draft ready to run whole, without publishing it", Tags: tags,
		Description: "The answer names a version that serves nothing and is in no list; starting an execution with it runs the draft as it is now. 409 `workflow_invalid`, with the diagnostics, if it has errors. With If-Match, 412 if the draft is no longer the one that it names.",
		Errors:      []int{http.StatusConflict, http.StatusPreconditionFailed},
	}, w.try)
	register(api, huma.Operation{
		OperationID: "list-versions", Method: http.MethodGet, Path: "/v1/workflows/{id}/versions",
		Summary: "List the versions, newest first", Tags: tags,
	}, w.versions)
	register(api, huma.Operation{
		OperationID: "get-version", Method: http.MethodGet, Path: "/v1/workflows/{id}/versions/{version}",
		Summary: "Read a version with its document", Description: "Versions never change.", Tags: tags,
	}, w.version)
	register(api, huma.Operation{
		OperationID: "rollback-workflow", Method: http.MethodPost, Path: "/v1/workflows/{id}/rollback",
		Summary: "Have another version serve", Description: "The draft stays as it is. 409 `workflow_invalid`, with the diagnostics, where the version could not be published now: workflows that it runs may be gone or run it themselves, its credentials may no longer be linked, and its schedule may be one that the account may no longer have.", Tags: tags,
		Errors: []int{http.StatusConflict},
	}, w.rollback)
	register(api, huma.Operation{
		OperationID: "unpublish-workflow", Method: http.MethodPost, Path: "/v1/workflows/{id}/unpublish",
		Summary: "Have no version serve", Description: "Nothing starts any more; the versions stay.", Tags: tags,
	}, w.unpublish)
	register(api, huma.Operation{
		OperationID: "get-definition", Method: http.MethodGet, Path: "/v1/workflows/{id}/definition",
		Summary: "Read the Amazon States Language of a version", Description: "Exactly what is deployed.", Tags: tags,
		Errors: []int{http.StatusConflict},
		Responses: map[string]*huma.Response{"200": {
			Description: "The definition",
			Content:     map[string]*huma.MediaType{mediaJSON: {Schema: &huma.Schema{Type: huma.TypeObject}}},
		}},
	}, w.definition)
}

type checkView struct {
	Diagnostics []workflow.Diagnostic `json:"diagnostics" nullable:"false" doc:"In the order of the document"`
	NextRuns    []time.Time           `json:"next_runs,omitempty" nullable:"false" doc:"The next five times at which it would start if it were published now, where the trigger is a schedule"`
}

func (w Workflows) checkDraft(ctx context.Context, p account.Principal, in *workflowID) (*shown[checkView], error) {
	draft, err := w.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	diagnostics, err := w.Service.CheckDraft(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	return show(checkView{list(diagnostics), w.Service.RunsIfPublished(draft.Document, nextRuns)}), nil
}

type documentCheck struct {
	Agent string `query:"agent" doc:"Check it as a draft of this agent; without one, links are not looked at"`
	Body  document
}

func (w Workflows) checkDocument(ctx context.Context, p account.Principal, in *documentCheck) (*shown[checkView], error) {
	diagnostics, err := w.Service.CheckDocument(ctx, p, in.Agent, in.Body)
	if err != nil {
		return nil, err
	}
	return show(checkView{list(diagnostics), w.Service.RunsIfPublished(in.Body, nextRuns)}), nil
}

// nextRuns is how many runs of a schedule are shown.
const nextRuns = 5

type draftMeant struct {
	ID      string `path:"id" doc:"The workflow's id"`
	IfMatch string `header:"If-Match" doc:"The etag of the draft that is meant: 412 if another is stored by now. Without it, whichever is stored"`
}

// precondition is what a header If-Match, which may be missing, asks of the draft.
func precondition(ifMatch string) workflow.Precondition {
	if ifMatch == "" {
		return nil
	}
	return func(stored workflow.Workflow) bool { return matches(ifMatch, stored) }
}

type publicationView struct {
	Version    int         `json:"version" doc:"The number of the version that serves now: a new one, unless the draft already served as it is" example:"1"`
	WebhookURL string      `json:"webhook_url,omitempty" doc:"What starts it, where the trigger is a webhook"`
	NextRuns   []time.Time `json:"next_runs,omitempty" nullable:"false" doc:"The next five times at which it starts, where the trigger is a schedule"`
}

func (w Workflows) publish(ctx context.Context, p account.Principal, in *draftMeant) (*shown[publicationView], error) {
	published, version, err := w.Service.Publish(ctx, p, in.ID, precondition(in.IfMatch))
	if err != nil {
		return nil, err
	}
	v := publicationView{Version: version.Number}
	if published.Trigger == workflow.TriggerWebhook {
		v.WebhookURL = w.webhookURL(published)
	}
	if v.NextRuns, err = w.Service.NextRuns(version, nextRuns); err != nil {
		return nil, err
	}
	return show(v), nil
}

type trialOfDraftView struct {
	Version int `json:"version" doc:"What to start an execution with" example:"1073741829"`
}

func (w Workflows) try(ctx context.Context, p account.Principal, in *draftMeant) (*shown[trialOfDraftView], error) {
	trial, err := w.Service.Try(ctx, p, in.ID, precondition(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return show(trialOfDraftView{trial.Number}), nil
}

type versionView struct {
	Version     int       `json:"version" example:"1"`
	PublishedAt time.Time `json:"published_at"`
	PublishedBy string    `json:"published_by" doc:"Who published it" example:"owner"`
	Current     bool      `json:"current" doc:"It is the version that serves"`
	Document    document  `json:"document,omitzero" doc:"What was published; not there in lists"`
}

func viewVersion(v workflow.Version, published int) versionView {
	return versionView{Version: v.Number, PublishedAt: v.PublishedAt.UTC(), PublishedBy: v.PublishedBy, Current: v.Number == published}
}

type versionList struct {
	ID string `path:"id" doc:"The workflow's id"`
	Paging
}

func (w Workflows) versions(ctx context.Context, p account.Principal, in *versionList) (*shown[listView[versionView]], error) {
	owner, err := w.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	versions, err := w.Service.Versions(ctx, p, in.ID, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(versions, func(v workflow.Version) versionView { return viewVersion(v, owner.Published) }), nil
}

type versionNumber struct {
	ID      string `path:"id" doc:"The workflow's id"`
	Version int    `path:"version" minimum:"1" doc:"The version's number"`
}

func (w Workflows) version(ctx context.Context, p account.Principal, in *versionNumber) (*shown[versionView], error) {
	owner, err := w.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := w.Service.Definition(ctx, p, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	v := viewVersion(found, owner.Published)
	v.Document = document(found.Document)
	return show(v), nil
}

type rollback struct {
	ID   string `path:"id" doc:"The workflow's id"`
	Body struct {
		Version int `json:"version" minimum:"1" doc:"The version that is to serve"`
	}
}

func (w Workflows) rollback(ctx context.Context, p account.Principal, in *rollback) (*oneWorkflow, error) {
	changed, err := w.Service.Rollback(ctx, p, in.ID, in.Body.Version)
	if err != nil {
		return nil, err
	}
	return w.whole(ctx, p, changed), nil
}

func (w Workflows) unpublish(ctx context.Context, p account.Principal, in *workflowID) (*oneWorkflow, error) {
	changed, err := w.Service.Unpublish(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	return w.whole(ctx, p, changed), nil
}

type definitionID struct {
	ID      string `path:"id" doc:"The workflow's id"`
	Version int    `query:"version" minimum:"1" doc:"The version; without it the one that serves, or else the latest"`
}

// raw is JSON that is sent byte for byte.
type raw struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Body        []byte
}

func (w Workflows) definition(ctx context.Context, p account.Principal, in *definitionID) (*raw, error) {
	v, err := w.Service.Definition(ctx, p, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: mediaJSON, Body: v.Definition}, nil
}
