package compile

import (
	"encoding/json"
	"slices"

	"switchboard/internal/workflow"
)

// checkPolicies looks at retry, timeout_seconds, on_error and on_uncertain.
func (c *checker) checkPolicies(v *vertex) {
	n := v.node
	action := v.kind == nil || v.kind.isAction()
	if !slices.Contains([]string{"", workflow.OnErrorStop, workflow.OnErrorContinue, workflow.OnErrorBranch}, n.OnError) {
		c.report(invalidChoice(v, "on_error", n.OnError, workflow.OnErrorStop, workflow.OnErrorContinue, workflow.OnErrorBranch))
	}
	if !slices.Contains([]string{"", workflow.OnUncertainFail, workflow.OnUncertainRepeat}, n.OnUncertain) {
		c.report(invalidChoice(v, "on_uncertain", n.OnUncertain, workflow.OnUncertainFail, workflow.OnUncertainRepeat))
	}
	if !action {
		for member, given := range map[string]bool{
			"retry": n.Retry != nil, "timeout_seconds": n.TimeoutSeconds != nil,
			"on_error": n.OnError != "" && n.OnError != workflow.OnErrorStop && v.kind.name != typeLoop && !v.kind.canFail(), "on_uncertain": n.OnUncertain != "",
		} {
			if given {
				c.report(policyNotUsed(v, member))
			}
		}
		return
	}
	c.checkNumber(v, "/timeout_seconds", "timeout_seconds", n.TimeoutSeconds, maxNodeTimeout, true)
	if n.Retry != nil {
		c.checkNumber(v, "/retry/max_attempts", "max_attempts", n.Retry.MaxAttempts, 100, true)
		c.checkNumber(v, "/retry/interval_seconds", "interval_seconds", n.Retry.IntervalSeconds, 86400, true)
		c.checkNumber(v, "/retry/backoff_rate", "backoff_rate", n.Retry.BackoffRate, 10, false)
		c.checkRetryInTime(v)
	}
}

// checkRetryInTime warns of a wait before the second attempt that the execution does
// not outlast.
func (c *checker) checkRetryInTime(v *vertex) {
	limit := c.limit()
	if express(c.doc) && (limit == 0 || limit > maxExpressSeconds) {
		limit = maxExpressSeconds
	}
	r := v.node.Retry
	if r.IntervalSeconds == nil || limit == 0 {
		return
	}
	if p := retryPolicy(r); p.attempts > 1 && p.interval >= limit {
		c.report(retryOutlivesExecution(v, p.interval, limit))
	}
}

// checkNumber reports a number that is not from 1 to high.
func (c *checker) checkNumber(v *vertex, pointer, name string, n *json.Number, high int64, whole bool) {
	if n == nil {
		return
	}
	f, err := n.Float64()
	if err != nil || f < 1 || f > float64(high) || (whole && f != float64(int64(f))) {
		c.report(outOfRange(v.id, v.pointer+pointer, name, 1, high))
	}
}
