package stepfn

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/awscall"
	"switchboard/internal/fault"
)

// faultOf words an error of Step Functions for people, who can do nothing about most
// of them; what AWS says is for the log.
func faultOf(err error) error {
	if passing(err) {
		return fault.New(fault.Unavailable, "Step Functions cannot be reached right now.").
			WithHint("Try again in a moment.").Because(err)
	}
	switch awscall.Code(err) {
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

// passing says whether the same call may succeed later.
func passing(err error) bool {
	return awscall.Passing(err) || awscall.Code(err) == (*types.ExecutionLimitExceeded)(nil).ErrorCode()
}

// missing says that what was named is not there.
func missing(err error) bool {
	_, machine := errors.AsType[*types.StateMachineDoesNotExist](err)
	_, resource := errors.AsType[*types.ResourceNotFound](err)
	return machine || resource
}

// settled repeats do while another writer is in its way.
func settled(ctx context.Context, doing string, do func() error) error {
	err := awscall.Settle(ctx, func(err error) bool {
		_, conflict := errors.AsType[*types.ConflictException](err)
		return conflict
	}, do)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, faultOf(err))
	}
	return nil
}
