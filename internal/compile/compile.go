// Package compile turns a workflow document into Amazon States Language.
//
// It works in four stages, each in files of its own, and never stops at the
// first mistake of the user:
//
//	check   every node, field, edge and variable is looked at; the result is
//	        diagnostics, each at its place in the document (check.go,
//	        references.go, rules.go, policies.go; all texts in messages.go)
//	graph   ports and edges become a graph with, for every node, what is sure
//	        to have happened when it runs (graph.go, facts.go)
//	plan    the graph is laid out as machines: forks become branches of a
//	        Parallel, joins the state behind it; where branches cross, the
//	        crossing part runs in order behind guards (plan.go, chain.go)
//	emit    the plan is written as typed states, with the expressions and the
//	        variables that each state needs (variables.go, emit.go), and a
//	        source map that leads from states back to nodes
//
// The rule that all of it serves: a node runs when every edge that can still reach
// it has been decided and at least one was taken.
//
// Time and memory grow with nodes and edges: see BenchmarkCompile, and infra/bench for
// times. A node leaves 5 KB of garbage in a chain and 7 KB side by side, where each
// is a machine of its own. What bounds it is making the states and what they assign, and
// the checks (a third each), and writing the definition's text (a quarter); a quarter of
// all of it is allocating.
package compile

import (
	"switchboard/internal/asl"
	"switchboard/internal/connector"
	"switchboard/internal/workflow"
)

// Compiler checks and compiles documents against a catalog. It implements
// workflow.Compiler.
type Compiler struct {
	catalog   *connector.Catalog
	functions Functions
}

// Functions names the functions that states call; on AWS by their ARNs.
type Functions struct {
	Connector func(connectorName string) string // runs a connector's actions
	Approvals string                            // asks people, see approval.Service.Ask
	Workflows string                            // runs workflows for others, see execution.Children
	Partition string                            // of AWS, where they are: aws-us-gov; "" is aws
}

// New returns a compiler.
func New(catalog *connector.Catalog, f Functions) *Compiler {
	return &Compiler{catalog: catalog, functions: f}
}

// Check reports everything that is wrong with a document.
func (co *Compiler) Check(doc *workflow.Document, s workflow.Subject) workflow.Diagnostics {
	c := co.check(doc, s)
	if !c.wrong {
		// What only shows in the result: its size, and what its loops take.
		if _, d := c.emit(); d != nil {
			c.report(*d)
		}
	}
	return sorted(c.diagnostics, doc)
}

// Compile checks a document and, where it has no errors, compiles it. Compiled is
// nil exactly if the diagnostics hold an error.
func (co *Compiler) Compile(doc *workflow.Document, s workflow.Subject) (*workflow.Compiled, workflow.Diagnostics) {
	c := co.check(doc, s)
	if c.wrong {
		return nil, sorted(c.diagnostics, doc)
	}
	out, d := c.emit()
	if d != nil {
		c.report(*d)
		return nil, sorted(c.diagnostics, doc)
	}
	return out, sorted(c.diagnostics, doc)
}

// emit writes the definition of a document without errors.
func (c *checker) emit() (*workflow.Compiled, *Diagnostic) {
	machine, sources, input := emit(c, planMachines(c.graph))
	c.checkLoopLimits(machine, sources)
	definition, err := machine.MarshalJSON()
	if err != nil {
		d := internalProblem(err)
		return nil, &d
	}
	if len(definition) > asl.MaxDefinitionBytes {
		d := definitionTooLarge(len(definition))
		return nil, &d
	}
	return &workflow.Compiled{
		Definition: definition, SourceMap: sources, Credentials: c.credentials(), Express: express(c.doc), Input: input,
	}, nil
}

// express says whether the webhook's caller waits for the output.
func express(doc *workflow.Document) bool {
	return doc.Trigger != nil && doc.Trigger.Type == workflow.TriggerWebhook && doc.Trigger.Config["respond"] == workflow.RespondWhenFinished
}
