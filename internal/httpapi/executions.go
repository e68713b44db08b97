package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/execution"
)

// Executions serves runs of workflows.
type Executions struct{ Service *execution.Service }

// Mount adds the routes.
func (e Executions) Mount(api huma.API) {
	tags := []string{"Executions"}
	register(api, huma.Operation{
		OperationID: "start-execution", Method: http.MethodPost, Path: "/v1/workflows/{id}/executions", DefaultStatus: http.StatusAccepted,
		Summary: "Start the version that serves, or a trial of the draft", Description: "What was answered 202 is on disk. A second start with the same idempotency key gives the first execution.", Tags: tags,
		MaxBodyBytes: maxInputBody, Errors: []int{http.StatusConflict},
	}, e.start)
	register(api, huma.Operation{
		OperationID: "list-executions", Method: http.MethodGet, Path: "/v1/workflows/{id}/executions",
		Summary: "List a workflow's executions, newest first", Tags: tags,
		Description: "Without input, output and nodes. A page that is narrowed by more than status may have fewer items than asked for, even none, and still a next one.",
	}, e.list)
	register(api, huma.Operation{
		OperationID: "get-execution", Method: http.MethodGet, Path: "/v1/executions/{id}",
		Summary: "Read an execution with its nodes", Tags: tags,
		Description: "Of each node up to 10,000 iterations are shown, which is as many as a loop has at most, though not loops within loops; fewer where iterations says so. " +
			"Where there are more, iterations_total and iterations_by_status count all of them, and iterations_from with iterations_next goes on.",
	}, e.read)
	register(api, huma.Operation{
		OperationID: "get-execution-value", Method: http.MethodGet, Path: "/v1/executions/{id}/values/{value}",
		Summary: "Read a large value of an execution", Tags: tags,
		Description: "In an execution, `{\"$value\", \"bytes\", \"url\"}` stands where an input or output is too large to be shown; this is what belongs there.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The value",
			Content:     map[string]*huma.MediaType{mediaJSON: {Schema: &huma.Schema{}}},
		}},
	}, e.value)
	register(api, huma.Operation{
		OperationID: "stop-execution", Method: http.MethodPost, Path: "/v1/executions/{id}/stop",
		Summary: "Stop an execution", Description: "What is under way is cut off, nothing follows. 409 `already_ended` if there is nothing to stop.", Tags: tags,
		Errors: []int{http.StatusConflict},
	}, e.stop)
	register(api, huma.Operation{
		OperationID: "redrive-execution", Method: http.MethodPost, Path: "/v1/executions/{id}/redrive", DefaultStatus: http.StatusAccepted,
		Summary: "Run again from the failed node on", Tags: tags,
		Description: "The same execution goes on; what is done is not done again. A call whose outcome was not known is made again, unless it is said here that it was done. 409 `conflict` if it runs or has succeeded.",
		Errors:      []int{http.StatusConflict},
	}, e.redrive)
	e.mountReplay(api, tags)
	e.mountBulk(api, tags)
}

type valueID struct {
	ID      string `path:"id" doc:"The execution's id"`
	Value   string `path:"value" doc:"The value's id"`
	Pointer string `query:"pointer" maxLength:"1000" doc:"A JSON pointer to a part of it"`
}

func (e Executions) value(ctx context.Context, p account.Principal, in *valueID) (*raw, error) {
	text, err := e.Service.Value(ctx, p, in.ID, in.Value, in.Pointer)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: mediaJSON, Body: text}, nil
}

type startedView struct {
	ID string `json:"id" doc:"The execution's id" example:"exe_0198f2c4a1b27d3e8f90123456789abc"`
}

type executionItemView struct {
	ID         string                  `json:"id" example:"exe_0198f2c4a1b27d3e8f90123456789abc"`
	WorkflowID string                  `json:"workflow_id"`
	AgentID    string                  `json:"agent_id"`
	Version    int                     `json:"version" doc:"The version that runs"`
	Test       bool                    `json:"test" doc:"It runs a draft that is tried: its version is no published one"`
	Status     execution.Status        `json:"status" enum:"running,succeeded,failed,timed_out,stopped"`
	StartedAt  time.Time               `json:"started_at"`
	StartedBy  string                  `json:"started_by" doc:"Who started it: a person, an API key, the trigger" example:"owner"`
	Trigger    string                  `json:"trigger" enum:"manual,webhook,schedule,event,replay," doc:"What started it; manual is by hand or by API"`
	ReplayOf   string                  `json:"replay_of,omitempty" doc:"The execution that this one replays"`
	From       string                  `json:"from,omitempty" doc:"The node from which on it does"`
	StoppedAt  *time.Time              `json:"stopped_at" doc:"null while it runs"`
	Error      orNull[execution.Error] `json:"error" doc:"How it failed; null if it did not"`
}

