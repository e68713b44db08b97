package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/account"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// access says for every route below /v1 who may use it. It is the one place where
// that stands: a route that is not here cannot be mounted, the description is made
// from it, and one middleware enforces it before anything else of a request is read.
var access = map[string]rule{
	"GET /v1/connectors":                   {account.Viewer, nobodys},
	"GET /v1/connectors/{name}":            {account.Viewer, nobodys},
	"POST /v1/connectors/http/import-curl": {account.Viewer, nobodys},
	"GET /v1/credential-types":             {account.Viewer, nobodys},
	"GET /v1/credential-types/{type}":      {account.Viewer, nobodys},

	"POST /v1/agents":        {account.Editor, theAccounts},
	"GET /v1/agents":         {account.Viewer, narrowed},
	"GET /v1/agents/{id}":    {account.Viewer, anAgent},
	"PATCH /v1/agents/{id}":  {account.Editor, anAgent},
	"DELETE /v1/agents/{id}": {account.Editor, theAccounts},

	"POST /v1/credentials":                       {account.Editor, theAccounts},
	"GET /v1/credentials":                        {account.Viewer, narrowed},
	"GET /v1/credentials/{id}":                   {account.Viewer, aCredential},
	"PATCH /v1/credentials/{id}":                 {account.Editor, theAccounts},
	"DELETE /v1/credentials/{id}":                {account.Editor, theAccounts},
	"POST /v1/credentials/verify":                {account.Editor, theAccounts},
	"POST /v1/credentials/{id}/verify":           {account.Editor, aCredential},
	"GET /v1/credentials/{id}/options":           {account.Editor, aCredential},
	"POST /v1/oauth/{credential_type}/authorize": {account.Editor, theAccounts},
	"GET /v1/problems":                           {account.Viewer, theAccounts},

	"GET /v1/agents/{id}/integrations":          {account.Viewer, anAgent},
	"PUT /v1/agents/{id}/links/{credential}":    {account.Editor, aLink},
	"DELETE /v1/agents/{id}/links/{credential}": {account.Editor, anAgent}, // what is not linked may be unlinked again

	"POST /v1/agents/{id}/workflows":            {account.Editor, anAgent},
	"GET /v1/agents/{id}/workflows":             {account.Viewer, anAgent},
	"GET /v1/workflows/{id}":                    {account.Viewer, aWorkflow},
	"PUT /v1/workflows/{id}":                    {account.Editor, aWorkflow},
	"DELETE /v1/workflows/{id}":                 {account.Editor, aWorkflow},
	"POST /v1/workflows/{id}/check":             {account.Viewer, aWorkflow},
	"POST /v1/workflows/check":                  {account.Viewer, narrowed},
	"POST /v1/workflows/{id}/publish":           {account.Editor, aWorkflow},
	"POST /v1/workflows/{id}/trial":             {account.Editor, aWorkflow},
	"GET /v1/workflows/{id}/versions":           {account.Viewer, aWorkflow},
	"GET /v1/workflows/{id}/versions/{version}": {account.Viewer, aWorkflow},
	"POST /v1/workflows/{id}/rollback":          {account.Editor, aWorkflow},
	"POST /v1/workflows/{id}/unpublish":         {account.Editor, aWorkflow},
	"GET /v1/workflows/{id}/definition":         {account.Viewer, aWorkflow},
	"POST /v1/workflows/{id}/nodes/{node}/test": {account.Editor, aWorkflow},

	"POST /v1/workflows/{id}/executions":         {account.Operator, aWorkflow},
	"GET /v1/workflows/{id}/executions":          {account.Viewer, aWorkflow},
	"GET /v1/executions/{id}":                    {account.Viewer, anExecution},
	"GET /v1/executions/{id}/values/{value}":     {account.Viewer, anExecution},
	"POST /v1/executions/{id}/stop":              {account.Operator, anExecution},
	"POST /v1/executions/{id}/redrive":           {account.Operator, anExecution},
	"POST /v1/executions/{id}/replay":            {account.Operator, anExecution},
	"POST /v1/workflows/{id}/executions/redrive": {account.Operator, aWorkflow},
	"POST /v1/workflows/{id}/executions/replay":  {account.Operator, aWorkflow},
	"GET /v1/approvals":                          {account.Operator, narrowed}, // with the links at which they are answered
	"POST /v1/events":                            {account.Operator, theAccounts},
	"GET /v1/quotas":                             {account.Viewer, theAccounts},

	"POST /v1/api-keys":        {account.Admin, theAccounts},
	"GET /v1/api-keys":         {account.Admin, theAccounts},
	"DELETE /v1/api-keys/{id}": {account.Admin, theAccounts},
	"GET /v1/me":               {account.Viewer, nobodys}, // who asks is nobody else's
	"POST /v1/members":         {account.Admin, theAccounts},
	"GET /v1/members":          {account.Admin, theAccounts},
	"PATCH /v1/members/{id}":   {account.Admin, theAccounts},
	"DELETE /v1/members/{id}":  {account.Admin, theAccounts},
	"GET /v1/audit":            {account.Admin, theAccounts},
	"GET /v1/audit/export":     {account.Admin, theAccounts},
	"GET /v1/usage":            {account.Viewer, theAccounts},
	"GET /v1/export":           {account.Admin, theAccounts},
	"POST /v1/import":          {account.Admin, theAccounts},
}

