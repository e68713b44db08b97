package compile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/connector"
	"switchboard/internal/event"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// All texts that a user can read about a workflow document stand in this file, so
// that they read alike: the message says what is wrong, the hint what to do.

// The codes of diagnostics, besides those of fields (schema) and templates.
const (
	CodeNoTrigger           = "no_trigger"
	CodeUnknownTrigger      = "unknown_trigger"
	CodeNoNodes             = "no_nodes"
	CodeTooLarge            = "too_large"
	CodeInvalidID           = "invalid_id"
	CodeDuplicateID         = "duplicate_id"
	CodeUnknownNodeType     = "unknown_node_type"
	CodeUnknownAction       = "unknown_action"
	CodeUnknownNode         = "unknown_node"
	CodeUnknownPort         = "unknown_port"
	CodeDuplicateEdge       = "duplicate_edge"
	CodeInvalidEdge         = "invalid_edge"
	CodeCycle               = "cycle"
	CodeUnreachable         = "unreachable_node"
	CodeMissingCredential   = "missing_credential"
	CodeUnknownCredential   = "unknown_credential"
	CodeWrongCredentialType = "wrong_credential_type"
	CodeCredentialNotLinked = "credential_not_linked"
	CodeNotUsed             = "not_used"
	CodeUnknownVariable     = "unknown_variable"
	CodeVariableNotBefore   = "variable_not_before"
	CodeVariableMayBeUnset  = "variable_may_be_missing"
	CodeInvalidVariable     = "invalid_variable_name"
	CodeInvalidLoop         = "invalid_loop"
	CodeLoopLimit           = "loop_limit"
	CodeInvalidSchedule     = "invalid_schedule"
	CodeInvalidFilter       = "invalid_filter"
	CodeInvalidRule         = "invalid_rule"
	CodeInexactNumber       = "inexact_number"
	CodeInvalidSchema       = "invalid_input_schema"
	CodeInvalidApproval     = "invalid_approval"
	CodeUnknownWorkflow     = "unknown_workflow"
	CodeInvalidWorkflow     = "invalid_workflow"
	CodeRecursion           = "workflow_recursion"
	CodeInternal            = "internal"
)

func noTrigger() Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeNoTrigger, Message: "The workflow has no trigger.", Hint: "Choose what starts it: manual, webhook, schedule or event.", Pointer: "/trigger"}
}

func unknownTrigger(name string, known []string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeUnknownTrigger, Message: fmt.Sprintf("There is no trigger of type %q.", name),
		Hint: spelling.Hint(name, known, "The types are"), Pointer: "/trigger/type",
	}
}

func noNodes() Diagnostic {
	return Diagnostic{Severity: warning, Code: CodeNoNodes, Message: "The workflow has no nodes, so it does nothing.", Hint: "Add a node after the trigger.", Pointer: "/nodes"}
}

func tooMany(what string, n, limit int) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeTooLarge, Message: fmt.Sprintf("The workflow has %d %s; at most %d are allowed.", n, what, limit),
		Hint: "Split it into several workflows.", Pointer: "/" + what,
	}
}

func numberTooLarge(node, pointer string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeTooLarge, Message: "This number is larger than can be calculated with.",
		Hint: "Use a number up to 1.7e308, or a text.", Node: node, Pointer: pointer,
	}
}

func definitionTooLarge(size int) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeTooLarge,
		Message: fmt.Sprintf("The workflow compiles to %d bytes; Step Functions takes at most %d.", size, asl.MaxDefinitionBytes),
		Hint:    "Shorten long texts in the nodes' fields, or split the workflow.",
	}
}

func internalProblem(err error) Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeInternal, Message: fmt.Sprintf("The workflow could not be compiled: %v.", err)}
}

func invalidID(id, at string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidID, Message: fmt.Sprintf("%q cannot be the id of a node.", id),
		Hint: "An id begins with a small letter and has small letters, digits and _, at most 40.", Node: id, Pointer: at + "/id",
	}
}

func reservedID(id, at string) Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeInvalidID, Message: fmt.Sprintf("The id %q means the trigger itself.", id), Hint: "Choose another id.", Node: id, Pointer: at + "/id"}
}

func duplicateID(id, at, first string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeDuplicateID, Message: fmt.Sprintf("The id %q is used twice; it is first used at %s.", id, first),
		Hint: "Give one of the two another id.", Node: id, Pointer: at + "/id",
	}
}

