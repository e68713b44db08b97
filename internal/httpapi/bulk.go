package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func (e Executions) mountBulk(api huma.API, tags []string) {
	const pages = " Each call does a page of them, and next_cursor goes on. What cannot be run again has an error, and does not keep the others from it."
	register(api, huma.Operation{
		OperationID: "redrive-executions", Method: http.MethodPost, Path: "/v1/workflows/{id}/executions/redrive", DefaultStatus: http.StatusAccepted,
		Summary: "Run many executions again, each from its failed node on", Tags: tags,
		Description: "Redrives those that the body picks, newest first; without a status, those that have failed." + pages,
	}, e.redriveAll)
	register(api, huma.Operation{
		OperationID: "replay-executions", Method: http.MethodPost, Path: "/v1/workflows/{id}/executions/replay", DefaultStatus: http.StatusAccepted,
		Summary: "Run many executions again as new ones", Tags: tags,
		Description: "Replays those that the body picks, newest first; without a status, those that have failed. They stay as they are, so that a second call would replay them once more, and what the first one made if that has failed: an Idempotency-Key keeps it from both, and gives the replays that were made with it." + pages,
	}, e.replayAll)
}

// Picked says which executions are meant, beside their status.
type Picked struct {
	nullAsAbsent

	Trigger       string    `json:"trigger,omitempty" enum:"manual,webhook,schedule,event,replay" doc:"Only executions that this started"`
	Error         string    `json:"error,omitempty" maxLength:"200" doc:"Only executions that failed with an error of this name" example:"Connector.AuthFailed"`
	StartedAfter  time.Time `json:"started_after,omitzero" doc:"Only executions that started after this time"`
	StartedBefore time.Time `json:"started_before,omitzero" doc:"Only executions that started before this time"`
	Cursor        string    `json:"cursor,omitempty" doc:"Where to go on: next_cursor of the call before"`
	Limit         int       `json:"limit,omitempty" minimum:"1" maximum:"100" default:"50" doc:"How many executions this call runs again at most"`
}

func (b Picked) filter(workflow string, status execution.Status) execution.Filter {
	return execution.Filter{
		Workflow: workflow, Status: status, Trigger: b.Trigger, Error: b.Error, StartedAfter: b.StartedAfter, StartedBefore: b.StartedBefore,
	}
}

func (b Picked) query() page.Query { return page.Query{Cursor: b.Cursor, Limit: b.Limit} }

// ofBody has the fields of a fault lead into the body, where these routes have what a
// list has in its query.
func ofBody(err error) error {
	f := fault.Of(err)
	for i := range f.Fields {
		f.Fields[i].Pointer = strings.TrimPrefix(f.Fields[i].Pointer, "/query")
	}
	return err
}

type doneView struct {
	Of    string            `json:"of" doc:"The execution that was picked"`
	ID    string            `json:"id,omitempty" doc:"The execution that runs now: of a redrive the same, of a replay a new one; not there if there is an error"`
	Error orNull[doneError] `json:"error" doc:"Why it was not run again; null if it was"`
}

type doneError struct {
	Code   string `json:"code" doc:"The kind of problem, for programs" example:"conflict"`
	Detail string `json:"detail" doc:"What went wrong, for people"`
	Hint   string `json:"hint,omitempty" doc:"What to do about it"`
}

func viewDone(d execution.Done) doneView {
	v := doneView{Of: d.Of, ID: d.ID}
	if f := fault.Of(d.Err); f != nil {
		v.Error = orNull[doneError]{&doneError{Code: string(f.Code), Detail: f.Message, Hint: f.Hint}}
	}
	return v
}

type redriveAll struct {
	ID   string `path:"id" doc:"The workflow's id"`
	Body struct {
		Picked
		Status execution.Status `json:"status,omitempty" enum:"failed,timed_out,stopped" doc:"failed if left out"`
	}
}

func (e Executions) redriveAll(ctx context.Context, p account.Principal, in *redriveAll) (*shown[listView[doneView]], error) {
	done, err := e.Service.RedriveAll(ctx, p, in.Body.filter(in.ID, in.Body.Status), in.Body.query())
	if err != nil {
		return nil, ofBody(err)
	}
	return showPage(done, viewDone), nil
}

type replayAll struct {
	ID   string `path:"id" doc:"The workflow's id"`
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"Each execution is replayed once with the same key, and no replay that was made with it; a second time gives the first replay"`
	Body struct {
		Picked
		Status  execution.Status `json:"status,omitempty" enum:"failed,timed_out,stopped,succeeded" doc:"failed if left out"`
		From    string           `json:"from,omitempty" doc:"The node from which on to run, trigger for all of it; where it is left out, the node at which each has failed" example:"notify"`
		Version versionChoice    `json:"version,omitempty"`
	}
}

func (e Executions) replayAll(ctx context.Context, p account.Principal, in *replayAll) (*shown[listView[doneView]], error) {
	done, err := e.Service.ReplayAll(ctx, p, in.Body.filter(in.ID, in.Body.Status), in.Body.query(), execution.Replay{
		From: in.Body.From, Version: in.Body.Version.number, IdempotencyKey: in.Key,
	})
	if err != nil {
		return nil, ofBody(err)
	}
	return showPage(done, viewDone), nil
}
