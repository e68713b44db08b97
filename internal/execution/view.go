package execution

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// NodeStatus is how far a node has come in an execution.
type NodeStatus string

// The statuses of a node. A node that is not decided yet is not shown.
const (
	NodeRunning   NodeStatus = "running"
	NodeWaiting   NodeStatus = "waiting"
	NodeSucceeded NodeStatus = "succeeded"
	NodeFailed    NodeStatus = "failed"
	NodeTimedOut  NodeStatus = "timed_out"
	NodeStopped   NodeStatus = "stopped"
	NodeSkipped   NodeStatus = "skipped"
)

// Attempt is one try of a node.
type Attempt struct {
	Number    int       `json:"number"`
	StartedAt time.Time `json:"started_at"`
	StoppedAt time.Time `json:"stopped_at,omitzero"`
	Error     *Error    `json:"error,omitempty"`
	// RetryAt is when the next attempt begins.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// NodeRun is what happened at one node.
type NodeRun struct {
	ID        string
	Status    NodeStatus
	StartedAt time.Time
	StoppedAt time.Time
	Attempts  []Attempt
	Input     json.RawMessage // the rendered fields
	Output    json.RawMessage
	Error     *Error
	// ApprovalURL is where people answer, while an approval waits for them.
	ApprovalURL string
	// Child is the execution that a workflow node runs.
	Child string
	// Until is when a wait goes on, while it waits.
	Until time.Time
	// Warning says what was possible here and would not be on AWS; "" is nothing.
	Warning string
	before  NodeStatus      // when it was cut off
	payload json.RawMessage // of the task, where there is one

	Reused bool // the result is that of the execution that this one replays
	// Iterations of a node within a loop, in the order of the items. The node itself
	// then has the times of all, and the status of the worst.
	Iterations []Iteration
}

// Iteration is what happened at a node for one item.
type Iteration struct {
	// Path has the item's index in every loop around the node, the outermost first.
	Path string
	NodeRun
}

// View makes what people see of an execution from its history: the states' events,
// by way of the source map, and the records of what the functions were about to do.
func View(x Execution, sources workflow.SourceMap, events []asl.Event, records map[task.Key]task.Record) []NodeRun {
	v := view{x: x, sources: sources, runs: map[runKey]*NodeRun{}, loops: map[string]bool{}, loopNodes: map[string]bool{}, callers: map[runKey]bool{}}
	for i, e := range events {
		if e.Kind == asl.ExecutionRedriven {
			v.reopen(events[:i])
		}
		v.historyEvents += e.Counts()
		if source, ok := sources[e.State]; ok && source.Role == workflow.RoleNode {
			if source.Loop {
				v.loopNodes[source.Node] = true
				v.loops[fmt.Sprintf("%s/%d", e.Frame, e.Step)] = true
			}
			run := v.run(runKey{source.Node, v.iteration(e.Frame)})
			run.apply(source.Node, source.Loop, e)
			switch source.Type {
			case workflow.TypeApproval:
				run.applyApproval(e)
			case workflow.TypeWorkflow:
				v.callers[runKey{source.Node, v.iteration(e.Frame)}] = true
			}
		}
	}
	for key, r := range records {
		at := runKey{key.Node, key.Iteration}
		if run := v.runs[at]; run != nil {
			run.Input = r.Input
			if v.callers[at] {
				run.Child = childOf(r).Execution
			}
			run.Reused = x.ReplayOf != "" && r.StartedAt.Before(x.StartedAt)
		}
	}
	for _, run := range v.runs {
		if run.Input == nil {
			run.Input = configOf(run.payload)
		}
	}
	return v.all()
}

type view struct {
	x       Execution
	sources workflow.SourceMap
	runs    map[runKey]*NodeRun
	order   []runKey
	loops   map[string]bool // frame and step of every loop that was entered
	// loopNodes are the nodes that are loops, and historyEvents how many events Step
	// Functions would have, about.
	loopNodes     map[string]bool
	historyEvents int
	callers       map[runKey]bool // the nodes that run workflows
	unwound       unwound         // up to the last redrive
}

// runKey is a node, and within loops the items that it runs for: see Iteration.Path.
type runKey struct{ node, iteration string }

func (v *view) run(key runKey) *NodeRun {
	r := v.runs[key]
	if r == nil {
		r = &NodeRun{ID: key.node}
		v.runs[key] = r
		v.order = append(v.order, key)
	}
	return r
}

// iteration reads from a frame's name which items it runs for. A frame is named
// "<frame>/<step>.<n>"; where the step is a loop, n is the item's index.
func (v *view) iteration(frame string) string {
	if len(v.loops) == 0 {
		return ""
	}
	var path []string
	for at := 0; at < len(frame); {
		end := strings.IndexByte(frame[at+1:], '/')
		if end < 0 {
			end = len(frame)
		} else {
			end += at + 1
		}
		step, n, _ := strings.Cut(frame[at+1:end], ".")
		if v.loops[frame[:at]+"/"+step] {
			path = append(path, n)
		}
		at = end
	}
	return strings.Join(path, ".")
}

// reopen lets what ended with the execution go on, as a redrive does: of a state that is
// not entered again no event tells of it.
func (v *view) reopen(before []asl.Event) {
	v.unwound.read(before)
	v.unwound.visit("", func(e asl.Event) {
		source := v.sources[e.State]
		if source.Role != workflow.RoleNode {
			return
		}
		r := v.run(runKey{source.Node, v.iteration(e.Frame)})
		switch r.Status {
		case NodeStopped:
			r.Status, r.StoppedAt = r.before, time.Time{}
		case NodeFailed, NodeTimedOut:
			r.Status, r.StoppedAt, r.Error = NodeRunning, time.Time{}, nil
		}
	})
}

func (r *NodeRun) apply(node string, loop bool, e asl.Event) {
	switch e.Kind {
	case asl.StateEntered:
		if r.StartedAt.IsZero() {
			r.StartedAt = e.At
		}
		// A node that failed is entered again when the execution is redriven.
		r.Status, r.StoppedAt, r.Error = NodeRunning, time.Time{}, nil
	case asl.TaskScheduled:
		r.Status, r.Error, r.StoppedAt = NodeRunning, nil, time.Time{}
		r.Attempts = append(r.Attempts, Attempt{Number: len(r.Attempts) + 1, StartedAt: e.At})
		if r.payload == nil {
			r.payload = e.Input
		}
	case asl.TaskSucceeded:
		r.endAttempt(e, nil)
		r.Output = e.Output
	case asl.TaskFailed:
		r.endAttempt(e, ErrorOf(e.Error, e.Cause, node))
	case asl.RetryScheduled:
		if n := len(r.Attempts); n > 0 {
			r.Attempts[n-1].RetryAt = e.Until
		}
	case asl.WaitStarted:
		r.Status, r.Until = NodeWaiting, e.Until
	case asl.StateExited:
		if r.Status != NodeFailed && r.Status != NodeTimedOut {
			r.Status = NodeSucceeded
		}
		r.StoppedAt = e.At
		if output := assigned(node, e.Assigned); output != nil {
			r.Output = output
		}
	case asl.StateFailed:
		if e.Error == workflow.Ended {
			// A stop within that ends the execution well has done what it is for; a loop
			// around it is cut off.
			r.Status, r.StoppedAt = NodeSucceeded, e.At
			if loop {
				r.Status = NodeStopped
			}
			return
		}
		if ofOutput(e) { // the node has done its work
			r.Status, r.StoppedAt = NodeSucceeded, e.At
			return
		}
		r.Status, r.StoppedAt, r.Error = NodeFailed, e.At, ErrorOf(e.Error, e.Cause, node)
		if e.Error == asl.ErrorTimeout {
			r.Status = NodeTimedOut
		}
		if output := assigned(node, e.Assigned); output != nil {
			r.Output = output
		}
	case asl.StateAborted:
		r.before = r.Status
		r.Status, r.StoppedAt = NodeStopped, e.At
	}
}

func (r *NodeRun) endAttempt(e asl.Event, failure *Error) {
	if n := len(r.Attempts); n > 0 {
		r.Attempts[n-1].StoppedAt, r.Attempts[n-1].Error = e.At, failure
	}
}

// all closes what an ended execution left open, and puts iterations under their nodes.
func (v *view) all() []NodeRun {
	var runs []NodeRun
	index := map[string]int{}
	for _, key := range v.order {
		r := *v.runs[key]
		if v.x.Status != Running && (r.Status == NodeRunning || r.Status == NodeWaiting) {
			r.Status, r.StoppedAt = NodeStopped, v.x.StoppedAt
		}
		if r.Status != NodeWaiting {
			r.Until = time.Time{}
		}
		r.Warning = v.beyondAWS(r)
		if key.iteration == "" {
			runs = append(runs, r)
			continue
		}
		i, ok := index[key.node]
		if !ok {
			i = len(runs)
			index[key.node] = i
			runs = append(runs, NodeRun{ID: key.node, Status: r.Status, StartedAt: r.StartedAt})
		}
		runs[i].include(Iteration{Path: key.iteration, NodeRun: r})
	}
	for i := range runs {
		if runs[i].Output == nil && runs[i].Status == NodeSucceeded {
			runs[i].Output = v.stopped(runs[i].ID)
		}
	}
	for _, i := range index {
		slices.SortFunc(runs[i].Iterations, func(a, b Iteration) int { return comparePaths(a.Path, b.Path) })
	}
	return runs
}

// beyondAWS says what of a node's run Step Functions would refuse: the local stack
// takes more, so that large loops can be tried.
func (v *view) beyondAWS(r NodeRun) string {
	switch {
	case len(r.payload) > asl.MaxPayloadBytes:
		return fmt.Sprintf("What this node was given has %d KiB. On AWS it would fail, because Step Functions takes 256 KiB: name smaller parts of the outputs and of the trigger.", len(r.payload)>>10)
	case len(r.Output) > asl.MaxPayloadBytes:
		return fmt.Sprintf("This output has %d KiB. On AWS the node would fail, because Step Functions takes 256 KiB: give a loop fewer items at once, or hand on less.", len(r.Output)>>10)
	case v.loopNodes[r.ID] && v.historyEvents > asl.MaxHistoryEvents:
		return fmt.Sprintf("On AWS the execution would have ended here: Step Functions takes %d events, and this one has some %d. Give a loop fewer items at once.", asl.MaxHistoryEvents, v.historyEvents)
	}
	return ""
}

// stopped is what a stop node gave: the execution ended with that, and nothing was
// assigned.
func (v *view) stopped(node string) json.RawMessage {
	var output map[string]json.RawMessage
	if v.x.Status != Succeeded || json.Unmarshal(v.x.Output, &output) != nil || len(output) != 1 {
		return nil
	}
	return output[node]
}

// severity orders statuses: a node has the status of its worst iteration.
var severity = []NodeStatus{NodeSkipped, NodeSucceeded, NodeWaiting, NodeRunning, NodeStopped, NodeTimedOut, NodeFailed}

func (r *NodeRun) include(i Iteration) {
	r.Iterations = append(r.Iterations, i)
	if slices.Index(severity, i.Status) > slices.Index(severity, r.Status) {
		r.Status = i.Status
	}
	if i.StartedAt.Before(r.StartedAt) {
		r.StartedAt = i.StartedAt
	}
	if i.StoppedAt.After(r.StoppedAt) {
		r.StoppedAt = i.StoppedAt
	}
	if r.Error == nil {
		r.Error = i.Error
	}
}

// comparePaths orders by the numbers in the paths.
func comparePaths(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	return slices.CompareFunc(as, bs, func(x, y string) int {
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return strings.Compare(x, y)
	})
}

// configOf gives the fields as the author wrote them, for a task that did not come
// to rendering them.
func configOf(payload json.RawMessage) json.RawMessage {
	var p struct {
		Config json.RawMessage `json:"config"`
	}
	if json.Unmarshal(payload, &p) != nil {
		return nil
	}
	return p.Config
}

// assigned gives what was assigned to the node's variable: n_<id>, or n1_<id> in a branch.
func assigned(node string, variables json.RawMessage) json.RawMessage {
	if !bytes.Contains(variables, []byte("_"+node+`"`)) { // most states assign nothing, or something else
		return nil
	}
	var assigned map[string]json.RawMessage
	if json.Unmarshal(variables, &assigned) != nil {
		return nil
	}
	for name, value := range assigned {
		prefix, id, ok := strings.Cut(name, "_")
		if ok && id == node && nodeVariable().MatchString(prefix) && string(value) != "null" {
			return value
		}
	}
	return nil
}

var nodeVariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^n[0-9]*$`) })

// ErrorOf makes an error for people from what a state machine knows of it: a name,
// and a cause that is a function's error as JSON, or text.
func ErrorOf(name, cause, node string) *Error {
	e := &Error{Name: name, Node: node}
	var function struct {
		Message string `json:"errorMessage"`
	}
	text := cause
	if json.Unmarshal([]byte(cause), &function) == nil && function.Message != "" {
		text = function.Message
	}
	e.Message, e.Hint, _ = strings.Cut(text, "\n")
	switch name {
	case asl.ErrorQueryEvaluation:
		if code, raised, ok := raisedFault(text); ok {
			e.Name = string(code)
			e.Message, e.Hint, _ = strings.Cut(raised, "\n")
			if code == fault.MissingValue { // a definition has no room for hints
				e.Hint = template.HintMissing
			}
		} else if i := strings.LastIndex(text, specifiedFor); i >= 0 {
			// The expression itself means nothing to whoever drew the node.
			of := " of this node"
			if node == "" { // it is the execution's output, or the node is not known
				of = ""
			}
			e.Message = "A value" + of + " could not be worked out: " + strings.Replace(text[i+len(specifiedFor):], "' ", " ", 1)
			e.Hint = ""
		}
	case asl.ErrorDataLimit:
		e.Message = "What this node was given, or gave, is too large together: 256 KiB are the limit on AWS, and 5 MiB in the local stack."
		e.Hint = "Name smaller parts of the outputs and of the trigger, or give a loop fewer items at once."
	case asl.ErrorTimeout:
		if e.Message == "" {
			e.Message = "It took longer than its time limit."
		}
	}
	return e
}

// specifiedFor stands between an expression and its field in Step Functions' causes.
const specifiedFor = "' specified for the field '"

// raisedFault finds the error of ours that an expression raised as text, such as
// "Template.MissingValue: ...". The cause quotes the expression, which holds such
// texts too; what was raised stands behind it, and last.
func raisedFault(cause string) (code fault.Code, message string, ok bool) {
	if i := strings.LastIndex(cause, specifiedFor); i >= 0 {
		cause = cause[i:]
	}
	at := -1
	for _, c := range []fault.Code{fault.MissingValue, fault.InvalidTemplate} {
		if i := strings.LastIndex(cause, string(c)+": "); i > at {
			at, code = i, c
		}
	}
	if at < 0 {
		return "", "", false
	}
	return code, cause[at+len(code)+2:], true
}

// Failure finds how an execution failed: the node whose failure nothing caught, or else
// what the state machine says.
func Failure(sources workflow.SourceMap, events []asl.Event, name, cause string) *Error {
	var u unwound
	u.read(events)
	e, ok := u.node(sources)
	switch {
	case !ok:
		return ErrorOf(name, cause, "")
	case ofOutput(e):
		return ErrorOf(e.Error, e.Cause, "")
	}
	return ErrorOf(e.Error, e.Cause, sources[e.State].Node)
}

// ofOutput says whether a state failed because the workflow's output has no value: the
// last node's state makes it, in its Output. Package compile names the output's fields
// with /output before them, as no node's are, and the cause quotes the expression that
// failed and no other; not every service says besides which field of the state it was.
func ofOutput(e asl.Event) bool {
	return e.Error == asl.ErrorQueryEvaluation && strings.Contains(e.Cause, "(field /output")
}
