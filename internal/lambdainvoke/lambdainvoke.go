// Package lambdainvoke asks the connectors' functions, on behalf of the API's
// functions, what those may not do themselves: what takes a secret, which the API can
// seal but not open, such as checking a credential, exchanging the code of OAuth or
// listing the values of a field; and to run a node alone, or to tell people of an
// approval.
//
// A call waits for the answer. Throttling and passing faults of Lambda are the SDK's
// retryer's to retry, with jitter; that a call may then be made twice does no harm: a
// check changes nothing, a task has its once-only record, and the second exchange of a
// code is refused by the service.
//
// What a function failed with comes back as the fault that it was. What Lambda says of
// a function that failed by itself, because it ran out of time or memory or could not
// start, becomes a fault in our words; Lambda's own are for the log.
package lambdainvoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"switchboard/internal/approval"
	"switchboard/internal/awscall"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/oauth"
	"switchboard/internal/request"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// API is the call that asking needs; *lambda.Client has it.
type API interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// DefaultLimit leaves the function that answers the API's caller some of its 29 seconds.
const DefaultLimit = 25 * time.Second

// Config is what a Connectors is made of.
type Config struct {
	Client API
	// Function gives the name or ARN of a connector's function; false if there is no
	// such connector.
	Function func(connector string) (name string, ok bool)
	Limit    time.Duration // of one call with its retries; 0 means DefaultLimit
}

// Connectors asks the connectors' functions. It is safe for concurrent use.
type Connectors struct{ Config }

var (
	_ approval.Notifier       = (*Connectors)(nil)
	_ credential.OptionLoader = (*Connectors)(nil)
	_ credential.Verifier     = (*Connectors)(nil)
	_ execution.Tester        = (*Connectors)(nil)
	_ oauth.Functions         = (*Connectors)(nil)
)

// New returns what asks the connectors' functions.
func New(c Config) *Connectors {
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	return &Connectors{c}
}

// Verify asks whether a sealed secret works.
func (c *Connectors) Verify(ctx context.Context, connectorName string, at vault.Place, sealed vault.Sealed) (connector.Identity, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Verify: &task.Verification{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
	}})
	if err != nil {
		return connector.Identity{}, fmt.Errorf("asking a connector to verify a credential: %w", err)
	}
	return task.ReadIdentity(answer)
}

// Try runs a task alone.
func (c *Connectors) Try(ctx context.Context, connectorName string, t task.Task) (task.Trial, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Try: &t})
	if err != nil {
		return task.Trial{}, fmt.Errorf("asking a connector to try a task: %w", err)
	}
	return task.ReadTrial(answer)
}

// Notify tells people of an approval: it runs a task as a state machine would.
func (c *Connectors) Notify(ctx context.Context, connectorName string, t task.Task) error {
	if _, err := c.ask(ctx, connectorName, t); err != nil {
		return fmt.Errorf("asking a connector to tell people: %w", err)
	}
	return nil
}

// Authorize asks for the address of the page where a person grants access.
func (c *Connectors) Authorize(ctx context.Context, connectorName string, q task.Authorization) (string, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Authorize: &q})
	if err != nil {
		return "", fmt.Errorf("asking a connector for the page of a grant: %w", err)
	}
	return task.ReadReply[string](answer)
}

// Exchange hands over the code with which a person came back.
func (c *Connectors) Exchange(ctx context.Context, connectorName string, x task.Exchange) (task.Exchanged, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Exchange: &x})
	if err != nil {
		return task.Exchanged{}, fmt.Errorf("asking a connector to exchange a code: %w", err)
	}
	return task.ReadReply[task.Exchanged](answer)
}

// Options asks for the values that a field may take.
func (c *Connectors) Options(ctx context.Context, connectorName string, at vault.Place, sealed vault.Sealed, q credential.OptionQuestion, values map[string]any) (connector.OptionPage, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Options: &task.OptionsQuestion{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
		Action: q.Action, Field: q.Field, Search: q.Search, Cursor: q.Cursor, Values: values,
	}})
	if err != nil {
		return connector.OptionPage{}, fmt.Errorf("asking a connector for the values of a field: %w", err)
	}
	return task.ReadReply[connector.OptionPage](answer)
}