func viewExecutionItem(x execution.Execution) executionItemView {
	return executionItemView{
		ID: x.ID, WorkflowID: x.Workflow, AgentID: x.Agent, Version: x.Version, Test: x.Test(), Status: x.Status,
		StartedAt: x.StartedAt.UTC(), StartedBy: x.StartedBy, Trigger: x.Trigger, ReplayOf: x.ReplayOf, From: x.ReplayFrom,
		StoppedAt: moment(x.StoppedAt), Error: orNull[execution.Error]{x.Error},
	}
}

type executionView struct {
	ID         string                  `json:"id" example:"exe_0198f2c4a1b27d3e8f90123456789abc"`
	WorkflowID string                  `json:"workflow_id"`
	AgentID    string                  `json:"agent_id"`
	Version    int                     `json:"version" doc:"The version that runs"`
	Test       bool                    `json:"test" doc:"It runs a draft that is tried: its version is no published one"`
	Status     execution.Status        `json:"status" enum:"running,succeeded,failed,timed_out,stopped"`
	StartedAt  time.Time               `json:"started_at"`
	StartedBy  string                  `json:"started_by" doc:"Who started it: a person, an API key, the trigger" example:"owner"`
	Trigger    string                  `json:"trigger" enum:"manual,webhook,schedule,event,replay," doc:"What started it; manual is by hand or by API"`
	ReplayOf   string                  `json:"replay_of,omitempty" doc:"The execution that this one replays"`
	From       string                  `json:"from,omitempty" doc:"The node from which on it does"`
	StoppedAt  *time.Time              `json:"stopped_at" doc:"null while it runs"`
	Input      json.RawMessage         `json:"input" doc:"What it was started with by hand, or what the trigger got"`
	Output     json.RawMessage         `json:"output" doc:"null until it has succeeded"`
	Error      orNull[execution.Error] `json:"error" doc:"How it failed; null if it did not"`
	RequestID  string                  `json:"request_id,omitempty" doc:"X-Request-Id of the request that started it, which all lines of the logs have that belong to it; not there for what a schedule of the local stack started"`
	Parent     orNull[parentView]      `json:"parent" doc:"The node of another execution that runs this one; null if there is none"`
	Nodes      []nodeRunView           `json:"nodes" nullable:"false" doc:"What has happened at the nodes, in the order of the document"`
}

type parentView struct {
	Execution string `json:"execution_id"`
	Node      string `json:"node"`
	Iteration string `json:"iteration,omitempty"`
}

type nodeRunView struct {
	ID          string                       `json:"id" doc:"The node's id" example:"notify"`
	Status      execution.NodeStatus         `json:"status" enum:"running,waiting,succeeded,failed,timed_out,stopped,skipped"`
	Attempts    int                          `json:"attempts" doc:"How often the service was called or about to be; 0 for nodes that call none"`
	AttemptList []execution.Attempt          `json:"attempt_list" nullable:"false"`
	StartedAt   *time.Time                   `json:"started_at" doc:"null if it did not run"`
	StoppedAt   *time.Time                   `json:"stopped_at" doc:"null until it has ended"`
	Input       json.RawMessage              `json:"input" doc:"The fields with their templates filled in"`
	Output      json.RawMessage              `json:"output" doc:"null until there is one"`
	Reused      bool                         `json:"reused,omitempty" doc:"The service was not called: the result is that of the execution that this one replays"`
	Error       orNull[execution.Error]      `json:"error" doc:"How it failed; null if it did not"`
	ApprovalURL string                       `json:"approval_url,omitempty" doc:"Where people answer, while an approval waits for them"`
	Until       *time.Time                   `json:"until,omitempty" doc:"Of a wait node: when it goes on, while it waits"`
	Child       string                       `json:"execution_id,omitempty" doc:"Of a workflow node: the execution that it runs"`
	Warning     string                       `json:"warning,omitempty" doc:"What was possible in the local stack, and would not be on AWS"`
	Iterations  []nodeRunView                `json:"iterations,omitempty" nullable:"false" doc:"Of a node within a loop: what has happened for each item; the node itself has the times of all and the status of the worst"`
	Total       int                          `json:"iterations_total,omitempty" doc:"How many iterations there are, where only some of them are shown"`
	ByStatus    map[execution.NodeStatus]int `json:"iterations_by_status,omitempty" doc:"Of these, how many have which status"`
	Next        int                          `json:"iterations_next,omitempty" doc:"Where only some are shown and more follow: iterations_from of those"`
	Iteration   string                       `json:"iteration,omitempty" doc:"The item's index in every loop around the node, the outermost first"`
}

