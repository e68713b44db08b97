package compile

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/event"
	"switchboard/internal/inputschema"
	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// checker gathers diagnostics and what it learns on the way.
type checker struct {
	doc         *workflow.Document
	env         workflow.Subject
	functions   Functions
	kinds       *kinds
	graph       *graph
	diagnostics Diagnostics
	wrong       bool // there is an error among the diagnostics
	shortened   bool // doc has no nodes and edges, as it had too many
	// values holds the parsed config of every vertex, by index; rules those of conditions.
	values []*template.Value
	rules  []*rule
	output *template.Value
	names  names
	ids    []string // of the vertices
	// compared is how many names were looked through for one that was meant: see candidates.
	compared int
}

func (co *Compiler) check(doc *workflow.Document, s workflow.Subject) *checker {
	c := &checker{doc: doc, env: s, functions: co.functions, kinds: newKinds(co.catalog)}
	c.checkLimits()
	if len(c.diagnostics) > 0 && (len(doc.Nodes) > workflow.MaxNodes || len(doc.Edges) > workflow.MaxEdges) {
		// What is wrong with each of them would be too much to say.
		shortened := *doc
		shortened.Nodes, shortened.Edges = nil, nil
		c.doc, c.shortened = &shortened, true
	}
	c.checkNumbers()
	c.checkTrigger()
	c.buildGraph()
	for _, v := range c.graph.vertices[1:] {
		c.checkNode(v)
	}
	c.checkEdges()
	c.checkShape()
	c.graph.learnFacts()
	c.learnNames()
	c.checkReferences()
	return c
}

// maxDiagnostics is how many are told at once.
const maxDiagnostics = 1_000

// maxCompared is how many names are looked through for those that were meant, which
// takes half a second. A document whose every edge is misspelt would take minutes.
const maxCompared = 100_000

// candidates are the names of which one could have been meant, as long as there is
// time to look through them.
func (c *checker) candidates(known func() []string) []string {
	if c.compared >= maxCompared {
		return nil
	}
	names := known()
	c.compared += len(names)
	return names
}

// nodes lists the ids of all nodes.
func (c *checker) nodes() []string { return c.ids[1:] }

func (c *checker) report(d Diagnostic) {
	if len(c.diagnostics) < maxDiagnostics || (d.Severity == severe && !c.wrong) {
		c.diagnostics = append(c.diagnostics, d)
		c.wrong = c.wrong || d.Severity == severe
	}
}

func (c *checker) checkLimits() {
	if n := len(c.doc.Nodes); n > workflow.MaxNodes {
		c.report(tooMany("nodes", n, workflow.MaxNodes))
	}
	if n := len(c.doc.Edges); n > workflow.MaxEdges {
		c.report(tooMany("edges", n, workflow.MaxEdges))
	}
	if t := c.doc.TimeoutSeconds; t != nil {
		if n, ok := whole(*t); !ok || n < 1 || n > MaxTimeoutSeconds {
			c.report(outOfRange("", "/timeout_seconds", "The workflow's timeout_seconds", 1, MaxTimeoutSeconds))
		} else if express(c.doc) && n > maxExpressSeconds {
			c.report(outOfRange("", "/timeout_seconds", "timeout_seconds, while the webhook's caller waits for the output,", 1, maxExpressSeconds))
		}
	}
}

// checkNumbers refuses numbers that JSON can write and nothing can calculate with.
func (c *checker) checkNumbers() {
	visit := func(node, at string, v any) {
		numbers(v, at, func(n json.Number, at string) {
			if f, err := n.Float64(); err != nil || math.IsInf(f, 0) {
				c.report(numberTooLarge(node, at))
			}
		})
	}
	if t := c.doc.Trigger; t != nil {
		visit("", "/trigger/config", t.Config)
	}
	for i := range c.doc.Nodes {
		if n := &c.doc.Nodes[i]; mayHoldNumbers(n.Config) {
			visit(n.ID, "/nodes/"+strconv.Itoa(i)+"/config", n.Config)
		}
	}
	visit("", "/output", c.doc.Output)
}

