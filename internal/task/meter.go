package task

import (
	"context"
	"time"

	"switchboard/internal/fault"
)

// Attempt is what is measured of one attempt of a task. It holds nothing of what was
// sent or answered.
type Attempt struct {
	Account   string
	Execution string
	Node      string
	Iteration string
	Request   string // see package request
	Number    int    // 1 is the first
	Connector string
	Action    string
	Code      fault.Code    // "" where it went well
	Took      time.Duration // of the service; 0 where it was not called
	Waited    time.Duration // because the service had asked for it
}

// Called says whether the service was called: not where the fields are wrong, or an
// earlier attempt had done it.
func (a Attempt) Called() bool { return a.Took > 0 }

// Meter measures attempts. It must not take long, and cannot fail.
type Meter interface {
	Attempted(ctx context.Context, a Attempt)
}

// Meters tells several.
type Meters []Meter

// Attempted implements Meter.
func (m Meters) Attempted(ctx context.Context, a Attempt) {
	for _, meter := range m {
		meter.Attempted(ctx, a)
	}
}

func (h *Host) measure(ctx context.Context, t Task, a *attempt, code fault.Code) {
	if h.Meter == nil {
		return
	}
	m := Attempt{
		Account: t.Account, Execution: t.Execution, Node: t.Node, Iteration: t.Iteration, Request: t.Request, Number: t.Attempt + 1,
		Connector: h.Connector.Name, Action: t.Action, Code: code,
	}
	if a != nil {
		m.Took, m.Waited = a.called, a.waited
	}
	h.Meter.Attempted(ctx, m)
}
