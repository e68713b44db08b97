package compile

import (
	"maps"
	"slices"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

const (
	defaultNodeTimeout = 60
	// waitMargin is what a state is given beyond the call's own time, for the waits
	// that services ask for (see task.MaxRateLimitWait) and for start-up.
	waitMargin = 300

	defaultAttempts = 3
	defaultInterval = 1
	defaultBackoff  = 2
	maxDelay        = 300
)

// lambdaFaults are failures of Lambda itself, before or around our code: trying
// again is right, and what was called is guarded by the once-only record.
var lambdaFaults = []string{
	"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
	"Lambda.SdkClientException", "Lambda.TooManyRequestsException",
}

// payloadResult is where a function's answer stands in the state machine.
const payloadResult = "$states.result.Payload"

// errorValue is the output of a node that failed: what the function said, as name
// and message. Cause is the function's error as JSON, or plain text from Lambda. Of an
// expression that failed it is the whole expression, which may hold texts of errors,
// and behind that what is wrong: an error of ours that it raised, or one of the
// language. execution.ErrorOf reads it in the same way.
const errorValue = `($e := $states.errorOutput.Error; $c := $states.errorOutput.Cause; $m := $substring($c, 0, 1) = "{" and $substring($c, -1) = "}" ? $parse($c).errorMessage : $c; ` +
	`$r := $e = "States.QueryEvaluationError" ? ($q := $split($m, "' specified for the field '")[-1]; ` +
	`$a := $split($q, "Template.MissingValue: ")[-1]; $b := $split($q, "Template.Invalid: ")[-1]; ` +
	`$a = $q and $b = $q ? {"name": $e, "message": $q = $m ? $m : "A value of this node could not be worked out: " & $replace($q, "' ", " ", 1)} : ` +
	`$length($a) < $length($b) ? {"name": "Template.MissingValue", "message": $a} : {"name": "Template.Invalid", "message": $b}) : {"name": $e, "message": $m}; ` +
	`{"error": {"name": $r.name, "message": $exists($r.message) ? $split($r.message, "\n")[0] : ""}})`

func (b *builder) task(s *step, v *vertex) asl.State {
	n := v.node
	timeout := int64(defaultNodeTimeout)
	if n.TimeoutSeconds != nil {
		timeout, _ = whole(*n.TimeoutSeconds) // checked
	}
	state := &asl.Task{
		Resource: asl.In(b.c.functions.Partition, asl.ResourceInvoke),
		Arguments: asl.Object{
			{Name: "FunctionName", Value: b.c.functions.Connector(v.kind.connector.Name)}, {Name: "Payload", Value: b.payload(s, v, timeout)},
		},
		TimeoutSeconds: timeout + waitMargin,
		Retry:          b.retries,
	}
	if n.Retry != nil {
		state.Retry = retriers(n.Retry)
	}
	if v.chooses() {
		state.Assign = b.assign(s, b.own(s, asl.Expr(payloadResult), b.portTaken(v)))
		state.Next, state.Output = b.choosePort(s, v), b.passOn()
	} else {
		state.Assign = b.assign(s, b.own(s, asl.Expr(payloadResult), ""))
		state.Next, state.Output, state.End = b.ending(s, s.next[0], b.view(s, payloadResult))
	}
	b.catchFailure(state, s, v)
	return state
}

// portTaken is the port that a task's answer names, or the plain one where no edge
// leaves by that.
func (b *builder) portTaken(v *vertex) asl.Expr {
	named := payloadResult + "." + v.kind.action.Ports.Taken.Name
	var ports []string
	for _, p := range v.ports[len(errorPorts(v.node)):] {
		ports = append(ports, quote(p))
	}
	return asl.Expr(named + " in [" + strings.Join(ports, ",") + "]?" + named + `:""`)
}

// choosePort adds the state that goes on by the port which was taken, as a task goes
// on by one alone, and gives its name.
func (b *builder) choosePort(s *step, v *vertex) string {
	state := &asl.Choice{}
	taken := "$" + b.name(variable{vertex: s.vertex, port: true}, b.m)
	for port := len(errorPorts(v.node)); port < len(v.ports); port++ {
		state.Choices = append(state.Choices, asl.Rule{Condition: asl.Expr(taken + " = " + quote(v.ports[port])), Next: b.next(s.next[port])})
	}
	state.Default = b.next(s.next[0])
	name := v.id + ":"
	b.put(name, state, Source{Node: v.id, Role: workflow.RolePort})
	return name
}

// catchFailure gives a task what the node's on_error asks for.
func (b *builder) catchFailure(state *asl.Task, s *step, v *vertex) {
	switch onError(v.node) {
	case workflow.OnErrorContinue:
		state.Catch = b.catch(s, s.next[0], "")
	case workflow.OnErrorBranch:
		port, _ := v.port(portError)
		state.Catch = b.catch(s, s.next[port], portError)
	}
}

func (b *builder) catch(s, next *step, port string) []asl.Catcher {
	return []asl.Catcher{{
		ErrorEquals: []string{asl.ErrorAll},
		Assign:      b.assign(s, b.own(s, asl.Expr(errorValue), port)),
		Output:      b.passOn(),
		Next:        b.next(next),
	}}
}

// payload is what the function is given: who it acts for, what to do, and of the
// variables only what the node's templates name. Package task reads it.
func (b *builder) payload(s *step, v *vertex, timeout int64) asl.Object {
	p := b.origin(v)
	p.Set("attempt", asl.Expr("$states.context.State.RetryCount"))
	b.call(&p, v.kind, v.node.Credential, v.node.Config, timeout)
	if v.node.OnUncertain == workflow.OnUncertainRepeat {
		p.Set("on_uncertain", workflow.OnUncertainRepeat)
	}
	if output := b.outputPlan(v); len(output) > 0 {
		p.Set("output", output)
	}
	if vars := b.variables(b.view(s, ""), b.c.configRefs(s.vertex)); len(vars) > 0 {
		p.Set("variables", vars)
	}
	return p
}

// payloadMembers is how many members a payload has at most, about.
const payloadMembers = 14

// origin says for whom and where something is done.
func (b *builder) origin(v *vertex) asl.Object {
	p := append(make(asl.Object, 0, payloadMembers), b.whom...)
	p.Set("node", v.id)
	if b.m.inLoop {
		p.Set("iteration", asl.Expr("$states.input.iteration"))
	}
	return p
}

// call says which action is run, and with what.
func (b *builder) call(p *asl.Object, k *kind, credential string, config map[string]any, timeout int64) {
	if config == nil {
		config = map[string]any{}
	}
	p.Set("action", k.action.Name)
	p.Set("config", asl.Literal(config))
	p.Set("timeout_seconds", timeout)
	if credential != "" {
		cred := map[string]any{"id": credential}
		if b.c.env.Credential != nil {
			if known, ok := b.c.env.Credential(credential); ok {
				cred["type"] = known.Type
			}
		}
		p.Set("credential", cred)
	}
}

// variables gathers the values that references name, under the roots of their paths.
func (b *builder) variables(w view, refs []template.ValueRef) asl.Object {
	var vars asl.Object
	member := func(root, name string, value any) {
		m, _ := vars.Get(root).(asl.Object)
		m.Put(name, value)
		vars.Put(root, m)
	}
	named := map[string]bool{}
	wholeTrigger := false
	for _, ref := range refs {
		p := ref.Path
		switch name, isVariable := variableOf(p); {
		case isVariable:
			named[name] = true
		case p.Root == "trigger":
			known := len(p.Steps) > 0 && !p.Steps[0].IsIndex && !b.c.names.trigger.open
			if !known {
				wholeTrigger = true
				continue
			}
			member("trigger", p.Steps[0].Name, asl.Expr("$lookup("+triggerExpr+","+quote(p.Steps[0].Name)+")"))
		case p.Root == "steps":
			id := p.Steps[0].Name
			member("steps", id, asl.Expr(w.expr(variable{vertex: b.c.graph.byID[id]})))
		case p.Root == "item" || p.Root == "index":
			vars.Put(p.Root, asl.Expr("$lookup($states.input,"+quote(p.Root)+")"))
		case p.Root == "execution":
			member("execution", "id", asl.Expr("$states.context.Execution.Name"))
		default:
			member(p.Root, p.Steps[0].Name, asl.Literal(b.c.contextValue(p.Root, p.Steps[0].Name)))
		}
	}
	if wholeTrigger {
		vars.Put("trigger", asl.Expr(triggerExpr))
	}
	if len(named) > 0 {
		vars.Put("vars", b.named(w, slices.Sorted(maps.Keys(named))))
	}
	return vars
}

// named gives the variables by name; one without a value is left out.
func (b *builder) named(w view, names []string) any {
	text := "$merge(["
	for i, name := range names {
		if i > 0 {
			text += ","
		}
		text += "($v:=" + w.variable(name) + ";$exists($v)?{" + quote(name) + ":$v}:{})"
	}
	return asl.Expr(text + "])")
}

// policy is how often a node is tried, and how long it waits from attempt to attempt.
type policy struct {
	attempts, interval int64 // interval in seconds, before the second attempt
	backoff            float64
	jitter             string
}

func retryPolicy(r *workflow.Retry) policy {
	p := policy{attempts: defaultAttempts, interval: defaultInterval, backoff: defaultBackoff, jitter: "FULL"}
	if r == nil {
		return p
	}
	if r.MaxAttempts != nil {
		p.attempts, _ = whole(*r.MaxAttempts) // checked, like the others
	}
	if r.IntervalSeconds != nil {
		p.interval, _ = whole(*r.IntervalSeconds)
		p.jitter = "" // the author named the wait
	}
	if r.BackoffRate != nil {
		p.backoff, _ = r.BackoffRate.Float64()
	}
	return p
}

// retriers writes the retry policy: passing faults are tried again, permanent ones
// are not.
func retriers(r *workflow.Retry) []asl.Retrier {
	p := retryPolicy(r)
	retries := p.attempts - 1
	errors := slices.Clone(lambdaFaults)
	for _, code := range fault.Passing() {
		errors = append(errors, string(code))
	}
	retrier := asl.Retrier{
		ErrorEquals: errors, IntervalSeconds: p.interval, MaxAttempts: &retries, BackoffRate: p.backoff, JitterStrategy: p.jitter,
	}
	if p.interval < maxDelay {
		retrier.MaxDelaySeconds = maxDelay
	}
	return []asl.Retrier{retrier}
}
