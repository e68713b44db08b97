package stepfn

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"switchboard/internal/fault"
)

// faultOf words an error of Step Functions for people, who can do nothing about most
// of them; what AWS says is for the log.
func faultOf(err error) error {
	if passing(err) {
		return fault.New(fault.Unavailable, "Step Functions cannot be reached right now.").
			WithHint("Try again in a moment.").Because(err)
	}
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	switch code {
	case "ConflictException":
		return fault.New(fault.Conflict, "Somebody else changes this workflow right now.").
			WithHint("Try again in a moment.").Because(err)
	case "StateMachineDeleting":
		return fault.New(fault.Conflict, "The workflow's state machine is being deleted.").
			WithHint("Try again in some minutes.").Because(err)
	case "StateMachineLimitExceeded", "ServiceQuotaExceededException":
		return fault.New(fault.Unavailable, "Step Functions has no room for more in this AWS account.").
			WithHint("An operator has to raise the quota, or delete workflows.").Because(err)
	case "InvalidDefinition":
		return fault.New(fault.Internal, "Step Functions does not accept the workflow's definition.").
			WithHint("This is our mistake, not the workflow's: report it with the definition.").Because(err)
	case "StateMachineDoesNotExist", "ResourceNotFound":
		return fault.New(fault.Internal, "The version is not deployed.").
			WithHint("Publish the workflow again.").Because(err)
	case "AccessDeniedException", "KmsAccessDeniedException":
		return fault.New(fault.Internal, "This function is not allowed to do that in Step Functions.").
			WithHint("An operator has to look at the function's role.").Because(err)
	default:
		return fault.New(fault.Internal, "Step Functions refused the request.").
			WithHint("An operator finds its answer in the log.").Because(err)
	}
}

// passing says whether the same call may succeed later. It asks the SDK's own
// tables, so that it agrees with what was retried before.
func passing(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	api, answered := errors.AsType[smithy.APIError](err)
	if !answered || api.ErrorFault() == smithy.FaultServer {
		return true // without an answer nothing is known to be wrong for good
	}
	if api.ErrorCode() == (*types.ExecutionLimitExceeded)(nil).ErrorCode() {
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool() ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// missing says that what was named is not there.
func missing(err error) bool {
	_, machine := errors.AsType[*types.StateMachineDoesNotExist](err)
	_, resource := errors.AsType[*types.ResourceNotFound](err)
	return machine || resource
}

// Two writers who get into each other's way settle within a second.
const (
	conflictAttempts = 6
	conflictPause    = 40 * time.Millisecond
)

// settled repeats do while another writer is in its way.
func settled(ctx context.Context, doing string, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil {
			return nil
		}
		if _, conflict := errors.AsType[*types.ConflictException](err); !conflict || attempt == conflictAttempts {
			return fmt.Errorf("%s: %w", doing, faultOf(err))
		}
		if err := pause(ctx, conflictPause<<attempt); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
}

// pause lets a random part of d pass, at least half of it.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2+1)) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
