package stepfn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/fault"
)

// TokenAPI is the calls that answer a task that waits for its token; *sfn.Client has
// them.
type TokenAPI interface {
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
	SendTaskFailure(context.Context, *sfn.SendTaskFailureInput, ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error)
}

// Tokens answers tasks that wait for an answer from outside, such as a person's.
type Tokens struct{ client TokenAPI }

// NewTokens returns what answers tasks.
func NewTokens(client TokenAPI) *Tokens { return &Tokens{client} }

// Succeed gives the task its output. AlreadyEnded if it does not wait any more.
func (t *Tokens) Succeed(ctx context.Context, token string, output json.RawMessage) error {
	_, err := t.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(string(output))})
	return answered(err)
}

// Fail fails the task with an error name that Retry and Catch can match.
func (t *Tokens) Fail(ctx context.Context, token, name, cause string) error {
	_, err := t.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: &name, Cause: &cause})
	return answered(err)
}

func answered(err error) error {
	if err == nil {
		return nil
	}
	_, over := errors.AsType[*types.TaskTimedOut](err)
	_, gone := errors.AsType[*types.TaskDoesNotExist](err)
	_, wrong := errors.AsType[*types.InvalidToken](err)
	switch {
	case over || gone:
		return fault.New(fault.AlreadyEnded, "This step does not wait for an answer any more.").Because(err)
	case wrong:
		return fault.NotFoundf("No step waits for this answer.").Because(err)
	default:
		return fmt.Errorf("answering a task: %w", faultOf(err))
	}
}
