package compile

import (
	"maps"
	"slices"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// An approval is one state, and one billed transition: a task that waits for its
// token. The function that it calls stores the question, tells people of it by the
// node's notify, and leaves; the answer comes through the token. An approved one is
// the state's result; a rejected one is its error Approval.Rejected and one that
// nobody gave in time is States.Timeout, so the ports hang on Catch and need no
// Choice behind.

// defaultApprovalSeconds is how long people have who were given no time.
const defaultApprovalSeconds = 24 * 3600

var (
	fieldQuestion        = schema.Field{Name: "message", Kind: schema.Text, Title: "Message", Required: true, MaxLength: 10_000, Help: "What is asked; people read it above the two buttons."}
	fieldApprovalTimeout = schema.Field{Name: "timeout_seconds", Kind: schema.Integer, Title: "Time to answer", Min: schema.Limit(1), Max: schema.Limit(MaxTimeoutSeconds), Default: int64(defaultApprovalSeconds), Help: "In seconds; after that the port timed_out is taken. A day if empty."}
	fieldNotify          = schema.Field{Name: "notify", Kind: schema.Object, Title: "Notify", Fixed: true, Help: "An action that tells people: {action, credential, config}. Its config may use {{approval.url}}."}
	approvalFields       = schema.Fields{fieldQuestion, fieldApprovalTimeout, fieldNotify}

	approvalOutputs = schema.Fields{
		{Name: "decision", Kind: schema.Choice, Choices: []string{portApproved, portRejected, portTimedOut}},
		{Name: "comment", Kind: schema.Text},
		{Name: "at", Kind: schema.Text},
		{Name: "by", Kind: schema.Text},
	}

	// aboutApproval are the members of {{approval}}, which a notification may use.
	approvalMembers = schema.Fields{
		{Name: "url", Kind: schema.Text}, {Name: "message", Kind: schema.Text}, {Name: "expires_at", Kind: schema.Text},
	}
	notifyMembers = []string{"action", "credential", "config"}
)

// notification is an approval's notify, as far as it can be read.
type notification struct {
	Action     string
	Credential string
	Config     map[string]any
	given      bool
}

func notificationOf(n *workflow.Node) notification {
	m, ok := n.Config["notify"].(map[string]any)
	if n.Type != typeApproval || !ok {
		return notification{}
	}
	out := notification{given: true}
	out.Action, _ = m["action"].(string)
	out.Credential, _ = m["credential"].(string)
	out.Config, _ = m["config"].(map[string]any)
	return out
}

func (c *checker) checkApproval(v *vertex) {
	if express(c.doc) {
		c.report(approvalTooLong(v))
	}
	text, _ := v.node.Config[fieldApprovalTimeout.Name].(string)
	seconds, limit := approvalSeconds(v.node), c.limit()
	if limit > 0 && !template.HasExpression(text) && seconds > limit {
		c.report(approvalOutlivesExecution(v, seconds, limit))
	}
	if n := notificationOf(v.node); n.given {
		c.checkNotification(v, n)
	}
}

// checkNotification holds notify to what a node with this action would be held to.
func (c *checker) checkNotification(v *vertex, n notification) {
	at := v.pointer + "/config/notify"
	given, _ := v.node.Config["notify"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(notifyMembers, name) {
			c.report(unknownNotifyMember(v, at, name, spelling.Hint(name, notifyMembers, "Its members are")))
		}
	}
	k, ok := c.kinds.find(n.Action)
	if !ok || !k.isAction() {
		c.report(notifyNeedsAction(v, at, n.Action, c.candidates(c.kinds.catalog.NodeTypes)))
		return
	}
	switch con := k.connector; {
	case n.Credential != "":
		c.checkCredentialID(v.id, at+"/credential", n.Credential, con.Title, acceptedTypes(con))
	case len(con.CredentialTypes) > 0 && !con.CredentialOptional:
		c.report(notifyNeedsCredential(v, at, con))
	}
	if _, isObject := given["config"].(map[string]any); given["config"] != nil && !isObject {
		c.report(fieldProblem(v.id, at, schema.Problem{Pointer: "/config", Code: schema.CodeType, Message: "config must be an object."}))
		return
	}
	c.checkFields(v.id, at+"/config", k.fields, n.Config, template.HasExpression)
}

// aboutApproval says whether a reference of a vertex is one to {{approval}}, in its
// notification.
func (c *checker) aboutApproval(v int, ref template.ValueRef) bool {
	node := c.graph.vertices[v].node
	return node != nil && node.Type == typeApproval && ref.Path.Root == "approval" && strings.HasPrefix(ref.Pointer, "/notify/")
}

func checkApprovalPath(ref template.ValueRef) (Diagnostic, bool) {
	if len(ref.Path.Steps) == 0 {
		return needsName(ref.Path, "approval", "one of its members"), true
	}
	if message, known := fieldsShape(approvalMembers, false).mistake(ref.Path.Steps); message != "" {
		return impossiblePath(ref.Path, message, known), true
	}
	return Diagnostic{}, false
}

// approvalSeconds is how long people have; the most there can be where that is not
// known before.
func approvalSeconds(n *workflow.Node) int64 {
	given := n.Config[fieldApprovalTimeout.Name]
	if given == nil || given == "" {
		return defaultApprovalSeconds
	}
	if seconds, ok := whole(given); ok {
		return min(max(seconds, 0), MaxTimeoutSeconds) // one out of range was reported
	}
	return MaxTimeoutSeconds
}

// approval writes the task. Its function is approval.Service.Ask.
func (b *builder) approval(s *step, v *vertex) asl.State {
	w := b.view(s, "")
	seconds := b.approvalTimeout(v, w)
	payload := b.origin(v)
	payload.Set("task_token", asl.Expr("$states.context.Task.Token"))
	payload.Set("workflow_name", asl.Literal(b.c.env.WorkflowName))
	payload.Set("config", map[string]any{"message": b.textExpr(v, fieldQuestion.Name, w), "timeout_seconds": seconds})
	if n := notificationOf(v.node); n.given {
		payload.Set("notify", b.notification(s, n))
	}
	state := &asl.Task{
		Resource:       asl.In(b.c.functions.Partition, asl.ResourceInvokeToken),
		Arguments:      map[string]any{"FunctionName": b.c.functions.Approvals, "Payload": payload},
		TimeoutSeconds: seconds,
		Retry:          b.retries,
		Assign:         b.assign(s, b.own(s, asl.Expr(tokenResult), portApproved)),
	}
	after := b.view(s, tokenResult)
	after.port = quote(portApproved)
	state.Next, state.Output, state.End = b.ending(s, s.next[0], after)
	state.Catch = []asl.Catcher{
		b.answered(s, s.next[1], string(fault.ApprovalRejected), asl.Expr("$parse($states.errorOutput.Cause)"), portRejected),
		b.answered(s, s.next[2], asl.ErrorTimeout, map[string]any{"decision": portTimedOut, "comment": "", "at": nil, "by": ""}, portTimedOut),
	}
	return state
}

// tokenResult is how an answer that came through a token gets its place.
const tokenResult = "$states.result"

// answered leads from an error that is an answer to the port that stands for it.
func (b *builder) answered(s, next *step, name string, output any, port string) asl.Catcher {
	return asl.Catcher{
		ErrorEquals: []string{name}, Assign: b.assign(s, b.own(s, output, port)), Output: b.passOn(), Next: b.next(next),
	}
}

// approvalTimeout is a number, or the expression of one.
func (b *builder) approvalTimeout(v *vertex, w view) any {
	if text, ok := v.node.Config[fieldApprovalTimeout.Name].(string); ok && template.HasExpression(text) {
		e := strictExpr(b.c.values[v.index].At(fieldApprovalTimeout.Name), w)
		return secondsOf(e, 1, fieldApprovalTimeout.Name)
	}
	return approvalSeconds(v.node)
}

// notification is a task for the connector's function, which the function that asks
// passes on: see task.Task. For whom and where, it knows itself.
func (b *builder) notification(s *step, n notification) asl.Object {
	k, _ := b.c.kinds.find(n.Action)
	var p asl.Object
	b.call(&p, k, n.Credential, n.Config, defaultNodeTimeout)
	p.Set("connector", k.connector.Name)
	refs := slices.DeleteFunc(b.c.configRefs(s.vertex), func(ref template.ValueRef) bool {
		return !strings.HasPrefix(ref.Pointer, "/notify/config/")
	})
	if vars := b.variables(b.view(s, ""), refs); len(vars) > 0 {
		p.Set("variables", vars)
	}
	return p
}
