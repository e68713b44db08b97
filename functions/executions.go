package functions

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/connector"
	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/inputschema"
	"switchboard/internal/lambdahost"
	"switchboard/internal/lambdainvoke"
	"switchboard/internal/stepfn"
)

// Runner runs the table's executions on Step Functions.
func Runner(h *lambdahost.Host, store *dynamo.Store) (*stepfn.Runner, error) {
	at, err := machines(h)
	if err != nil {
		return nil, err
	}
	return stepfn.NewRunner(stepfn.RunConfig{
		Client: sfn.NewFromConfig(h.AWS()), Machines: at, Executions: store, Versions: store, Now: time.Now, Log: h.Log,
	}), nil
}

// Executions starts and shows the table's executions. tester is for testing nodes,
// and nil where that is not asked for.
func Executions(h *lambdahost.Host, store *dynamo.Store, tester execution.Tester) (*execution.Service, error) {
	runner, err := Runner(h, store)
	if err != nil {
		return nil, err
	}
	return execution.NewService(execution.Config{
		Repository: stepfn.NewHistories(store, runner), Workflows: store, Records: store, Runner: runner,
		Credentials: store, Tester: tester, CheckInput: inputschema.Validate, Now: time.Now,
	}), nil
}

// machines says where the deployment's state machines are.
func machines(h *lambdahost.Host) (stepfn.Machines, error) {
	prefix := h.Setting(lambdahost.StateMachinePrefix)
	if prefix == "" {
		return stepfn.Machines{}, nil // the host tells that it is missing
	}
	at, err := arn.Parse(prefix)
	name, ok := strings.CutPrefix(at.Resource, "stateMachine:")
	if err != nil || !ok || at.Service != "states" || name == "" {
		return stepfn.Machines{}, fmt.Errorf("reading settings: %w",
			fault.New(fault.Internal, "%s is %q, which is not how the ARNs of state machines begin.", lambdahost.StateMachinePrefix, prefix).
				WithHint("Give it as arn:aws:states:<region>:<account>:stateMachine:<prefix>."))
	}
	return stepfn.Machines{Partition: at.Partition, Region: at.Region, Account: at.AccountID, Prefix: name}, nil
}

// Connectors asks the functions of the connectors that there are.
func Connectors(h *lambdahost.Host, offered *connector.Catalog) *lambdainvoke.Connectors {
	var names []string
	for _, con := range offered.All() {
		names = append(names, con.Name)
	}
	return lambdainvoke.New(lambdainvoke.Config{
		Client: lambda.NewFromConfig(h.AWS()), Function: lambdainvoke.Named(h.Setting(lambdahost.ConnectorPrefix), names),
	})
}