func unknownType(n *workflow.Node, at string, known []string) Diagnostic {
	d := Diagnostic{Severity: severe, Code: CodeUnknownNodeType, Message: fmt.Sprintf("There is no node type %q.", n.Type), Node: n.ID, Pointer: at + "/type"}
	name, action, isAction := strings.Cut(n.Type, ".")
	if isAction {
		var actions []string
		for _, k := range known {
			if con, a, ok := strings.Cut(k, "."); ok && con == name {
				actions = append(actions, a)
			}
		}
		if len(actions) > 0 {
			d.Code = CodeUnknownAction
			d.Message = fmt.Sprintf("%s has no action %q.", name, action)
			d.Hint = spelling.Hint(action, actions, "Its actions are")
			return d
		}
	}
	d.Hint = spelling.Hint(n.Type, known, "The types are")
	if d.Hint == "" && isAction {
		d.Hint = nearConnector(name, known)
	}
	return d
}

// nearConnector suggests the connector whose name was misspelt, with its actions.
func nearConnector(name string, known []string) string {
	actions := map[string][]string{}
	for _, k := range known {
		if con, action, ok := strings.Cut(k, "."); ok {
			actions[con] = append(actions[con], action)
		}
	}
	near, ok := spelling.Nearest(name, slices.Sorted(maps.Keys(actions)))
	if !ok {
		return ""
	}
	return fmt.Sprintf("Did you mean %s? Its actions are: %s.", near, strings.Join(actions[near], ", "))
}

func unknownEdgeEnd(at, id string, known []string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeUnknownNode, Message: fmt.Sprintf("There is no node %q.", id),
		Hint: spelling.Hint(id, known, "The nodes are"), Pointer: at,
	}
}

func edgeToTrigger(e workflow.Edge, at string) Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeInvalidEdge, Message: "An edge cannot lead to the trigger.", Hint: "To repeat, use a loop.", Node: e.From, Pointer: at + "/to"}
}

func unknownPort(v *vertex, e workflow.Edge, at string) Diagnostic {
	d := Diagnostic{Severity: severe, Code: CodeUnknownPort, Node: v.id, Pointer: at + "/port"}
	var named []string
	ports := v.ports
	if v.named() {
		ports = v.kind.ports(v.node) // those that no edge uses, too
	}
	for _, p := range ports {
		if p != "" {
			named = append(named, p)
		}
	}
	switch {
	case len(v.ports) == 0:
		d.Message = fmt.Sprintf("Nothing can follow %q: it ends the execution.", v.id)
		d.Hint = "Remove the edge."
	case e.Port == "":
		d.Message = fmt.Sprintf("The edge from %q does not say from which port.", v.id)
		d.Hint = fmt.Sprintf("Set port to one of: %s.", strings.Join(named, ", "))
	case e.Port == portError && v.kind != nil && (v.kind.canFail() || v.isLoop()):
		d.Message = fmt.Sprintf("%q has no port error.", v.id)
		d.Hint = `Set its on_error to "branch".`
	case len(named) == 0 && v.named():
		d.Message = fmt.Sprintf("%q has no port %q.", v.id, e.Port)
		d.Hint = fmt.Sprintf("Its ports are the texts of %s that hold no variable; without port the edge is taken whatever the result.", v.kind.action.Ports.Names.Name)
	case len(named) == 0:
		d.Message = fmt.Sprintf("%q has no port %q.", v.id, e.Port)
		d.Hint = "It has one way out: leave port away."
	default:
		d.Message = fmt.Sprintf("%q has no port %q.", v.id, e.Port)
		d.Hint = spelling.Hint(e.Port, named, "Its ports are")
	}
	return d
}

func duplicateEdge(e workflow.Edge, at string) Diagnostic {
	return Diagnostic{Severity: warning, Code: CodeDuplicateEdge, Message: fmt.Sprintf("The edge from %q to %q is there twice; it counts once.", e.From, e.To), Hint: "Remove one.", Node: e.From, Pointer: at}
}

// maxCycle is how many nodes of a cycle are named.
const maxCycle = 12

func cycleFound(vertices []*vertex) Diagnostic {
	ids := make([]string, 0, maxCycle+3)
	for i, v := range vertices {
		switch {
		case i < maxCycle || i == len(vertices)-1:
			ids = append(ids, v.id)
		case i == maxCycle:
			ids = append(ids, "…")
		}
	}
	ids = append(ids, vertices[0].id)
	return Diagnostic{
		Severity: severe, Code: CodeCycle, Message: "The nodes lead back to themselves: " + strings.Join(ids, " → ") + ".",
		Hint: "Remove one of these edges. To repeat something, use a loop.", Node: vertices[0].id, Pointer: vertices[0].pointer,
	}
}

