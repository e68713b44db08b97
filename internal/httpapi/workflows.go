package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Workflows serves drafts and their versions.
type Workflows struct {
	Service   *workflow.Service
	PublicURL string // what webhook URLs start with
}

// Mount adds the routes.
func (w Workflows) Mount(api huma.API) {
	tags := []string{"Workflows"}
	register(api, huma.Operation{
		OperationID: "create-workflow", Method: http.MethodPost, Path: "/v1/agents/{id}/workflows", DefaultStatus: http.StatusCreated,
		Summary: "Create a workflow", Description: "The body is its document. One with problems is stored all the same; `diagnostics` lists them.", Tags: tags,
		MaxBodyBytes: maxDocumentBody, SkipValidateBody: true,
	}, w.create)
	register(api, huma.Operation{
		OperationID: "list-workflows", Method: http.MethodGet, Path: "/v1/agents/{id}/workflows",
		Summary: "List an agent's workflows, oldest first", Description: "Without their documents.", Tags: tags,
	}, w.list)
	register(api, huma.Operation{
		OperationID: "get-workflow", Method: http.MethodGet, Path: "/v1/workflows/{id}",
		Summary: "Read a workflow with its draft", Tags: tags,
		Responses: map[string]*huma.Response{"304": {Description: "It is what If-None-Match names"}},
	}, w.get)
	register(api, huma.Operation{
		OperationID: "put-workflow", Method: http.MethodPut, Path: "/v1/workflows/{id}",
		Summary: "Replace the draft", Description: "The body is the whole document, If-Match the etag of the draft that it was made from. Published versions stay as they are.", Tags: tags,
		MaxBodyBytes: maxDocumentBody, SkipValidateBody: true,
		SkipValidateParams: true, // a missing If-Match has a status of its own
		Errors:             []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, w.put)
	register(api, huma.Operation{
		OperationID: "delete-workflow", Method: http.MethodDelete, Path: "/v1/workflows/{id}",
		Summary: "Delete a workflow with its versions", Description: "What is running goes on to its end.", Tags: tags,
	}, w.delete)
	w.mountChecks(api, tags)
	w.mountVersions(api, tags)
}

type workflowView struct {
	ID               string    `json:"id" example:"wf_0198f2c4a1b27d3e8f90123456789abc"`
	AgentID          string    `json:"agent_id"`
	Name             string    `json:"name" doc:"The document's"`
	Trigger          string    `json:"trigger" doc:"The type of the document's trigger; empty if it has none" example:"webhook"`
	Document         document  `json:"document,omitzero" doc:"The draft; not there in lists"`
	ETag             string    `json:"etag" doc:"Names this state of the draft, for If-Match" example:"\"3\""`
	PublishedVersion *int      `json:"published_version" doc:"The version that serves; null if none does"`
	LatestVersion    *int      `json:"latest_version" doc:"The last version that was published; null if there is none"`
	WebhookURL       string    `json:"webhook_url,omitempty" doc:"What starts it, while a version with a webhook trigger serves; not there for viewers"`
	NextRun          time.Time `json:"next_run,omitzero" doc:"When it starts next, while a version with a schedule serves"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`

	Diagnostics []workflow.Diagnostic `json:"diagnostics,omitzero" nullable:"false" doc:"What is wrong with the draft that was just stored"`
}

// view shows a workflow without its document. Its webhook's URL starts it, so only
// those see it who may.
func (w Workflows) view(ctx context.Context, p account.Principal, wf workflow.Workflow) workflowView {
	v := workflowView{
		ID: wf.ID, AgentID: wf.Agent, Name: wf.Name, Trigger: wf.Trigger, ETag: etag(wf),
		PublishedVersion: number(wf.Published), LatestVersion: number(wf.Latest),
		CreatedAt: wf.CreatedAt.UTC(), UpdatedAt: wf.UpdatedAt.UTC(),
	}
	if p.Role.Includes(account.Operator) {
		v.WebhookURL = w.webhookURL(wf)
	}
	var err error
	if v.NextRun, err = w.Service.NextRun(ctx, wf); err != nil {
		traceOf(ctx).failure = err // what was asked for is there all the same
	}
	return v
}

// whole shows a workflow with its document.
func (w Workflows) whole(ctx context.Context, p account.Principal, wf workflow.Workflow) *oneWorkflow {
	v := w.view(ctx, p, wf)
	v.Document = document(wf.Document)
	return &oneWorkflow{Status: http.StatusOK, ETag: v.ETag, Body: v}
}

// stored shows a workflow whose draft was just stored, with what is wrong with it.
func (w Workflows) stored(ctx context.Context, p account.Principal, wf workflow.Workflow) *oneWorkflow {
	out := w.whole(ctx, p, wf)
	diagnostics, err := w.Service.CheckDraft(ctx, p, wf.ID)
	if err != nil {
		// The draft is stored, which is what was asked for.
		traceOf(ctx).failure = err
		return out
	}
	out.Body.Diagnostics = list(diagnostics)
	return out
}

func (w Workflows) webhookURL(wf workflow.Workflow) string {
	if wf.HookSecret == "" {
		return ""
	}
	return strings.TrimSuffix(w.PublicURL, "/") + "/hooks/" + wf.HookSecret
}

// number is a version's number as it is shown.
func number(version int) *int {
	if version == 0 {
		return nil
	}
	return &version
}

type oneWorkflow struct {
	Status int
	ETag   string `header:"ETag" doc:"Names this state of the draft, for If-Match"`
	Body   workflowView
}

type createdWorkflow struct {
	ETag     string `header:"ETag" doc:"Names this state of the draft, for If-Match"`
	Location string `header:"Location" doc:"Where it is"`
	Body     workflowView
}

type newWorkflow struct {
	Agent string `path:"id" doc:"The agent's id"`
	Body  document
}

func (w Workflows) create(ctx context.Context, p account.Principal, in *newWorkflow) (*createdWorkflow, error) {
	made, err := w.Service.Create(ctx, p, in.Agent, in.Body)
	if err != nil {
		return nil, err
	}
	out := w.stored(ctx, p, made)
	return &createdWorkflow{ETag: out.ETag, Location: "/v1/workflows/" + made.ID, Body: out.Body}, nil
}

type workflowList struct {
	Agent string `path:"id" doc:"The agent's id"`
	Paging
}

func (w Workflows) list(ctx context.Context, p account.Principal, in *workflowList) (*shown[listView[workflowView]], error) {
	workflows, err := w.Service.List(ctx, p, in.Agent, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(workflows, func(wf workflow.Workflow) workflowView { return w.view(ctx, p, wf) }), nil
}

type workflowID struct {
	ID string `path:"id" doc:"The workflow's id"`
}

type workflowRead struct {
	ID          string `path:"id" doc:"The workflow's id"`
	IfNoneMatch string `header:"If-None-Match" doc:"An etag: 304 if the draft is still the same"`
}

func (w Workflows) get(ctx context.Context, p account.Principal, in *workflowRead) (*oneWorkflow, error) {
	found, err := w.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	out := w.whole(ctx, p, found)
	if matches(strings.ReplaceAll(in.IfNoneMatch, "W/", ""), found) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

type draft struct {
	ID      string `path:"id" doc:"The workflow's id"`
	IfMatch string `header:"If-Match" required:"true" doc:"The etag of the draft that this one was made from; * replaces whatever is there"`
	Body    document
}

func (w Workflows) put(ctx context.Context, p account.Principal, in *draft) (*oneWorkflow, error) {
	if in.IfMatch == "" {
		return nil, fault.New(fault.PreconditionRequired, "Replacing a draft needs the header If-Match.").
			WithHint("Send the etag of the draft that your changes were made on, or * to replace whatever is there.")
	}
	current, err := w.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	revision := current.Revision
	if !matches(in.IfMatch, current) {
		revision = 0 // none has it, so that the service refuses in its own words
	}
	changed, err := w.Service.Put(ctx, p, in.ID, revision, in.Body)
	if err != nil {
		return nil, err
	}
	return w.stored(ctx, p, changed), nil
}

func (w Workflows) delete(ctx context.Context, p account.Principal, in *workflowID) (*done, error) {
	if err := w.Service.Delete(ctx, p, in.ID); err != nil {
		return nil, err
	}
	return &done{}, nil
}

func etag(w workflow.Workflow) string { return strconv.Quote(strconv.FormatInt(w.Revision, 10)) }

// matches says whether a list of etags names the workflow's draft. The quotes, which
// shells like to eat, may be missing.
func matches(header string, w workflow.Workflow) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || tag == etag(w) || tag == strings.Trim(etag(w), `"`) {
			return true
		}
	}
	return false
}
