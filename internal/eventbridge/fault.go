package eventbridge

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"switchboard/internal/awscall"
	"switchboard/internal/fault"
)

// faultOf words an error of a service for people, who can do nothing about most of
// them; what AWS says is for the log.
func faultOf(err error, service string) error {
	if awscall.Passing(err) {
		return fault.New(fault.Unavailable, "%s cannot be reached right now.", service).
			WithHint("Try again in a moment.").Because(err)
	}
	switch awscall.Code(err) {
	case "ConflictException", "ConcurrentModificationException":
		return fault.New(fault.Conflict, "Somebody else changes this workflow right now.").
			WithHint("Try again in a moment.").Because(err)
	case "ServiceQuotaExceededException":
		return fault.New(fault.Unavailable, "%s has no room for more in this AWS account.", service).
			WithHint("An operator has to raise the quota, or unpublish workflows.").Because(err)
	case "ResourceNotFoundException":
		return fault.New(fault.Internal, "%s does not have what this deployment is set up to use.", service).
			WithHint("An operator has to look whether the schedule group and the event bus are there.").Because(err)
	case "AccessDeniedException":
		return fault.New(fault.Internal, "This function is not allowed to do that in %s.", service).
			WithHint("An operator has to look at the function's role.").Because(err)
	default:
		return fault.New(fault.Internal, "%s refused the request.", service).
			WithHint("An operator finds its answer in the log.").Because(err)
	}
}

// refusal is the error of one entry of a request whose other entries went well. The
// SDK's retryer does not see it.
func refusal(code, message *string) error {
	return &smithy.GenericAPIError{Code: aws.ToString(code), Message: aws.ToString(message)}
}
