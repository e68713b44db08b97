package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/execution"
)

func (e Executions) mountReplay(api huma.API, tags []string) {
	register(api, huma.Operation{
		OperationID: "replay-execution", Method: http.MethodPost, Path: "/v1/executions/{id}/replay", DefaultStatus: http.StatusAccepted,
		Summary: "Run an execution again from a node on", Tags: tags,
		Description: "A new execution with the same trigger data. What was completed and does not come after the node is not done again: its result is taken over, and waits that are over are not waited for. 409 `conflict` while it runs.",
		Errors:      []int{http.StatusConflict},
	}, e.replay)
}

// versionChoice is a version's number, same or latest.
type versionChoice struct{ number int }

// Schema describes it.
func (versionChoice) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "The version to run: the execution's own, the newest, or one by its number; same if left out",
		OneOf:       []*huma.Schema{{Type: huma.TypeString, Enum: []any{"same", "latest"}}, {Type: huma.TypeInteger, Minimum: new(float64(1))}},
		Default:     "same",
	}
}

// UnmarshalJSON reads what the schema has let pass.
func (v *versionChoice) UnmarshalJSON(text []byte) error {
	switch string(bytes.TrimSpace(text)) {
	case `"same"`, "null":
		v.number = 0
	case `"latest"`:
		v.number = execution.LatestVersion
	default:
		n, err := strconv.Atoi(string(text))
		if err != nil {
			return &json.UnmarshalTypeError{Value: string(text), Field: "version"}
		}
		v.number = n
	}
	return nil
}

type replay struct {
	ID   string `path:"id" doc:"The execution's id"`
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"A second replay with the same key gives the first execution"`
	Body struct {
		nullAsAbsent

		From    string        `json:"from" minLength:"1" doc:"The node from which on to run; trigger for all of it" example:"notify"`
		Version versionChoice `json:"version,omitempty"`
	}
}

func (e Executions) replay(ctx context.Context, p account.Principal, in *replay) (*created[startedView], error) {
	x, err := e.Service.Replay(ctx, p, execution.Replay{
		Execution: in.ID, From: in.Body.From, Version: in.Body.Version.number, IdempotencyKey: in.Key,
	})
	if err != nil {
		return nil, err
	}
	return &created[startedView]{Location: "/v1/executions/" + x.ID, Body: startedView{ID: x.ID}}, nil
}
