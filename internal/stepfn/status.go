package stepfn

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// statusChange is EventBridge's "Step Functions Execution Status Change".
//
// Source: Step Functions developer guide, "Event payload for Step Functions".
type statusChange struct {
	DetailType string `json:"detail-type"`
	Detail     struct {
		StateMachine string                `json:"stateMachineArn"`
		Name         string                `json:"name"`
		Status       types.ExecutionStatus `json:"status"`
		StopDate     int64                 `json:"stopDate"` // milliseconds
		Output       *string               `json:"output"`
	} `json:"detail"`
}

// machine is the state machine's name, without a version or an alias behind it.
func (e *statusChange) machine() string {
	const before = 6 // arn:partition:states:region:account:stateMachine
	parts := strings.Split(e.Detail.StateMachine, ":")
	if len(parts) <= before {
		return ""
	}
	return parts[before]
}

// teller is what Executions are, too, where somebody waits for ends.
type teller interface {
	TellAgain(ctx context.Context, x execution.Execution) error
}

var _ teller = (*execution.Ends)(nil)

// StatusChanged stores the end that an event of EventBridge tells of. An error means
// that the event has to be delivered again; it may be delivered any number of times.
func (r *Runner) StatusChanged(ctx context.Context, event []byte) error {
	var e statusChange
	if err := json.Unmarshal(event, &e); err != nil || e.Detail.Name == "" {
		return fault.New(fault.BadRequest, "This is not an event of Step Functions.").Because(err)
	}
	status, ended := ends[e.Detail.Status]
	account, workflow, ours := r.Machines.owner(e.machine())
	if !ended || !ours {
		return nil
	}
	x, err := r.Executions.Execution(ctx, account, e.Detail.Name)
	if fault.Is(err, fault.NotFound) || err == nil && x.Workflow != workflow {
		// Started by hand, in the console of AWS. Delivering it again would not help.
		r.Log.WarnContext(ctx, "an execution ended that is not ours", slog.String("machine", e.Detail.StateMachine), slog.String("execution", e.Detail.Name))
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading execution: %w", err)
	}
	if x.Status != execution.Running {
		if ends, ok := r.Executions.(teller); ok {
			return ends.TellAgain(ctx, x) // it is stored; but who stored it may not have come to tell of it
		}
		return nil
	}
	if status != execution.Succeeded || e.Detail.Output == nil {
		// An output that was too large for the event; or a failure, which may have been
		// gone on from since: an event that comes late, or again, must not undo a redrive.
		_, err := r.Settle(ctx, x)
		return err
	}
	return r.finish(ctx, x, ending{status: status, at: time.UnixMilli(e.Detail.StopDate), output: e.Detail.Output})
}
