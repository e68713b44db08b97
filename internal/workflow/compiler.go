package workflow

import (
	"encoding/json"

	"switchboard/internal/value"
)

// Compiler checks documents and makes definitions of them. Package compile
// implements it.
type Compiler interface {
	// Check reports everything that is wrong with a document.
	Check(doc *Document, s Subject) Diagnostics
	// Compile gives what to deploy, or, with a nil Compiled, the diagnostics that
	// keep it from being made.
	Compile(doc *Document, s Subject) (*Compiled, Diagnostics)
}

// Subject is what a document is checked and compiled for.
type Subject struct {
	Account      string
	AgentID      string
	AgentName    string
	WorkflowID   string
	WorkflowName string
	Version      int
	// Credential tells of a credential of the account; false where there is none.
	Credential func(id string) (Credential, bool)
	// Workflow tells of a workflow of the account; false where there is none. It may be
	// nil: then workflow nodes are not followed.
	Workflow func(id string) (Callee, bool)
}

// Callee is what checking needs to know of a workflow that a node runs.
type Callee struct {
	Name      string
	Agent     string
	Published bool
	Trigger   string         // of the version that serves
	Input     map[string]any // the input_schema of that version's manual trigger; nil if it has none
	Runs      []string       // ids of the workflows that that version runs
	// TimeoutSeconds is how long an execution of that version may take; 0 if nobody knows.
	TimeoutSeconds int64
}

// Credential is what checking needs to know of one.
type Credential struct {
	Type   string
	Name   string
	Linked bool // to the workflow's agent
}

// Compiled is a workflow as it is deployed.
type Compiled struct {
	Definition  json.RawMessage // Amazon States Language, the same bytes for the same document
	SourceMap   SourceMap
	Credentials []string // ids that the nodes and the trigger name, sorted
	Express     bool     // the caller waits for the output, so nothing is kept for a resume
	// Input is what has to go along of the trigger's data where it is too large for a state.
	Input *value.Plan
}

// SourceMap leads from the names of states back to the document: an execution's
// history speaks of states, people think in nodes.
type SourceMap map[string]Source

// Source is what a state was made from.
type Source struct {
	Node string `json:"node,omitempty"`
	Role Role   `json:"role"`
	Loop bool   `json:"loop,omitempty"` // the node's state runs others once for every item
	// Type is the node's, where it is one of those that wait for others: TypeApproval
	// and TypeWorkflow.
	Type string `json:"type,omitempty"`
}

// Ended is the error by which a stop within branches ends the whole execution well:
// it unwinds to the outermost machine, which catches it.
const Ended = "Workflow.Ended"

// Role is what a state is for.
type Role string

// The roles of states.
const (
	RoleNode  Role = "node"  // the node itself
	RoleGuard Role = "guard" // whether the node runs, where branches cross
	RoleFork  Role = "fork"  // the branches that follow the node
	RolePort  Role = "port"  // by which port an action is left
	RoleEnd   Role = "end"   // the end of a machine
)