// Reseal asks for a secret sealed anew.
func (c *Connectors) Reseal(ctx context.Context, connectorName string, at vault.Place, sealed vault.Sealed) (vault.Sealed, error) {
	answer, err := c.ask(ctx, connectorName, task.Request{Request: request.ID(ctx), Reseal: &task.Resealing{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
	}})
	if err != nil {
		return vault.Sealed{}, fmt.Errorf("asking a connector to seal a secret anew: %w", err)
	}
	return task.ReadReply[vault.Sealed](answer)
}

// ask calls a connector's function and gives its answer.
func (c *Connectors) ask(ctx context.Context, connectorName string, request any) ([]byte, error) {
	function, ok := c.Function(connectorName)
	if !ok {
		return nil, fault.New(fault.ValidationFailed, "There is no connector %q.", connectorName).
			WithHint("Check the workflow to see what the node's type could be.").At("/path/node", "is of a connector that there is not")
	}
	payload, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encoding a request: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	out, err := c.Client.Invoke(limited, &lambda.InvokeInput{
		FunctionName: &function, InvocationType: types.InvocationTypeRequestResponse, Payload: payload,
	})
	switch {
	case err != nil && limited.Err() != nil && ctx.Err() == nil:
		return nil, tooSlow().Because(err)
	case err != nil:
		return nil, faultOf(err)
	case out.FunctionError != nil:
		return nil, failureOf(out.Payload)
	}
	return out.Payload, nil
}

func tooSlow() *fault.Error {
	return fault.New(fault.Unavailable, "The connector did not answer in time.").
		WithHint("The service may be slow right now: try again in a moment.")
}

// failed is how Lambda tells that a function failed.
type failed struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// failureOf makes a fault of a function's failure: the one that it reported, if the
// code is ours.
func failureOf(payload []byte) error {
	var f failed
	if err := json.Unmarshal(payload, &f); err != nil {
		return broken().Because(fmt.Errorf("reading a function's error: %w", err))
	}
	code := fault.Code(f.Type)
	cause := fmt.Errorf("the function failed: %s: %s", f.Type, f.Message)
	switch {
	case code.Known() && code.Means().Task:
		message, hint, _ := strings.Cut(f.Message, "\n")
		return fault.New(code, "%s", message).WithHint("%s", hint).Because(cause)
	case f.Type == "Sandbox.Timedout" || strings.Contains(f.Message, "Task timed out"):
		return tooSlow().Because(cause)
	default:
		return broken().Because(cause)
	}
}

func broken() *fault.Error {
	return fault.New(fault.Internal, "The connector's function broke down.").
		WithHint("An operator finds the reason in the function's log.")
}

// faultOf words an error of Lambda for people.
func faultOf(err error) error {
	if awscall.Passing(err) {
		return fault.New(fault.Unavailable, "The connector cannot be reached right now.").
			WithHint("Try again in a moment.").Because(err)
	}
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return fault.New(fault.Internal, "The connector's function is not deployed.").
			WithHint("An operator has to deploy it, or set the prefix of the connectors' functions right.").Because(err)
	}
	switch awscall.Code(err) {
	case "AccessDeniedException":
		return fault.New(fault.Internal, "This function is not allowed to call the connector's function.").
			WithHint("An operator has to look at the function's role.").Because(err)
	case "RequestTooLargeException", "RequestEntityTooLargeException":
		return fault.New(fault.PayloadTooLarge, "The request to the connector is too large.").
			WithHint("Test the node with less in its variables.").Because(err)
	default:
		return fault.New(fault.Internal, "Lambda refused the request.").
			WithHint("An operator finds its answer in the log.").Because(err)
	}
}

// Named gives the names of functions that are a prefix and the connector's name, for
// these connectors.
func Named(prefix string, connectors []string) func(connector string) (name string, ok bool) {
	names := map[string]string{}
	for _, c := range connectors {
		names[c] = prefix + c
	}
	return func(connector string) (string, bool) {
		name, ok := names[connector]
		return name, ok
	}
}
