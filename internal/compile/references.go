package compile

import (
	"slices"
	"strings"

	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// site is a place where templates stand: a node's config, or the output.
type site struct {
	vertex int // -1 for the workflow's output
	node   string
	at     string // pointer to what holds the value, and the rest of that to the value
	within string
	// optional is set where a value may be missing: on the left of a rule.
	optional bool
}

// checkReferences looks at every variable of every template.
func (c *checker) checkReferences() {
	for _, v := range c.graph.vertices[1:] {
		s := site{vertex: v.index, node: v.id, at: v.pointer, within: "/config"}
		if r := c.rules[v.index]; r != nil {
			r.comparisons(func(r *rule) {
				left := s
				left.optional = true
				c.checkValue(left, r.left)
				c.checkValue(s, r.right)
			})
		} else {
			c.checkValue(s, c.values[v.index])
		}
		c.checkJSONata(v)
	}
	if c.doc.HasOutput {
		// Errors name the field as the document has it: there is no node to look in.
		value, problems := template.ParseValue(map[string]any{"output": c.doc.Output})
		for _, p := range problems {
			c.report(templateProblem("", "", p))
		}
		c.output = value.At("output")
		c.checkValue(site{vertex: -1}, c.output)
		if err := value.InJSONata(); err != nil && len(problems) == 0 {
			c.report(notInLogic("", "", err))
		}
	}
}

func (c *checker) checkValue(s site, value *template.Value) {
	if value == nil {
		return
	}
	for _, ref := range value.Refs() {
		var d Diagnostic
		var wrong bool
		if s.vertex > 0 && c.aboutApproval(s.vertex, ref) {
			d, wrong = checkApprovalPath(ref)
		} else {
			d, wrong = c.checkReference(s, ref)
		}
		if wrong {
			d.Node, d.Pointer = s.node, s.at+s.within+ref.Pointer
			start, end := ref.Start, ref.End
			d.Start, d.End = &start, &end
			c.report(d)
		}
	}
}

// checkJSONata reports filters that a logic node cannot use: it is evaluated by the
// state machine itself, not by a function.
func (c *checker) checkJSONata(v *vertex) {
	if v.kind == nil || v.kind.isAction() {
		return
	}
	var problem error
	for field, value := range c.values[v.index].Parts() {
		if v.kind.name == typeApproval && field.Name == fieldNotify.Name {
			continue // the notification is rendered by a function
		}
		if value.Broken() {
			return // what is wrong with it was reported with the config
		}
		if problem == nil {
			problem = value.InJSONata()
		}
	}
	if problem != nil {
		c.report(notInLogic(v.id, v.pointer+"/config", problem))
	}
}

func (c *checker) checkReference(s site, ref template.ValueRef) (Diagnostic, bool) {
	path := ref.Path
	switch path.Root {
	case "trigger":
		return c.checkTriggerPath(path)
	case "steps":
		return c.checkStepPath(s, ref)
	case "vars":
		if len(path.Steps) == 0 || path.Steps[0].IsIndex {
			return needsName(path, "vars", "a variable"), true
		}
		return c.checkVariable(s, ref, path.Steps[0].Name)
	case "execution", "workflow", "agent":
		return checkContextPath(path)
	case "item", "index":
		if s.vertex < 0 || c.graph.vertices[s.vertex].loop < 0 {
			return outsideLoop(path), true
		}
		if path.Root == "index" && len(path.Steps) > 0 {
			return impossiblePath(path, "is a number", nil), true
		}
		return Diagnostic{}, false
	default:
		return c.checkVariable(s, ref, path.Root)
	}
}

// contextShapes are those of {{execution}}, {{workflow}} and {{agent}}.
var contextShapes = map[string]shape{
	"execution": {members: map[string]shape{"id": aScalar}},
	"workflow":  {members: map[string]shape{"name": aScalar, "id": aScalar}},
	"agent":     {members: map[string]shape{"name": aScalar, "id": aScalar}},
}

func checkContextPath(path template.Path) (Diagnostic, bool) {
	if len(path.Steps) == 0 {
		return needsName(path, path.Root, "one of its members"), true
	}
	if message, known := contextShapes[path.Root].mistake(path.Steps); message != "" {
		return impossiblePath(path, message, known), true
	}
	return Diagnostic{}, false
}

func (c *checker) checkTriggerPath(path template.Path) (Diagnostic, bool) {
	if c.doc.Trigger == nil {
		return Diagnostic{}, false
	}
	if message, known := c.names.trigger.mistake(path.Steps); message != "" {
		return impossiblePath(path, message, known), true
	}
	if c.doc.Trigger.Type == workflow.TriggerWebhook && len(path.Steps) > 1 && path.Steps[0].Name == "headers" {
		lower := path
		lower.Steps = slices.Clone(path.Steps)
		lower.Steps[1].Name = strings.ToLower(path.Steps[1].Name)
		if lower.Steps[1].Name != path.Steps[1].Name {
			return headersAreLower(path, lower), true
		}
	}
	return Diagnostic{}, false
}

func (c *checker) checkStepPath(s site, ref template.ValueRef) (Diagnostic, bool) {
	path := ref.Path
	if len(path.Steps) == 0 || path.Steps[0].IsIndex {
		return needsName(path, "steps", "a node"), true
	}
	id := path.Steps[0].Name
	index, ok := c.graph.byID[id]
	if !ok || index == 0 {
		return unknownStep(path, id, c.candidates(c.nodes)), true
	}
	if loop, ok := c.loopAround(index, s.vertex); ok {
		return insideLoop(path, id, loop), true
	}
	if s.vertex >= 0 && c.graph.within(s.vertex, index) {
		return ownResults(path, id), true
	}
	if !c.comesBefore(index, s.vertex) {
		return notBefore(path, id, s.node), true
	}
	v := c.graph.vertices[index]
	if v.kind == nil {
		return Diagnostic{}, false
	}
	if message, known := outputShape(v).mistake(path.Steps[1:]); message != "" {
		return impossiblePath(path, message, known), true
	}
	if ref.HasDefault || s.optional {
		return Diagnostic{}, false
	}
	if !c.surelyRan(index, s.vertex) {
		return maySkip(path, id), true
	}
	if !mayFail(v) || len(path.Steps) == 1 {
		return Diagnostic{}, false
	}
	switch failed, known := c.outcome(v, s.vertex); {
	case path.Steps[1].Name != "error" && (failed || !known):
		return mayHaveFailed(path, id), true
	case path.Steps[1].Name == "error" && !failed && !givesError(v.kind):
		return mayHaveSucceeded(path, id), true
	}
	return Diagnostic{}, false
}

// outcome says whether a node that may fail has failed, where a site comes only behind
// one or the other.
func (c *checker) outcome(v *vertex, site int) (failed, known bool) {
	facts := c.graph.sure[max(site, 0)]
	failure, branches := v.port(portError)
	if !branches {
		return false, false
	}
	for port := range v.ports {
		if v.isLoop() && v.ports[port] == portBody {
			continue
		}
		if facts.has(v.factBit + 1 + port) {
			return port == failure, true
		}
	}
	return false, false
}

// givesError says whether an output may have a member error although nothing failed.
func givesError(k *kind) bool {
	return k.open || slices.ContainsFunc(k.outputs, func(f schema.Field) bool { return f.Name == "error" })
}

// outputShape is the shape of a node's output.
func outputShape(v *vertex) shape {
	if v.kind.name == typeSet {
		members := map[string]shape{}
		values, _ := v.node.Config["values"].(map[string]any)
		for name := range values {
			members[name] = anything
		}
		return shape{members: members}
	}
	if mayFail(v) {
		s := fieldsShape(v.kind.outputs, v.kind.open)
		s.members["error"] = shape{members: map[string]shape{"name": aScalar, "message": aScalar}}
		return s
	}
	if v.kind.shape == nil {
		s := fieldsShape(v.kind.outputs, v.kind.open)
		v.kind.shape = &s
	}
	return *v.kind.shape
}

// mayFail says whether the node's output is {"error": ...} when it failed.
func mayFail(v *vertex) bool {
	if v.isLoop() { // with continue, it is the items that fail
		return v.node.OnError == workflow.OnErrorBranch
	}
	return v.kind.canFail() && (v.node.OnError == workflow.OnErrorContinue || v.node.OnError == workflow.OnErrorBranch)
}

// comesBefore says whether the vertex is decided when the other one runs, and its
// output can be read there.
func (c *checker) comesBefore(v, other int) bool {
	if _, hidden := c.loopAround(v, other); hidden {
		return false
	}
	return other < 0 || c.graph.before[other].has(v)
}

// loopAround gives the id of the outermost loop that has the vertex in its body but not
// the other one (-1: the workflow's output), which can read that one's results.
func (c *checker) loopAround(v, other int) (id string, found bool) {
	for l := c.graph.vertices[v].loop; l >= 0 && (other < 0 || !c.graph.within(other, l)); l = c.graph.vertices[l].loop {
		id, found = c.graph.vertices[l].id, true
	}
	return id, found
}

func (c *checker) surelyRan(v, other int) bool {
	if other < 0 {
		// The output is made when all is done: sure is what follows from the start.
		return c.graph.surelyRan(c.graph.sure[0], v)
	}
	return c.graph.surelyRan(c.graph.sure[other], v)
}

// names is what paths can begin with, for all sites.
type names struct {
	trigger shape
	setters map[string][]int // the set nodes that name a variable, in topological order
	// input and required are the members of the manual trigger's input, and open says
	// whether there may be others.
	input, required []string
	open            bool
}

// learnNames gathers them once; sites and references are many.
func (c *checker) learnNames() {
	c.names.setters = map[string][]int{}
	for _, i := range c.graph.order {
		v := c.graph.vertices[i]
		if v.kind == nil || v.kind.name != typeSet {
			continue
		}
		values, _ := v.node.Config["values"].(map[string]any)
		for name := range values {
			c.names.setters[name] = append(c.names.setters[name], i)
		}
	}
	t := c.doc.Trigger
	if t == nil {
		return
	}
	c.names.trigger = triggerShape(t.Type, t.Config)
	if t.Type != workflow.TriggerManual {
		return
	}
	s, ok := t.Config["input_schema"].(map[string]any)
	if !ok {
		c.names.open = true
		return
	}
	properties, _ := s["properties"].(map[string]any)
	for name := range properties {
		c.names.input = append(c.names.input, name)
	}
	list, _ := s["required"].([]any)
	for _, e := range list {
		if name, ok := e.(string); ok {
			c.names.required = append(c.names.required, name)
		}
	}
	c.names.open = schemaShape(s).open
}

// fromInput says whether a variable's value at a site may be that of the manual
// trigger's input.
func (c *checker) fromInput(name string, site int) bool {
	if !c.names.open && !slices.Contains(c.names.input, name) {
		return false
	}
	return !slices.ContainsFunc(c.setters(name, site), func(setter int) bool { return c.surelyRan(setter, site) })
}

// setters lists, in topological order, the set nodes that name a variable and come
// before the vertex (-1: all).
func (c *checker) setters(name string, vertex int) []int {
	var found []int
	for _, i := range c.names.setters[name] {
		if c.comesBefore(i, vertex) {
			found = append(found, i)
		}
	}
	return found
}

func (c *checker) checkVariable(s site, ref template.ValueRef, name string) (Diagnostic, bool) {
	inputs, required, open := c.names.input, c.names.required, c.names.open
	setters := c.setters(name, s.vertex)
	fromInput := open || slices.Contains(inputs, name)
	if len(setters) == 0 && !fromInput {
		if late := c.setters(name, -1); len(late) > 0 {
			return notBefore(ref.Path, c.graph.vertices[late[0]].id, s.node), true
		}
		for _, i := range c.names.setters[name] {
			if loop, hidden := c.loopAround(i, s.vertex); hidden {
				return insideLoop(ref.Path, c.graph.vertices[i].id, loop), true
			}
		}
		return unknownVariable(ref.Path, name, c.candidates(func() []string { return c.variableNames(s, inputs) })), true
	}
	if len(setters) == 0 && open && ref.Path.Root != "vars" && !slices.Contains(inputs, name) && c.graph.isNode(name) {
		// {{notify.ts}} for {{steps.notify.ts}}: the input could have such a member, but
		// that is not what was meant.
		return unknownVariable(ref.Path, name, []string{"steps." + name}), true
	}
	if ref.HasDefault || s.optional {
		return Diagnostic{}, false
	}
	for _, i := range setters {
		if c.surelyRan(i, s.vertex) {
			return Diagnostic{}, false
		}
	}
	if slices.Contains(required, name) || len(setters) == 0 {
		return Diagnostic{}, false
	}
	return maySkip(ref.Path, c.graph.vertices[setters[len(setters)-1]].id), true
}

// variableNames lists what could have been meant by a name at a site.
func (c *checker) variableNames(s site, inputs []string) []string {
	names := append([]string{}, inputs...)
	for _, i := range c.graph.order {
		v := c.graph.vertices[i]
		if i == 0 || !c.comesBefore(i, s.vertex) {
			continue
		}
		names = append(names, "steps."+v.id)
		if v.kind != nil && v.kind.name == typeSet {
			values, _ := v.node.Config["values"].(map[string]any)
			for name := range values {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return append(slices.Compact(names), reservedRoots...)
}

// variableNameProblem says why a set node cannot name a variable so, or "".
func variableNameProblem(name string) string {
	switch {
	case slices.Contains(reservedRoots, name):
		return "the name means something else in templates"
	case !variableName().MatchString(name):
		return "a name has letters, digits and _, does not begin with a digit, and has at most 64 characters"
	default:
		return ""
	}
}