func viewExecution(x execution.Execution, nodes []execution.NodeRun) executionView {
	v := executionView{
		ID: x.ID, WorkflowID: x.Workflow, AgentID: x.Agent, Version: x.Version, Test: x.Test(), Status: x.Status,
		StartedAt: x.StartedAt.UTC(), StartedBy: x.StartedBy, Trigger: x.Trigger, ReplayOf: x.ReplayOf, From: x.ReplayFrom,
		StoppedAt: moment(x.StoppedAt),
		Input:     givenInput(x.Input), Output: x.Output, Error: orNull[execution.Error]{x.Error},
		Nodes: make([]nodeRunView, len(nodes)), RequestID: x.Request(),
	}
	if parent := x.Parent; parent != nil {
		v.Parent = orNull[parentView]{&parentView{Execution: parent.Execution, Node: parent.Node, Iteration: parent.Iteration}}
	}
	for i, n := range nodes {
		v.Nodes[i] = viewNodeRun(n)
	}
	return v
}

func viewNodeRun(n execution.NodeRun) nodeRunView {
	v := nodeRunView{
		ID: n.ID, Status: n.Status, Attempts: len(n.Attempts), AttemptList: list(n.Attempts),
		StartedAt: moment(n.StartedAt), StoppedAt: moment(n.StoppedAt),
		Input: n.Input, Output: n.Output, Reused: n.Reused, Error: orNull[execution.Error]{n.Error}, ApprovalURL: n.ApprovalURL, Until: moment(n.Until), Child: n.Child, Warning: n.Warning,
	}
	for _, i := range n.Iterations {
		one := viewNodeRun(i.NodeRun)
		one.Iteration = i.Path
		v.Iterations = append(v.Iterations, one)
	}
	return v
}