func unreachable(v *vertex) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeUnreachable, Message: fmt.Sprintf("Nothing leads to %q, so it never runs.", v.id),
		Hint: "Connect it with the trigger or another node, or remove it.", Node: v.id, Pointer: v.pointer,
	}
}

func acceptedTypes(con connector.Connector) []string {
	names := make([]string, len(con.CredentialTypes))
	for i, t := range con.CredentialTypes {
		names[i] = t.Name
	}
	return names
}

func missingCredential(v *vertex, con connector.Connector) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeMissingCredential, Message: fmt.Sprintf("%s needs a credential.", con.Title),
		Hint: fmt.Sprintf("Choose a linked credential of type %s.", strings.Join(acceptedTypes(con), " or ")), Node: v.id, Pointer: v.pointer + "/credential",
	}
}

func unknownCredential(node, pointer, id string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeUnknownCredential, Message: fmt.Sprintf("There is no credential %q in this account.", id),
		Hint: "Choose one of the agent's linked credentials.", Node: node, Pointer: pointer,
	}
}

func wrongCredentialType(node, pointer string, cred workflow.Credential, user string, accepted []string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeWrongCredentialType,
		Message: fmt.Sprintf("%s takes a credential of type %s; %q is of type %s.", user, strings.Join(accepted, " or "), cred.Name, cred.Type),
		Hint:    "Choose another credential, or connect a new one.", Node: node, Pointer: pointer,
	}
}

func credentialNotLinked(node, pointer string, cred workflow.Credential, agent string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeCredentialNotLinked, Message: fmt.Sprintf("The credential %q is not linked to the agent %q.", cred.Name, agent),
		Hint: "Link it on the agent's Integrations page.", Node: node, Pointer: pointer,
	}
}

func credentialNotUsed(v *vertex) Diagnostic {
	return Diagnostic{Severity: warning, Code: CodeNotUsed, Message: fmt.Sprintf("%s node uses no credential.", capital(article(v.kind.name))), Hint: "Remove it.", Node: v.id, Pointer: v.pointer + "/credential"}
}

// article puts a or an before a word.
func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func policyNotUsed(v *vertex, member string) Diagnostic {
	return Diagnostic{Severity: warning, Code: CodeNotUsed, Message: fmt.Sprintf("%s has no effect on %s node.", member, article(v.kind.name)), Hint: "Remove it.", Node: v.id, Pointer: v.pointer + "/" + member}
}

func invalidChoice(v *vertex, member, value string, choices ...string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeValue, Message: fmt.Sprintf("%s cannot be %q.", member, value),
		Hint: spelling.Hint(value, choices, "It can be"), Node: v.id, Pointer: v.pointer + "/" + member,
	}
}

func outOfRange(node, pointer, name string, low, high int64) Diagnostic {
	return Diagnostic{Severity: severe, Code: schema.CodeValue, Message: fmt.Sprintf("%s must be a number from %d to %d.", name, low, high), Node: node, Pointer: pointer}
}

func fieldProblem(node, at string, p schema.Problem) Diagnostic {
	return Diagnostic{Severity: severe, Code: p.Code, Message: p.Message, Hint: p.Hint, Node: node, Pointer: at + p.Pointer}
}

func templateProblem(node, at string, p template.ValueProblem) Diagnostic {
	start, end := p.Start, p.End
	return Diagnostic{Severity: severe, Code: p.Code, Message: p.Message, Hint: p.Hint, Node: node, Pointer: at + p.Pointer, Start: &start, End: &end}
}

func notInLogic(node, at string, err error) Diagnostic {
	f := fault.Of(err)
	d := Diagnostic{Severity: severe, Code: "filter_not_offered", Message: f.Message, Hint: f.Hint, Node: node, Pointer: at}
	if len(f.Fields) > 0 {
		d.Pointer = at + f.Fields[0].Pointer
	}
	return d
}

func invalidVariableName(v *vertex, name, problem string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidVariable, Message: fmt.Sprintf("%q cannot be the name of a variable: %s.", name, problem),
		Hint: "Choose another name.", Node: v.id, Pointer: v.pointer + "/config/values/" + schema.Escape(name),
	}
}

func duplicateCase(v *vertex, i int, name string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeValue, Message: fmt.Sprintf("The case %q is there twice, or is the port for everything else.", name),
		Hint: "Give the case another name.", Node: v.id, Pointer: fmt.Sprintf("%s/config/cases/%d/name", v.pointer, i),
	}
}

func waitNeedsOne(v *vertex) Diagnostic {
	return Diagnostic{Severity: severe, Code: schema.CodeMissing, Message: "A wait needs seconds or until, and not both.", Node: v.id, Pointer: v.pointer + "/config"}
}

