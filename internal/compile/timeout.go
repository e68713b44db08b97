package compile

import (
	"math"

	"switchboard/internal/workflow"
)

// DefaultTimeoutSeconds bounds an execution that names no limit of its own, beside
// what it waits for.
const DefaultTimeoutSeconds = 3600

// MaxTimeoutSeconds is the longest that a Standard execution may take: a year.
const MaxTimeoutSeconds = 365 * 24 * 3600

// maxExpressSeconds is how long an execution may take whose caller waits for it: it
// is an Express one, and those last five minutes.
const maxExpressSeconds = 300

// limit is the one that the document names; 0 where it names none that can be used.
func (c *checker) limit() int64 {
	if c.doc.TimeoutSeconds == nil {
		return 0
	}
	seconds, _ := whole(*c.doc.TimeoutSeconds)
	return max(seconds, 0)
}

// timeout is how long an execution may take. What it waits for comes on top of the
// default, as if all of it came one after the other: a limit that nobody set should not
// end an execution which waits.
func (c *checker) timeout() int64 {
	switch limit := c.limit(); {
	case limit > 0:
		return limit
	case express(c.doc):
		return maxExpressSeconds
	}
	total := int64(DefaultTimeoutSeconds)
	for _, v := range c.graph.vertices[1:] {
		total = min(total+c.waits(v), MaxTimeoutSeconds)
	}
	return total
}

// waits is how long an execution waits at a node at most, in all rounds of the loops
// around it together; a year where only the execution knows.
func (c *checker) waits(v *vertex) int64 {
	var seconds int64
	switch v.node.Type {
	case typeWait:
		seconds = waitSeconds(v.node)
	case typeApproval:
		seconds = approvalSeconds(v.node)
	case typeWorkflow:
		seconds = c.calleeSeconds(v.node)
	default:
		seconds = retrySeconds(v.node.Retry)
	}
	for loop := v.loop; loop >= 0 && seconds > 0; loop = c.graph.vertices[loop].loop {
		list, known := c.graph.vertices[loop].node.Config[fieldItems.Name].([]any)
		if !known {
			return MaxTimeoutSeconds
		}
		seconds = min(seconds, MaxTimeoutSeconds) * int64(len(list))
	}
	return min(seconds, MaxTimeoutSeconds)
}

// waitSeconds does not look at how far away a time is: from one day to the next the
// same document would become another definition.
func waitSeconds(n *workflow.Node) int64 {
	if seconds, ok := whole(n.Config[fieldSeconds.Name]); ok {
		return max(seconds, 0)
	}
	return MaxTimeoutSeconds
}

// retrySeconds is how long a node waits at most from attempt to attempt, by a policy of
// its own. What is no longer than services ask for (see waitMargin) has room in the
// default.
func retrySeconds(r *workflow.Retry) int64 {
	if r == nil {
		return 0
	}
	p := retryPolicy(r)
	total, delay := 0.0, float64(p.interval)
	for range p.attempts - 1 {
		if p.interval < maxDelay {
			delay = min(delay, maxDelay)
		}
		if total += delay; total >= MaxTimeoutSeconds {
			return MaxTimeoutSeconds
		}
		delay *= p.backoff
	}
	if total <= waitMargin {
		return 0
	}
	return int64(math.Ceil(total))
}

// calleeSeconds is how long the workflow that a node runs may take.
func (c *checker) calleeSeconds(n *workflow.Node) int64 {
	id, _ := n.Config[fieldCallee.Name].(string)
	if c.env.Workflow != nil {
		if callee, ok := c.env.Workflow(id); ok && callee.TimeoutSeconds > 0 {
			return callee.TimeoutSeconds
		}
	}
	return MaxTimeoutSeconds
}