// rule is who may use a route.
type rule struct {
	role account.Role // the smallest that may
	of   owner        // for keys of one agent
}

// owner says what a route is about, for keys that are for one agent.
type owner string

const (
	nobodys     owner = "nobodys"    // the same for everybody
	theAccounts owner = "account"    // more than one agent's: such a key may not
	narrowed    owner = "narrowed"   // the handler shows no more than the agent's
	anAgent     owner = "agent"      // {id} is an agent, and so on
	aLink       owner = "link"       // {id} is an agent, and {credential} has to be linked to it
	aCredential owner = "credential" // which has to be linked to the agent
	aWorkflow   owner = "workflow"
	anExecution owner = "execution"
)

// Owners finds out what belongs to an agent, for keys that are for one alone. Its
// errors are those of the repositories.
type Owners interface {
	Workflow(ctx context.Context, account, id string) (workflow.Workflow, error)
	Execution(ctx context.Context, account, id string) (execution.Execution, error)
	LinkedCredentials(ctx context.Context, account, agent string) ([]string, error)
}

type ownersKey struct{}

// guard is the middleware of a route below /v1. It also writes into the description
// who may use the route.
func guard(op *huma.Operation) {
	name := op.Method + " " + op.Path
	r, ok := access[name]
	if !ok {
		panic(fmt.Sprintf("nobody has said who may use %s: add it to the table in access.go", name))
	}
	op.Security = []map[string][]string{{securityScheme: {}}}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	op.Extensions["x-role"] = r.role
	op.Extensions["x-agent-key"] = r.of != theAccounts
	op.Middlewares = append(huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if err := r.admit(ctx); err != nil {
			req, w := humago.Unwrap(ctx)
			writeProblem(w, req, err)
			return
		}
		next(ctx)
	}}, op.Middlewares...)
}

// admit is nil for a caller who may use the route for what its path names.
func (r rule) admit(ctx huma.Context) error {
	p, ok := account.FromContext(ctx.Context())
	if !ok {
		return noToken()
	}
	if !p.Role.Includes(r.role) {
		return tooSmall(p, r.role)
	}
	if p.Agent == "" {
		return nil
	}
	owners, _ := ctx.Context().Value(ownersKey{}).(Owners)
	return r.confine(ctx, p, owners)
}

func tooSmall(p account.Principal, needed account.Role) *fault.Error {
	has := "You have no role"
	if p.Role.Known() {
		has = fmt.Sprintf("Your role is %s", p.Role)
	}
	return fault.New(fault.Forbidden, "%s; this needs %s.", has, needed).
		WithHint("Ask an owner or admin of the account for a larger role, or for a key that has it.")
}

// confine refuses a key of one agent what is not that agent's: as not there, where it
// is another agent's.
func (r rule) confine(ctx huma.Context, p account.Principal, owners Owners) error {
	id := ctx.Param("id")
	switch r.of {
	case nobodys, narrowed:
		return nil
	case anAgent:
		return ofAgent(p, id)
	case theAccounts:
		return fault.New(fault.Forbidden, "This key is for one agent; this concerns the whole account.").
			WithHint("Use a key of the account.")
	}
	if owners == nil {
		return fault.New(fault.Forbidden, "Keys of one agent cannot be used here.")
	}
	switch r.of {
	case aLink:
		if err := ofAgent(p, id); err != nil {
			return err
		}
		return linked(ctx.Context(), p, owners, ctx.Param("credential"))
	case aCredential:
		return linked(ctx.Context(), p, owners, id)
	case aWorkflow:
		w, err := owners.Workflow(ctx.Context(), p.Account, id)
		if err == nil && w.Agent != p.Agent {
			err = fault.NotFoundf("There is no workflow %s.", id)
		}
		return err
	case anExecution:
		x, err := owners.Execution(ctx.Context(), p.Account, id)
		if err == nil && x.Agent != p.Agent {
			err = fault.NotFoundf("There is no execution %s.", id)
		}
		return err
	default:
		panic("unknown owner " + string(r.of))
	}
}

func ofAgent(p account.Principal, id string) error {
	if id != p.Agent {
		return fault.NotFoundf("There is no agent %s.", id)
	}
	return nil
}

func linked(ctx context.Context, p account.Principal, owners Owners, id string) error {
	ids, err := owners.LinkedCredentials(ctx, p.Account, p.Agent)
	if err == nil && !slices.Contains(ids, id) {
		err = fault.NotFoundf("There is no credential %s.", id)
	}
	return err
}
