package httpapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/hook"
)

// Hooks serves the URLs of webhooks. They know their callers in their own way, so
// they stand outside of /v1.
type Hooks struct{ Service *hook.Service }

// Mount adds the route.
func (h Hooks) Mount(api huma.API) {
	started := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[startedView](), true, "")
	mount(api, huma.Operation{
		OperationID: "receive-webhook", Method: http.MethodPost, Path: "/hooks/{secret}", Tags: []string{"Webhooks"},
		Summary: "Start a workflow by its webhook",
		Description: "Authentication is what the trigger says. A body that is neither JSON nor a form is text. It has at most 5 MiB; on AWS, " +
			"where API Gateway hands a function 6 MB with all that JSON has to escape in it, somewhat less. " +
			"The header Idempotency-Key makes a second request with the same key give the first execution; so do the headers in which services name a delivery, such as webhook-id and X-GitHub-Delivery. " +
			"Signatures that have a time in them (Standard Webhooks, Slack, Stripe) are taken for five minutes, and what is signed so counts once: by the delivery that it names, else by the signature, whatever else the request has.",
		MaxBodyBytes: hook.MaxBodyBytes, Middlewares: huma.Middlewares{h.known},
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			mediaJSON: {}, "application/x-www-form-urlencoded": {}, "text/plain": {},
		}},
		Responses: map[string]*huma.Response{
			"200": {Description: "Respond when_finished: the output", Content: map[string]*huma.MediaType{mediaJSON: {Schema: &huma.Schema{}}}},
			"202": {
				Description: "It runs: respond immediately, or it takes too long to wait for",
				Content:     map[string]*huma.MediaType{mediaJSON: {Schema: started}},
			},
		},
		Errors: []int{http.StatusUnauthorized, http.StatusConflict, http.StatusBadGateway},
	}, h.receive)
}

type hookRequest struct {
	Secret string `path:"secret" doc:"The last part of the workflow's webhook_url"`

	request *http.Request
	body    []byte
	release func() // lets go of the body
}

// Resolve takes the request as it came.
func (in *hookRequest) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	in.body, _ = io.ReadAll(in.request.Body) // it is in memory
	in.release, _ = ctx.Context().Value(bodyKey{}).(func())
	return nil
}

// known has a large body read only where it is for a webhook: it takes room from others.
func (h Hooks) known(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, admissionKey{}, admission(func(of context.Context) error {
		return h.Service.Known(of, ctx.Param("secret"))
	})))
}

type hookAnswer struct {
	Status int
	Body   any
}

func (h Hooks) receive(ctx context.Context, in *hookRequest) (*hookAnswer, error) {
	received := hook.Request{
		Secret: in.Secret, Method: in.request.Method, Header: in.request.Header, Query: in.request.URL.Query(), Body: in.body,
		Started: in.release,
	}
	in.body = nil
	answer, err := h.Service.Receive(ctx, received)
	if fault.Is(err, fault.Unauthorized) {
		fault.Of(err).Details = challenge(`Basic realm="webhook", Bearer realm="webhook"`)
	}
	if err != nil {
		return nil, err
	}
	x := answer.Execution
	traceOf(ctx).execution = x.ID
	switch {
	case !answer.Finished:
		return &hookAnswer{Status: http.StatusAccepted, Body: startedView{ID: x.ID}}, nil
	case x.Status == execution.Succeeded:
		return &hookAnswer{Status: http.StatusOK, Body: x.Output}, nil
	default:
		return nil, executionFailed(x)
	}
}

// executionFailed tells the caller that it failed, and where. What a service said is
// for those who may read the execution: a webhook's caller may be anybody.
func executionFailed(x execution.Execution) error {
	f := fault.New(fault.ExecutionFailed, "The execution did not succeed.").
		WithHint("See what its nodes did: read the execution with its id.")
	details := failedExecution{id: x.ID}
	if x.Error != nil {
		details.cause = &execution.Error{Name: x.Error.Name, Message: "The execution tells more.", Node: x.Error.Node}
	}
	f.Details = details
	return fmt.Errorf("execution ended as %s: %w", x.Status, f)
}
