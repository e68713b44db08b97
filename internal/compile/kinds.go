package compile

import (
	"maps"
	"slices"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// Types of logic nodes.
const (
	typeCondition = "condition"
	typeSwitch    = "switch"
	typeSet       = "set"
	typeStop      = "stop"
	typeWait      = "wait"
	typeLoop      = "loop"
	typeApproval  = workflow.TypeApproval
	typeWorkflow  = workflow.TypeWorkflow
)

// kind is what a node type means to checking and planning.
type kind struct {
	name string
	// fields of config; nil where the kind checks config by itself.
	fields schema.Fields
	// outputs that later steps can name; open where there may be more.
	outputs schema.Fields
	open    bool
	// ports of a node, in order.
	ports func(*workflow.Node) []string
	// action and connector are set for action nodes.
	connector connector.Connector
	action    connector.Action

	shape *shape // of the output of a node that does not fail; nil until somebody asks
}

func (k *kind) isAction() bool { return k.action.Name != "" }

// byFunction says whether a function does the node's work, or has it done, and gives
// an output of its own.
func (k *kind) byFunction() bool { return k.isAction() || k.name == typeWorkflow }

// canFail says whether the node's own work may fail, so that on_error has a say.
func (k *kind) canFail() bool { return k.byFunction() }

// plainPort is the only one of most nodes; it is nobody's to change.
var plainPort = []string{""}

func onePort(*workflow.Node) []string { return plainPort }

// maxMessage is how many characters a stop may say. They have to fit into the cause of an
// error, of which Step Functions takes 32,768 characters, even where JSON writes each as
// an escape of six: a stop within branches unwinds by such an error.
const maxMessage = 5_000

// Fields of the logic nodes. Texts take templates, so what is checked here are the
// values that are written out. What is Fixed decides what the node becomes, and no
// execution can change it.
var (
	fieldStatus  = schema.Field{Name: "status", Kind: schema.Choice, Title: "Status", Fixed: true, Choices: []string{"succeeded", "failed"}, Default: "succeeded", Help: "How the execution ends."}
	fieldMessage = schema.Field{Name: "message", Kind: schema.Text, Title: "Message", MaxLength: maxMessage, Help: "Why it ends; it is shown with the execution."}

	fieldValues = schema.Field{Name: "values", Kind: schema.Object, Title: "Values", Fixed: true, Required: true, Help: "Names and their values; later steps use them as {{name}} or {{vars.name}}."}

	fieldSwitchValue = schema.Field{Name: "value", Kind: schema.JSON, Title: "Value", Required: true, Nullable: true, Help: "What is compared with the cases."}
	fieldCaseName    = schema.Field{Name: "name", Kind: schema.Text, Title: "Name", Fixed: true, Required: true, Pattern: `[a-z][a-z0-9_]{0,39}`, PatternHint: "Small letters, digits and _, beginning with a letter.", Help: "The port that is taken."}
	fieldCaseEquals  = schema.Field{Name: "equals", Kind: schema.JSON, Title: "Equals", Required: true, Nullable: true, Help: "The value of this case."}
	fieldCases       = schema.Field{Name: "cases", Kind: schema.Items, Title: "Cases", Fixed: true, Required: true, MinLength: 1, MaxLength: 100, Fields: schema.Fields{fieldCaseName, fieldCaseEquals}, Help: "The first case that equals the value is taken, else the port default."}

	fieldItems       = schema.Field{Name: "items", Kind: schema.JSON, Title: "Items", Required: true, Help: "The list to go through, such as {{trigger.body.lines}}."}
	fieldConcurrency = schema.Field{Name: "concurrency", Kind: schema.Integer, Title: "Concurrency", Fixed: true, Min: schema.Limit(1), Max: schema.Limit(40), Default: int64(1), Help: "How many items are worked on at once."}

	fieldSeconds = schema.Field{Name: "seconds", Kind: schema.Integer, Title: "Seconds", Min: schema.Limit(0), Max: schema.Limit(MaxTimeoutSeconds), Help: "How long to wait."}
	fieldUntil   = schema.Field{Name: "until", Kind: schema.Text, Title: "Until", Help: "The time to wait for, as 2026-01-31T09:00:00Z."}
)

// logicKinds are the node types that call no service.
func logicKinds() map[string]*kind {
	result := schema.Field{Name: "result", Kind: schema.Boolean}
	selected := schema.Field{Name: "case", Kind: schema.Text}
	kinds := []*kind{
		{name: typeCondition, outputs: schema.Fields{result}, ports: func(*workflow.Node) []string { return []string{"true", "false"} }},
		{name: typeSwitch, fields: schema.Fields{fieldSwitchValue, fieldCases}, outputs: schema.Fields{selected}, ports: switchPorts},
		{name: typeSet, fields: schema.Fields{fieldValues}, open: true, ports: onePort},
		{name: typeStop, fields: schema.Fields{fieldStatus, fieldMessage}, ports: func(*workflow.Node) []string { return nil }},
		{name: typeLoop, fields: schema.Fields{fieldItems, fieldConcurrency}, outputs: schema.Fields{{Name: "results", Kind: schema.Values}}, ports: loopPorts},
		{name: typeWait, fields: schema.Fields{fieldSeconds, fieldUntil}, ports: onePort},
		{name: typeApproval, fields: approvalFields, outputs: approvalOutputs, ports: func(*workflow.Node) []string { return []string{portApproved, portRejected, portTimedOut} }},
		{name: typeWorkflow, fields: schema.Fields{fieldCallee, fieldCalleeInput}, open: true, ports: errorPorts},
	}
	byName := make(map[string]*kind, len(kinds))
	for _, k := range kinds {
		byName[k.name] = k
	}
	return byName
}

// switchPorts are the cases' names in order, each once, and default.
func switchPorts(n *workflow.Node) []string {
	var ports []string
	cases, _ := n.Config["cases"].([]any)
	for _, c := range cases {
		m, _ := c.(map[string]any)
		if name, ok := m["name"].(string); ok && name != "" && name != "default" && !slices.Contains(ports, name) {
			ports = append(ports, name)
		}
	}
	return append(ports, "default")
}

func loopPorts(n *workflow.Node) []string {
	if n.OnError == workflow.OnErrorBranch {
		return []string{portBody, portDone, portError}
	}
	return []string{portBody, portDone}
}

// actionKind makes the kind of a connector's action.
func actionKind(con connector.Connector, a connector.Action) *kind {
	return &kind{
		name: con.Name + "." + a.Name, fields: a.Input, outputs: a.Output, open: a.OpenOutput,
		connector: con, action: a, ports: func(n *workflow.Node) []string { return append(errorPorts(n), namedPorts(a.Ports, n)...) },
	}
}

// namedPorts are those that a list in the config names, each once. What a template
// gives is not known yet, and the port error means something else.
func namedPorts(p *connector.Ports, n *workflow.Node) []string {
	if p == nil {
		return nil
	}
	var ports []string
	names, _ := n.Config[p.Names.Name].([]any)
	for _, e := range names {
		name, _ := e.(string)
		if name != "" && name != portError && !template.HasExpression(name) && !slices.Contains(ports, name) {
			ports = append(ports, name)
		}
	}
	return ports
}

// errorPorts are those of a node that can fail.
func errorPorts(n *workflow.Node) []string {
	if n.OnError == workflow.OnErrorBranch {
		return []string{"", portError}
	}
	return plainPort
}

// Ports that have a meaning of their own.
const (
	portError = "error" // of an action or workflow that failed or a loop of which an item failed, with on_error branch
	portBody  = "body"  // of a loop: what is done for every item
	portDone  = "done"  // of a loop: what comes after

	// Of an approval: what became of it.
	portApproved = "approved"
	portRejected = "rejected"
	portTimedOut = "timed_out"
)

// kinds finds what a node type means.
type kinds struct {
	logic   map[string]*kind
	catalog *connector.Catalog
	actions map[string]*kind
}

func newKinds(catalog *connector.Catalog) *kinds {
	return &kinds{logic: logicKinds(), catalog: catalog, actions: map[string]*kind{}}
}

func (ks *kinds) find(nodeType string) (*kind, bool) {
	if k, ok := ks.logic[nodeType]; ok {
		return k, true
	}
	if k, ok := ks.actions[nodeType]; ok {
		return k, true
	}
	con, a, ok := ks.catalog.Action(nodeType)
	if !ok {
		return nil, false
	}
	k := actionKind(con, a)
	ks.actions[nodeType] = k
	return k, true
}

// names lists every node type, for suggestions.
func (ks *kinds) names() []string {
	return append(slices.Sorted(maps.Keys(ks.logic)), ks.catalog.NodeTypes()...)
}

// triggers are the types of trigger with the fields of their config. What they
// give to templates is in references.go.
func triggers() map[string]schema.Fields {
	return map[string]schema.Fields{
		workflow.TriggerManual: {
			{Name: "input_schema", Kind: schema.Object, Title: "Input", Help: "A JSON Schema of the input that a start must give."},
		},
		workflow.TriggerWebhook: {
			{Name: "auth", Kind: schema.JSON, Title: "Authentication", Help: "How callers prove who they are."},
			{Name: "respond", Kind: schema.Choice, Title: "Respond", Choices: []string{workflow.RespondImmediately, workflow.RespondWhenFinished}, Default: workflow.RespondImmediately, Help: "Whether the caller waits for the output."},
		},
		workflow.TriggerSchedule: {
			{Name: "cron", Kind: schema.Text, Title: "Cron", MaxLength: 250, Help: "Minute, hour, day of month, month, day of week; such as 0 9 * * mon-fri."},
			{Name: "rate", Kind: schema.Text, Title: "Rate", MaxLength: 50, Help: "A number and a unit, such as 15 minutes."},
			{Name: "timezone", Kind: schema.Text, Title: "Time zone", Help: "An IANA name, such as Europe/Berlin; UTC if empty."},
		},
		workflow.TriggerEvent: {
			{Name: "source", Kind: schema.Text, Title: "Source", Fixed: true, Required: true, MaxLength: 256, Help: "Which events: from this source."},
			{Name: "detail_type", Kind: schema.Text, Title: "Detail type", Fixed: true, MaxLength: 128, Help: "Which events: of this type; all of the source if empty."},
			{Name: "filter", Kind: schema.Object, Title: "Filter", Fixed: true, Help: "Which events: those whose detail fits this EventBridge pattern."},
		},
	}
}
