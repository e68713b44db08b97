package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/functions/runner"
	"switchboard/internal/agent"
	"switchboard/internal/bundle"
	"switchboard/internal/catalog"
	"switchboard/internal/compile"
	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	ourevents "switchboard/internal/eventbridge"
	"switchboard/internal/lambdahost"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// deployer makes state machines of versions.
func deployer(h *lambdahost.Host) (*stepfn.Deployer, error) {
	at, err := runner.Machines(h)
	if err != nil {
		return nil, err
	}
	logGroup := h.Setting(lambdahost.StateMachineLogGroup)
	return stepfn.NewDeployer(stepfn.DeployConfig{
		Client: sfn.NewFromConfig(h.AWS()), Machines: at, Role: h.Setting(lambdahost.StateMachineRole), Tracing: true, Now: time.Now,
		// Errors only, and without the data of executions: what they hold is the account's.
		Logging: &types.LoggingConfiguration{
			Level:        types.LogLevelError,
			Destinations: []types.LogDestination{{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &logGroup}}},
		},
	}), nil
}

// triggers makes schedules and event rules of triggers.
func triggers(h *lambdahost.Host, store *dynamo.Store) (*ourevents.Triggers, error) {
	at, err := runner.Machines(h)
	if err != nil {
		return nil, err
	}
	return ourevents.NewTriggers(ourevents.Config{
		Scheduler: scheduler.NewFromConfig(h.AWS()), Rules: eventbridge.NewFromConfig(h.AWS()), Workflows: store,
		Prefix: at.Prefix, Group: h.Setting(lambdahost.ScheduleGroup), Bus: h.Setting(lambdahost.EventBus),
		Function: h.Setting(lambdahost.TriggersFunction), Role: h.Setting(lambdahost.ScheduleRole),
		DeadLetters: h.Setting(lambdahost.DeadLetters), Now: time.Now, Log: h.Log,
	}), nil
}

// bundles exports and imports what the table has.
func bundles(store *dynamo.Store, workflows *workflow.Service) *bundle.Service {
	return bundle.NewService(bundle.Config{
		Agents: agent.NewService(store, time.Now), Workflows: workflows, Audit: store, Now: time.Now,
		Credentials: credential.NewService(credential.Config{Repository: store, Now: time.Now}),
	})
}

// service is what can be done with the table's workflows.
func service(h *lambdahost.Host, store *dynamo.Store) (*workflow.Service, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	deploy, err := deployer(h)
	if err != nil {
		return nil, err
	}
	trigger, err := triggers(h, store)
	if err != nil {
		return nil, err
	}
	quotas, err := runner.Quotas(h)
	if err != nil {
		return nil, err
	}
	prefix := h.Setting(lambdahost.ConnectorPrefix)
	called := compile.Functions{
		Partition: deploy.Machines.Partition,
		Connector: func(connector string) string { return prefix + connector },
		Approvals: h.Setting(lambdahost.ApprovalsFunction), Workflows: h.Setting(lambdahost.ChildrenFunction),
	}
	return workflow.NewService(workflow.Config{
		Repository: store, Agents: agent.NewService(store, time.Now), Credentials: store, Deployer: deploy, Triggers: trigger, Quotas: quotas,
		Compiler: compile.New(offered, called), Now: time.Now,
	}), nil
}