func waitTooLong(v *vertex) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeValue, Message: fmt.Sprintf("The webhook's caller waits for the output, so nothing may wait longer than %d seconds.", maxExpressSeconds),
		Hint: `Set respond to "immediately" on the trigger, or wait for less.`, Node: v.id, Pointer: v.pointer + "/config/seconds",
	}
}

func invalidTime(v *vertex, text string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeValue, Message: fmt.Sprintf("%q is not a time.", text),
		Hint: "Write it as 2026-01-31T09:00:00Z.", Node: v.id, Pointer: v.pointer + "/config/until",
	}
}

func invalidInputSchema(err error) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidSchema, Message: fmt.Sprintf("input_schema is not a JSON Schema that can be used: %v.", firstLine(err)),
		Hint: "See json-schema.org; references to other documents are not followed.", Pointer: "/trigger/config/input_schema",
	}
}

func firstLine(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		err = e
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func wrongAuth(at string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeType, Message: "auth must be a text or an object.",
		Hint: `For example "none", or {"type": "hmac_sha256", "header": "X-Signature", "credential": "cred_..."}.`, Pointer: at,
	}
}

func webhookNeedsCredential(at, auth string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeMissingCredential, Message: fmt.Sprintf("Authentication by %s needs a credential that holds the secret.", auth),
		Hint: "Name a linked credential of type webhook_secret.", Pointer: at + "/credential",
	}
}

func invalidSchedule(f fault.Field) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidSchedule, Message: f.Message, Pointer: "/trigger/config" + f.Pointer,
		Hint: `For example {"cron": "0 9 * * mon-fri", "timezone": "Europe/Berlin"} or {"rate": "15 minutes"}.`,
	}
}

func bothDays() Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeInvalidSchedule, Message: "The schedule names days of the month and days of the week: it runs on either.",
		Hint: "That is what cron means by it. Leave one of them as * if only the other counts.", Pointer: "/trigger/config/cron",
	}
}

func invalidFilter(p event.Problem) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidFilter, Message: p.Message, Pointer: "/trigger/config/filter" + p.Pointer,
		Hint: `For example {"status": ["open"], "total": [{"numeric": [">", 1000]}]}.`,
	}
}

func ruleProblem(node, at, message, hint string) Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeInvalidRule, Message: message, Hint: hint, Node: node, Pointer: at}
}

func unknownOperator(node, at string, given any, known []string) Diagnostic {
	name, _ := given.(string)
	if name == "" {
		return ruleProblem(node, at, "The rule has no operator.", "op is one of: "+strings.Join(known, ", ")+".")
	}
	hint := spelling.Hint(name, known, "")
	if !strings.HasPrefix(hint, "Did you mean") {
		hint = "The operators are: " + strings.Join(known, ", ") + "."
	}
	return ruleProblem(node, at, fmt.Sprintf("There is no operator %q.", name), hint)
}

func rightSide(node, at, op string, wanted bool) Diagnostic {
	if wanted {
		return ruleProblem(node, at, fmt.Sprintf("%s needs a right side.", op), "right is the value to compare with.")
	}
	return ruleProblem(node, at+"/right", fmt.Sprintf("%s takes no right side.", op), "Remove right.")
}

func inexactNumber(node, at, number string) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeInexactNumber, Node: node, Pointer: at,
		Message: fmt.Sprintf("%s is not told from its neighbours: whole numbers are compared exactly up to %d.", number, int64(exactWhole)),
		Hint:    "Where it is an id, have it as a text on both sides.",
	}
}

func itemsAreNoList(v *vertex) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: schema.CodeType, Message: "The items of a loop must be a list.",
		Hint: "Name one, such as {{trigger.body.lines}}, with nothing before and behind it, or write one out.", Node: v.id, Pointer: v.pointer + "/config/" + fieldItems.Name,
	}
}

func emptyLoop(v *vertex) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeInvalidLoop, Message: fmt.Sprintf("The loop %q does nothing: no edge leads from its port body.", v.id),
		Hint: "Connect its port body with what is to be done for every item.", Node: v.id, Pointer: v.pointer,
	}
}

func edgeIntoLoop(loop, from, to *vertex) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeInvalidLoop,
		Message: fmt.Sprintf("%q is in the body of the loop %q, but an edge from %q leads to it from outside.", to.id, loop.id, from.id),
		Hint:    "What comes after a loop hangs on its port done; a body is entered by its port body alone.", Node: to.id, Pointer: to.pointer,
	}
}