// numbers visits every number within a value, by its pointer, in a stable order.
func numbers(v any, at string, visit func(n json.Number, at string)) {
	switch v := v.(type) {
	case json.Number:
		visit(v, at)
	case []any:
		for i, item := range v {
			if mayHoldNumbers(item) {
				numbers(item, at+"/"+strconv.Itoa(i), visit)
			}
		}
	case map[string]any:
		var names []string
		for name, member := range v {
			if mayHoldNumbers(member) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			numbers(v[name], at+"/"+schema.Escape(name), visit)
		}
	}
}

// mayHoldNumbers saves most values their pointers.
func mayHoldNumbers(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return true
	case []any:
		return slices.ContainsFunc(v, mayHoldNumbers)
	case map[string]any:
		for _, member := range v {
			if mayHoldNumbers(member) {
				return true
			}
		}
	}
	return false
}

func (c *checker) checkTrigger() {
	t := c.doc.Trigger
	if t == nil {
		c.report(noTrigger())
		return
	}
	known := triggers()
	fields, ok := known[t.Type]
	if !ok {
		c.report(unknownTrigger(t.Type, slices.Sorted(maps.Keys(known))))
		return
	}
	switch t.Type {
	case workflow.TriggerWebhook:
		c.checkWebhook(t.Config, fields)
	case workflow.TriggerSchedule:
		c.checkFields("", "/trigger/config", fields, t.Config, nil)
		c.checkSchedule(t.Config)
	case workflow.TriggerEvent:
		c.checkFields("", "/trigger/config", fields, t.Config, template.HasExpression)
		filter, _ := t.Config["filter"].(map[string]any)
		_, problems := event.Parse(filter)
		for _, p := range problems {
			c.report(invalidFilter(p))
		}
	case workflow.TriggerManual:
		c.checkFields("", "/trigger/config", fields, t.Config, nil)
		if s, ok := t.Config["input_schema"].(map[string]any); ok {
			if err := inputschema.Check(s); err != nil {
				c.report(invalidInputSchema(err))
			}
		}
	}
}

// buildGraph makes a vertex of every node whose id can be used.
func (c *checker) buildGraph() {
	n := len(c.doc.Nodes) + 1
	g := &graph{byID: make(map[string]int, n), vertices: make([]*vertex, 0, n)}
	g.add(vertex{id: workflow.TriggerNode, pointer: "/trigger", ports: plainPort})
	for i := range c.doc.Nodes {
		n := &c.doc.Nodes[i]
		at := "/nodes/" + strconv.Itoa(i)
		switch {
		case n.ID == workflow.TriggerNode:
			c.report(reservedID(n.ID, at))
			continue
		case !workflow.NodeID().MatchString(n.ID):
			c.report(invalidID(n.ID, at))
			continue
		}
		if first, ok := g.byID[n.ID]; ok {
			c.report(duplicateID(n.ID, at, g.vertices[first].pointer))
			continue
		}
		k, ok := c.kinds.find(n.Type)
		ports := plainPort
		if ok {
			ports = k.ports(n)
		} else {
			c.report(unknownType(n, at, c.candidates(c.kinds.names)))
		}
		g.add(vertex{id: n.ID, node: n, kind: k, pointer: at, ports: ports})
	}
	c.graph, c.ids = g, g.ids()
	c.values, c.rules = make([]*template.Value, len(g.vertices)), make([]*rule, len(g.vertices))
}

// add gives a vertex its place.
func (g *graph) add(v vertex) {
	v.index, v.loop, v.out = len(g.vertices), -1, make([][]int, len(v.ports))
	g.byID[v.id] = v.index
	g.vertices = append(g.vertices, &v)
}

