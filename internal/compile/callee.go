package compile

import (
	"switchboard/internal/asl"
	"switchboard/internal/inputschema"
	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// A workflow node is one state, too: a task that waits for its token. The function
// that it calls starts the other workflow as an execution of its own, which leaves
// the answer with the token when it ends. An Express machine can wait for no token;
// there the function itself waits for the end, which its caller does, too.

var (
	fieldCallee      = schema.Field{Name: "workflow", Kind: schema.Text, Title: "Workflow", Required: true, Help: "A published workflow of the same agent, with a manual trigger."}
	fieldCalleeInput = schema.Field{Name: "input", Kind: schema.JSON, Title: "Input", Help: "What it is started with: its {{trigger.input}}."}
)

// checkCallee looks at the workflow that a node runs.
func (c *checker) checkCallee(v *vertex) {
	id, ok := v.node.Config[fieldCallee.Name].(string)
	at := v.pointer + "/config/workflow"
	if !ok || id == "" || c.env.Workflow == nil {
		return // a missing one was reported with the fields
	}
	if template.HasExpression(id) {
		c.report(calleeIsVariable(v, at))
		return
	}
	if id == c.env.WorkflowID {
		c.report(calleeRecursion(v, at, []string{c.env.WorkflowName, c.env.WorkflowName}))
		return
	}
	callee, ok := c.env.Workflow(id)
	switch {
	case !ok:
		c.report(unknownCallee(v, at, id))
	case c.env.AgentID != "" && callee.Agent != c.env.AgentID:
		c.report(calleeOfOtherAgent(v, at, callee.Name))
	case !callee.Published:
		c.report(calleeNotPublished(v, at, callee.Name))
	case callee.Trigger != workflow.TriggerManual:
		c.report(calleeNotManual(v, at, callee))
	default:
		c.checkCalleeInput(v, callee)
		if way := c.wayBack(id, map[string]bool{}); way != nil {
			c.report(calleeRecursion(v, at, append([]string{c.env.WorkflowName}, way...)))
		}
	}
}

// checkCalleeInput holds an input without variables to what the callee asks for.
func (c *checker) checkCalleeInput(v *vertex, callee workflow.Callee) {
	input, given := v.node.Config[fieldCalleeInput.Name]
	if callee.Input == nil || c.values[v.index] == nil || len(c.values[v.index].Refs()) > 0 {
		return
	}
	if !given || input == nil {
		input = map[string]any{}
	}
	if err := inputschema.Validate(callee.Input, input); err != nil {
		for _, d := range calleeInputProblems(v, callee.Name, err) {
			c.report(d)
		}
	}
}

// wayBack finds how a workflow, by those that it runs, comes back to the one that is
// checked: the names on the way, or nil. seen are those that were looked at: however
// many ways lead to one, what it runs is the same.
func (c *checker) wayBack(id string, seen map[string]bool) []string {
	if seen[id] || c.env.WorkflowID == "" {
		return nil
	}
	seen[id] = true
	callee, ok := c.env.Workflow(id)
	if !ok {
		return nil
	}
	for _, next := range callee.Runs {
		if next == c.env.WorkflowID {
			return []string{callee.Name, c.env.WorkflowName}
		}
		if way := c.wayBack(next, seen); way != nil {
			return append([]string{callee.Name}, way...)
		}
	}
	return nil
}

// callee writes the task. Its function is execution.Children.
func (b *builder) callee(s *step, v *vertex) asl.State {
	config := map[string]any{"workflow": v.node.Config[fieldCallee.Name], "input": map[string]any{}}
	if input, ok := v.node.Config[fieldCalleeInput.Name]; ok && input != nil {
		config["input"] = b.emitValue(b.c.values[v.index].At(fieldCalleeInput.Name), b.view(s, ""))
	}
	payload := b.origin(v)
	payload.Set("config", config)
	if output := b.outputPlan(v); len(output) > 0 {
		payload.Set("output", output)
	}
	resource, result := asl.ResourceInvoke, payloadResult
	if !express(b.c.doc) {
		resource, result = asl.ResourceInvokeToken, tokenResult
		payload.Set("task_token", asl.Expr("$states.context.Task.Token"))
	}
	state := &asl.Task{
		Resource:  asl.In(b.c.functions.Partition, resource),
		Arguments: map[string]any{"FunctionName": b.c.functions.Workflows, "Payload": payload},
		Retry:     b.retries,
		Assign:    b.assign(s, b.own(s, asl.Expr(result), "")),
	}
	state.Next, state.Output, state.End = b.ending(s, s.next[0], b.view(s, result))
	b.catchFailure(state, s, v)
	return state
}