// givenInput gives what an execution was started with: of a manual start the input
// itself, else what the trigger got.
func givenInput(stored json.RawMessage) json.RawMessage {
	var input struct {
		Trigger json.RawMessage `json:"trigger"`
	}
	if json.Unmarshal(stored, &input) != nil {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(input.Trigger, &members) == nil && len(members) == 1 && members["input"] != nil {
		return members["input"]
	}
	return input.Trigger
}

type startRequest struct {
	ID   string `path:"id" doc:"The workflow's id"`
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"The same as idempotency_key in the body"`
	Body *struct {
		Input json.RawMessage `json:"input,omitempty" doc:"For a manual trigger, what fits its input_schema. For a webhook, the request's body, or an object of its body, headers, query and method"`
		Key   string          `json:"idempotency_key,omitempty" nullable:"true" maxLength:"255" doc:"A second start with the same key gives the first execution"`
		// A pointer, so that null is as good as nothing.
		Version *int `json:"version,omitempty" nullable:"true" minimum:"1" doc:"The number of a trial of the draft, to run that in place of the version that serves"`
	}
}

func (e Executions) start(ctx context.Context, p account.Principal, in *startRequest) (*created[startedView], error) {
	var input any
	key := in.Key
	if in.Body != nil {
		if in.Body.Key != "" {
			if key != "" && key != in.Body.Key {
				return nil, invalid("/idempotency_key", "is not the one in the header Idempotency-Key")
			}
			key = in.Body.Key
		}
		if len(in.Body.Input) > 0 {
			exact := json.NewDecoder(bytes.NewReader(in.Body.Input))
			exact.UseNumber()
			if err := exact.Decode(&input); err != nil {
				return nil, invalid("/input", "is not JSON")
			}
		}
	}
	var x execution.Execution
	var err error
	if in.Body != nil && in.Body.Version != nil {
		x, err = e.Service.StartTrial(ctx, p, in.ID, *in.Body.Version, input, key)
	} else {
		x, err = e.Service.StartManually(ctx, p, in.ID, input, key)
	}
	if err != nil {
		return nil, err
	}
	traceOf(ctx).execution = x.ID
	return &created[startedView]{Location: "/v1/executions/" + x.ID, Body: startedView{ID: x.ID}}, nil
}

type executionList struct {
	ID            string           `path:"id" doc:"The workflow's id"`
	Status        execution.Status `query:"status" enum:"running,succeeded,failed,timed_out,stopped," doc:"Only executions with this status; empty means all"`
	Trigger       string           `query:"trigger" enum:"manual,webhook,schedule,event,replay" doc:"Only executions that this started"`
	Error         string           `query:"error" maxLength:"200" doc:"Only executions that failed with an error of this name" example:"Connector.AuthFailed"`
	StartedAfter  time.Time        `query:"started_after" doc:"Only executions that started after this time"`
	StartedBefore time.Time        `query:"started_before" doc:"Only executions that started before this time"`
	Paging
}

func (e Executions) list(ctx context.Context, p account.Principal, in *executionList) (*shown[listView[executionItemView]], error) {
	executions, err := e.Service.List(ctx, p, execution.Filter{
		Workflow: in.ID, Status: in.Status, Trigger: in.Trigger, Error: in.Error, StartedAfter: in.StartedAfter, StartedBefore: in.StartedBefore,
	}, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(executions, viewExecutionItem), nil
}

type executionID struct {
	ID string `path:"id" doc:"The execution's id"`
}

type executionPart struct {
	ID   string `path:"id" doc:"The execution's id"`
	Most int    `query:"iterations" minimum:"1" maximum:"10000" default:"10000" doc:"How many iterations of each node are shown"`
	From int    `query:"iterations_from" minimum:"0" doc:"The first one that is shown, counted from 0"`
}

// iterationsShown is how many iterations of each node are shown to who does not say: all
// of a loop. On AWS its history ends long before, and what answers there has 6 MB.
const iterationsShown = 10_000

func (e Executions) read(ctx context.Context, p account.Principal, in *executionPart) (*shown[executionView], error) {
	x, nodes, err := e.Service.Get(ctx, p, in.ID)
	if err != nil {
		return nil, err
	}
	view := viewExecution(x, nil)
	for _, n := range nodes {
		view.Nodes = append(view.Nodes, viewPart(n, in.From, in.Most))
	}
	return show(view), nil
}

// viewPart shows a node with some of its iterations, and counts where these are not all.
func viewPart(n execution.NodeRun, from, most int) nodeRunView {
	all := n.Iterations
	n.Iterations = all[min(from, len(all)):]
	n.Iterations = n.Iterations[:min(most, len(n.Iterations))]
	v := viewNodeRun(n)
	if len(n.Iterations) == len(all) {
		return v
	}
	v.Total, v.ByStatus = len(all), map[execution.NodeStatus]int{}
	for _, i := range all {
		v.ByStatus[i.Status]++
	}
	if next := from + len(n.Iterations); next < len(all) {
		v.Next = next
	}
	return v
}

func (e Executions) stop(ctx context.Context, p account.Principal, in *executionID) (*shown[executionView], error) {
	if _, err := e.Service.Stop(ctx, p, in.ID, "Stopped by "+p.Actor+"."); err != nil {
		return nil, err
	}
	return e.read(ctx, p, &executionPart{ID: in.ID, Most: iterationsShown})
}

type redriveRequest struct {
	ID   string `path:"id" doc:"The execution's id"`
	Body *struct {
		Done map[string]object `json:"done,omitempty" nullable:"true" doc:"Of nodes whose calls had an outcome that nobody knows, those that were done, by id, each with its output: they are not made again"`
	}
}

func (e Executions) redrive(ctx context.Context, p account.Principal, in *redriveRequest) (*created[startedView], error) {
	var settled execution.Settled
	if in.Body != nil && in.Body.Done != nil {
		settled = execution.Settled{}
		for node, output := range in.Body.Done {
			settled[node] = json.RawMessage(output)
		}
	}
	x, err := e.Service.Redrive(ctx, p, in.ID, settled)
	if err != nil {
		return nil, err
	}
	traceOf(ctx).execution = x.ID
	return &created[startedView]{Location: "/v1/executions/" + x.ID, Body: startedView{ID: x.ID}}, nil
}