func (c *checker) checkNode(v *vertex) {
	value, problems := template.ParseValue(v.node.Config)
	for _, p := range problems {
		c.report(templateProblem(v.id, v.pointer+"/config", p))
	}
	c.values[v.index] = value
	c.checkPolicies(v)
	if v.kind == nil {
		return
	}
	switch {
	case v.kind.name == typeCondition:
		c.rules[v.index] = c.readRule(v.id, v.pointer+"/config", v.node.Config, value)
	case v.kind.fields != nil:
		for _, p := range v.kind.fields.Check(v.node.Config, template.HasExpression) {
			c.report(fieldProblem(v.id, v.pointer+"/config", p))
		}
	}
	switch v.kind.name {
	case typeSet:
		c.checkSet(v)
	case typeSwitch:
		c.checkSwitch(v)
	case typeWait:
		c.checkWait(v)
	case typeLoop:
		c.checkItems(v)
	case typeApproval:
		c.checkApproval(v)
	case typeWorkflow:
		c.checkCallee(v)
	}
	if v.kind.byFunction() || v.kind.name == typeApproval || v.kind.name == typeSet {
		// A function is given its config, and a variable is set to these values.
		if n := leastBytes(v.node.Config); n > asl.MaxPayloadBytes {
			c.report(fieldsTooLarge(v, n))
		}
	}
	if v.kind.isAction() {
		c.checkCredential(v)
	} else if v.node.Credential != "" {
		c.report(credentialNotUsed(v))
	}
}

func (c *checker) checkFields(node, at string, fields schema.Fields, config map[string]any, dynamic func(string) bool) {
	for _, p := range fields.Check(config, dynamic) {
		c.report(fieldProblem(node, at, p))
	}
}

func (c *checker) checkCredential(v *vertex) {
	con := v.kind.connector
	if v.node.Credential == "" {
		if len(con.CredentialTypes) > 0 && !con.CredentialOptional {
			c.report(missingCredential(v, con))
		}
		return
	}
	c.checkCredentialID(v.id, v.pointer+"/credential", v.node.Credential, con.Title, acceptedTypes(con))
}

func (c *checker) checkCredentialID(node, pointer, id, user string, accepted []string) {
	if c.env.Credential == nil {
		return
	}
	cred, ok := c.env.Credential(id)
	switch {
	case !ok:
		c.report(unknownCredential(node, pointer, id))
	case !slices.Contains(accepted, cred.Type):
		c.report(wrongCredentialType(node, pointer, cred, user, accepted))
	case !cred.Linked:
		c.report(credentialNotLinked(node, pointer, cred, c.env.AgentName))
	}
}

func (c *checker) checkSet(v *vertex) {
	values, _ := v.node.Config["values"].(map[string]any)
	var wrong []string
	for name := range values {
		if variableNameProblem(name) != "" {
			wrong = append(wrong, name)
		}
	}
	slices.Sort(wrong)
	for _, name := range wrong {
		c.report(invalidVariableName(v, name, variableNameProblem(name)))
	}
}

func (c *checker) checkSwitch(v *vertex) {
	seen := map[string]bool{"default": true}
	cases, _ := v.node.Config["cases"].([]any)
	for i, e := range cases {
		m, _ := e.(map[string]any)
		name, _ := m["name"].(string)
		if name != "" && seen[name] {
			c.report(duplicateCase(v, i, name))
		}
		seen[name] = true
	}
	c.checkCompared(v.id, v.pointer+"/config", v.node.Config)
}

// exactWhole is the whole number up to which conditions tell all from each other.
const exactWhole = 1<<53 - 1

// checkCompared warns of whole numbers, written out in what is compared, that are not
// told from their neighbours.
func (c *checker) checkCompared(node, at string, compared any) {
	numbers(compared, at, func(n json.Number, at string) {
		if f, err := n.Float64(); err == nil && math.Abs(f) > exactWhole && !strings.ContainsAny(n.String(), ".eE") {
			c.report(inexactNumber(node, at, n.String()))
		}
	})
}

