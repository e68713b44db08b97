package stepfn

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/fault"
)

// RemainsAPI is the calls that taking away what remains of a workflow makes;
// *sfn.Client has them.
type RemainsAPI interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DeleteStateMachine(context.Context, *sfn.DeleteStateMachineInput, ...func(*sfn.Options)) (*sfn.DeleteStateMachineOutput, error)
}

// Remains are the state machines of workflows that were deleted while something ran on
// them: with the last end they go. One whose last end nobody is told of stays; it costs
// nothing, and its tags say whose it was.
type Remains struct {
	Client   RemainsAPI
	Machines Machines
	// Has says whether an account has a workflow.
	Has func(ctx context.Context, account, workflow string) (bool, error)
}

// Ended is told of an end by the event that StatusChanged is told of it by. An error means
// that it has to be told again; it may be told any number of times.
func (r *Remains) Ended(ctx context.Context, event []byte) error {
	var e statusChange
	if err := json.Unmarshal(event, &e); err != nil || e.Detail.Name == "" {
		return fault.New(fault.BadRequest, "This is not an event of Step Functions.").Because(err)
	}
	account, workflow, ours := r.Machines.owner(e.machine())
	if _, ended := ends[e.Detail.Status]; !ended || !ours {
		return nil
	}
	if has, err := r.Has(ctx, account, workflow); err != nil || has {
		return err
	}
	machine, err := r.Machines.machine(account, workflow, false)
	if err != nil {
		return err
	}
	if busy, err := isBusy(ctx, r.Client, machine, e.Detail.Name); err != nil || busy {
		return err
	}
	return deleteMachine(ctx, r.Client, machine)
}

// isBusy says whether something runs on a Standard state machine, besides an execution
// of this name: Step Functions may list one as running that has just ended.
func isBusy(ctx context.Context, client RemainsAPI, machine, besides string) (bool, error) {
	out, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: types.ExecutionStatusRunning, MaxResults: 2})
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("listing what runs: %w", faultOf(err))
	}
	for _, x := range out.Executions {
		if aws.ToString(x.Name) != besides {
			return true, nil
		}
	}
	return false, nil
}

func deleteMachine(ctx context.Context, client RemainsAPI, machine string) error {
	return settled(ctx, "deleting a state machine", func() error {
		_, err := client.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &machine})
		return gone(err)
	})
}