func insideLoop(path template.Path, id, loop string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeVariableNotBefore, Message: fmt.Sprintf("{{%s}} uses %q, which runs once for every item of the loop %q.", path, id, loop),
		Hint: fmt.Sprintf("After the loop, use {{steps.%s.results}}.", loop),
	}
}

func ownResults(path template.Path, loop string) Diagnostic {
	return Diagnostic{
		Severity: severe, Code: CodeVariableNotBefore, Message: fmt.Sprintf("{{%s}} uses the results of %q within its body, where they are not there yet.", path, loop),
		Hint: "Within the loop, use {{item}} and {{index}}.",
	}
}

// What is wrong with a path.

func noSuchMember(name string) string { return fmt.Sprintf("has no %q", name) }

func noMembers(steps []template.Step, i int) string {
	return fmt.Sprintf("goes into %q, which is a plain value", stepName(steps, i-1))
}

func notAnObject(steps []template.Step, i int) string {
	return fmt.Sprintf("asks a list for %q; an item is asked for by its number, as [0]", stepName(steps, i))
}

func notAList(steps []template.Step, i int) string {
	return fmt.Sprintf("asks for [%d] of something that is not a list", steps[i].Index)
}

func stepName(steps []template.Step, i int) string {
	if i < 0 {
		return "it"
	}
	if steps[i].IsIndex {
		return fmt.Sprintf("[%d]", steps[i].Index)
	}
	return steps[i].Name
}

func unknownPath(path template.Path, message, hint string) Diagnostic {
	return Diagnostic{Severity: severe, Code: CodeUnknownVariable, Message: fmt.Sprintf("{{%s}} %s.", path, message), Hint: hint}
}

func impossiblePath(path template.Path, message string, known []string) Diagnostic {
	hint := ""
	for _, s := range path.Steps {
		if len(known) > 0 && !slices.Contains(known, s.Name) {
			hint = spelling.Hint(s.Name, known, "It has")
			break
		}
	}
	return unknownPath(path, "cannot exist: it "+message, hint)
}

func headersAreLower(path, lower template.Path) Diagnostic {
	return unknownPath(path, "cannot exist: the names of headers are in lower case here", fmt.Sprintf("Write {{%s}}.", lower))
}

func needsName(path template.Path, root, noun string) Diagnostic {
	return unknownPath(path, "does not say which", fmt.Sprintf("Name %s, as {{%s.name}}.", noun, root))
}

func outsideLoop(path template.Path) Diagnostic {
	return unknownPath(path, "has a value only inside a loop", "")
}

func unknownStep(path template.Path, id string, known []string) Diagnostic {
	return unknownPath(path, fmt.Sprintf("names a node %q that is not there", id), spelling.Hint(id, known, "The nodes are"))
}

func unknownVariable(path template.Path, name string, known []string) Diagnostic {
	if len(known) == 1 && strings.HasPrefix(known[0], "steps.") {
		return unknownPath(path, "is not a variable", fmt.Sprintf("A node's output is {{%s.…}}.", known[0]))
	}
	if slices.Contains(known, "steps."+name) {
		return unknownPath(path, "is not a variable", fmt.Sprintf("A node's output is {{steps.%s.…}}.", name))
	}
	return unknownPath(path, "is not a variable", spelling.Hint(name, known, "There are"))
}

func notBefore(path template.Path, id, node string) Diagnostic {
	message := fmt.Sprintf("uses %q, which does not come before this node", id)
	if id == node {
		message = "uses the node's own output"
	}
	return Diagnostic{Severity: severe, Code: CodeVariableNotBefore, Message: fmt.Sprintf("{{%s}} %s.", path, message), Hint: "A template can use the trigger and the nodes that lead here."}
}

func maySkip(path template.Path, id string) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeVariableMayBeUnset, Message: fmt.Sprintf("{{%s}} has no value when %q was skipped; the execution would then fail here.", path, id),
		Hint: "Add a default, as {{" + path.String() + " | default: \"\"}}.",
	}
}

func mayHaveSucceeded(path template.Path, id string) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeVariableMayBeUnset, Message: fmt.Sprintf("{{%s}} has no value when %q did not fail; the execution would then fail here.", path, id),
		Hint: "Add a default, as {{" + path.String() + " | default: \"\"}}.",
	}
}

func mayHaveFailed(path template.Path, id string) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeVariableMayBeUnset, Message: fmt.Sprintf("{{%s}} has no value when %q failed; the execution would then fail here.", path, id),
		Hint: "Add a default, as {{" + path.String() + " | default: \"\"}}.",
	}
}