// checkItems refuses what can be no list whatever its variables hold: a text is one
// only as a whole {{ }}.
func (c *checker) checkItems(v *vertex) {
	switch items := v.node.Config[fieldItems.Name].(type) {
	case nil, []any: // a missing one was reported with the fields
	case string:
		if text, problems := template.Parse(items); len(problems) == 0 && !text.Whole() {
			c.report(itemsAreNoList(v))
		}
	default:
		c.report(itemsAreNoList(v))
	}
}

func (c *checker) checkWait(v *vertex) {
	until := v.node.Config[fieldUntil.Name]
	if hasSeconds(v.node) == (until != nil && until != "") {
		c.report(waitNeedsOne(v))
	}
	if seconds, ok := whole(v.node.Config[fieldSeconds.Name]); ok {
		switch limit := c.limit(); {
		case express(c.doc) && seconds > maxExpressSeconds:
			c.report(waitTooLong(v))
		case limit > 0 && seconds > limit:
			c.report(waitOutlivesExecution(v, seconds, limit))
		}
	}
	switch until := until.(type) {
	case string:
		if until != "" && !template.HasExpression(until) && !isTime(until) {
			c.report(invalidTime(v, until))
		}
	case json.Number, bool: // which a text may be otherwise
		c.report(invalidTime(v, fmt.Sprint(until)))
	}
}

// checkEdges puts the edges into the graph.
func (c *checker) checkEdges() {
	g := c.graph
	g.dropUnusedPorts(c.doc.Edges)
	for i, e := range c.doc.Edges {
		at := "/edges/" + strconv.Itoa(i)
		from, fromOK := g.byID[e.From]
		to, toOK := g.byID[e.To]
		if !fromOK {
			c.report(unknownEdgeEnd(at+"/from", e.From, c.candidates(func() []string { return c.ids })))
		}
		switch {
		case e.To == workflow.TriggerNode:
			c.report(edgeToTrigger(e, at))
			continue
		case !toOK:
			c.report(unknownEdgeEnd(at+"/to", e.To, c.candidates(func() []string { return c.ids })))
		}
		if !fromOK || !toOK {
			continue
		}
		port, ok := g.vertices[from].port(e.Port)
		if !ok {
			c.report(unknownPort(g.vertices[from], e, at))
			continue
		}
		if !g.connect(from, port, to) {
			c.report(duplicateEdge(e, at))
		}
	}
}

// isNode says whether there is a node with the id, or whether it is the trigger's.
func (g *graph) isNode(id string) bool { _, ok := g.byID[id]; return ok }

func (g *graph) ids() []string {
	ids := make([]string, len(g.vertices))
	for i, v := range g.vertices {
		ids[i] = v.id
	}
	return ids
}

// checkShape finds cycles and what the trigger never reaches.
func (c *checker) checkShape() {
	for _, cycle := range c.graph.breakCycles() {
		vertices := make([]*vertex, len(cycle))
		for i, index := range cycle {
			vertices[i] = c.graph.vertices[index]
		}
		c.report(cycleFound(vertices))
	}
	c.graph.sort()
	c.checkLoops()
	if len(c.doc.Nodes) == 0 {
		if !c.shortened {
			c.report(noNodes())
		}
		return
	}
	for _, i := range c.graph.unreachable() {
		c.report(unreachable(c.graph.vertices[i]))
	}
}

// credentials lists the ids that nodes and trigger name, sorted, each once.
func (c *checker) credentials() []string {
	set := map[string]bool{}
	for _, n := range c.doc.Nodes {
		if n.Credential != "" {
			set[n.Credential] = true
		}
		if id := notificationOf(&n).Credential; id != "" {
			set[id] = true
		}
	}
	if c.doc.Trigger != nil && c.doc.Trigger.Type == workflow.TriggerWebhook {
		if auth, _ := workflow.ReadWebhook(c.doc.Trigger.Config); auth.Credential != "" {
			set[auth.Credential] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
