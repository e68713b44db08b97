package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/execution"
)

// Trials serves running one node alone.
type Trials struct{ Service *execution.Service }

// Mount adds the route.
func (t Trials) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "test-node", Method: http.MethodPost, Path: "/v1/workflows/{id}/nodes/{node}/test", Tags: []string{"Workflows"},
		Summary: "Run one action node of the draft alone, now",
		Description: "The service is really called, with the fields rendered from the variables given. " +
			"The answer is 200 whether the action succeeded or not: ok tells. With If-Match, 412 if the draft is no longer the one that it names.",
		Errors: []int{http.StatusPreconditionFailed},
	}, t.test)
}

type trialRequest struct {
	ID      string `path:"id" doc:"The workflow's id"`
	Node    string `path:"node" doc:"The node's id"`
	IfMatch string `header:"If-Match" doc:"The etag of the draft that is meant: 412 if another is stored by now. Without it, whichever is stored"`
	Body    *struct {
		Variables object `json:"variables,omitempty" nullable:"true" doc:"An object with what templates see, by the roots of their paths: trigger, steps, vars, item, index"`
	}
}

type trialView struct {
	OK     bool                    `json:"ok" doc:"Whether the action succeeded"`
	Input  json.RawMessage         `json:"input" doc:"The fields with their templates filled in; null if it did not come to that"`
	Output json.RawMessage         `json:"output" doc:"What the action gave; null if it failed"`
	Error  orNull[execution.Error] `json:"error" doc:"How it failed; null if it did not"`
}

func (t Trials) test(ctx context.Context, p account.Principal, in *trialRequest) (*shown[trialView], error) {
	variables := map[string]any{}
	if in.Body != nil {
		given, err := in.Body.Variables.members()
		if err != nil {
			return nil, err
		}
		maps.Copy(variables, given)
	}
	trial, err := t.Service.TestNode(ctx, p, in.ID, in.Node, precondition(in.IfMatch), variables)
	if err != nil {
		return nil, err
	}
	v := trialView{OK: trial.Error == nil, Input: trial.Input, Output: trial.Output}
	if f := trial.Error; f != nil {
		v.Error = orNull[execution.Error]{&execution.Error{Name: string(f.Code), Message: f.Message, Hint: f.Hint, Node: in.Node}}
	}
	return show(v), nil
}
