package workflow

import (
	"encoding/json"
	"regexp"
	"sync"
)

// Limits of a document. They keep checking and compiling bounded; a definition has
// limits of its own, which compile reports.
const (
	MaxDocumentBytes = 1 << 20
	MaxNodes         = 2_000
	MaxEdges         = 8_000
	maxDepth         = 64
)

// NodeID is the form of a node's id.
var NodeID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`) })

// TriggerNode is the id by which edges name the trigger.
const TriggerNode = "trigger"

// Document is a workflow as its author wrote it. Values of config keep their JSON
// form: map[string]any, []any, string, json.Number, bool, nil.
type Document struct {
	Name           string
	Trigger        *Trigger
	Nodes          []Node
	Edges          []Edge
	Output         any
	HasOutput      bool
	TimeoutSeconds *json.Number // of the whole execution
	Positions      Positions
}

// Trigger starts a workflow.
type Trigger struct {
	Type   string
	Config map[string]any
}

// Node is one step.
type Node struct {
	ID             string
	Name           string
	Type           string
	Credential     string
	Config         map[string]any
	Retry          *Retry
	TimeoutSeconds *json.Number
	OnError        string // "", stop, continue or branch
	OnUncertain    string // "", fail or repeat
}

// Retry says how often and how fast a failing node is tried again.
type Retry struct {
	MaxAttempts     *json.Number // counts the first one too
	IntervalSeconds *json.Number
	BackoffRate     *json.Number
}

// Edge leads from a node's port to a node.
type Edge struct {
	From string
	Port string
	To   string
}

// What a node does when it fails, and when nobody knows whether it did.
const (
	OnErrorStop     = "stop"
	OnErrorContinue = "continue"
	OnErrorBranch   = "branch"

	OnUncertainFail   = "fail"
	OnUncertainRepeat = "repeat"
)

// Types of logic nodes that more than the compiler has to know.
const (
	TypeApproval = "approval"
	TypeWorkflow = "workflow"
)

// Runs lists the ids of the workflows that the document's nodes run.
func (d *Document) Runs() []string {
	var ids []string
	for _, n := range d.Nodes {
		if id, ok := n.Config["workflow"].(string); ok && n.Type == TypeWorkflow {
			ids = append(ids, id)
		}
	}
	return ids
}
