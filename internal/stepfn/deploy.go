package stepfn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/workflow"
)

// DeployAPI is the calls that deploying makes; *sfn.Client has them.
type DeployAPI interface {
	CreateStateMachine(context.Context, *sfn.CreateStateMachineInput, ...func(*sfn.Options)) (*sfn.CreateStateMachineOutput, error)
	UpdateStateMachine(context.Context, *sfn.UpdateStateMachineInput, ...func(*sfn.Options)) (*sfn.UpdateStateMachineOutput, error)
	RemainsAPI
	CreateStateMachineAlias(context.Context, *sfn.CreateStateMachineAliasInput, ...func(*sfn.Options)) (*sfn.CreateStateMachineAliasOutput, error)
	UpdateStateMachineAlias(context.Context, *sfn.UpdateStateMachineAliasInput, ...func(*sfn.Options)) (*sfn.UpdateStateMachineAliasOutput, error)
	DescribeStateMachineAlias(context.Context, *sfn.DescribeStateMachineAliasInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineAliasOutput, error)
	DeleteStateMachineAlias(context.Context, *sfn.DeleteStateMachineAliasInput, ...func(*sfn.Options)) (*sfn.DeleteStateMachineAliasOutput, error)
	ListStateMachineAliases(context.Context, *sfn.ListStateMachineAliasesInput, ...func(*sfn.Options)) (*sfn.ListStateMachineAliasesOutput, error)
	ListStateMachineVersions(context.Context, *sfn.ListStateMachineVersionsInput, ...func(*sfn.Options)) (*sfn.ListStateMachineVersionsOutput, error)
	DeleteStateMachineVersion(context.Context, *sfn.DeleteStateMachineVersionInput, ...func(*sfn.Options)) (*sfn.DeleteStateMachineVersionOutput, error)
}

// DeployConfig is what a Deployer is made of.
type DeployConfig struct {
	Client   DeployAPI
	Machines Machines
	Role     string                      // ARN of the role that state machines run under
	Tags     map[string]string           // of state machines, beside account and workflow
	Logging  *types.LoggingConfiguration // nil is none
	Tracing  bool                        // X-Ray
	// Keep is how many versions of a workflow stay deployed, besides the one that
	// serves and ten trials; 0 means 50. Step Functions takes 100 aliases per state machine. An older
	// one is deployed again before it serves again.
	Keep int
	Now  func() time.Time
}

// Deployer makes versions ready to run. It is safe for concurrent use.
type Deployer struct{ DeployConfig }

var _ workflow.Deployer = (*Deployer)(nil)

// Step Functions' tags of ours.
const (
	tagAccount  = "switchboard:account"
	tagWorkflow = "switchboard:workflow"
)

// NewDeployer returns a deployer.
func NewDeployer(c DeployConfig) *Deployer {
	if c.Keep == 0 {
		c.Keep = 50
	}
	return &Deployer{c}
}

// Deploy publishes the version's definition and points its alias there. Whatever an
// earlier call left half done, it ends the same; a version that is deployed already
// may be deployed again.
func (d *Deployer) Deploy(ctx context.Context, w workflow.Workflow, v workflow.Version) error {
	machine, err := d.Machines.machine(v.Account, v.Workflow, v.Express)
	if err != nil {
		return err
	}
	if err := d.serve(ctx, machine, v); err != nil {
		return err
	}
	return d.tidy(ctx, machine, []int{v.Number, w.Published})
}

// republishing is how often serve begins anew.
const republishing = 3

// serve publishes the definition and has the version's alias lead to it. Publishing
// gives what an earlier deployment left without an alias, if the definition is the
// same, and somebody else who tidies up may just be deleting that.
func (d *Deployer) serve(ctx context.Context, machine string, v workflow.Version) (err error) {
	for range republishing {
		var version string
		if version, err = d.publish(ctx, machine, v); err != nil {
			return err
		}
		if err = d.point(ctx, machine, aliasOf(v), version); !missing(err) {
			return err
		}
	}
	return err
}

// publish makes the definition a version of the state machine and gives its ARN.
// Most state machines are there already, so it tries to update before it creates.
func (d *Deployer) publish(ctx context.Context, machine string, v workflow.Version) (version string, err error) {
	err = settled(ctx, "publishing a state machine's version", func() error {
		version, err = d.update(ctx, machine, v)
		if !missing(err) {
			return err
		}
		version, err = d.create(ctx, v)
		if _, exists := errors.AsType[*types.StateMachineAlreadyExists](err); exists {
			version, err = d.update(ctx, machine, v) // somebody else was faster
		}
		return err
	})
	return version, err
}

func (d *Deployer) update(ctx context.Context, machine string, v workflow.Version) (version string, err error) {
	out, err := d.Client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: &machine, Definition: aws.String(string(v.Definition)), RoleArn: &d.Role,
		LoggingConfiguration: d.logging(), TracingConfiguration: d.tracing(),
		Publish: true, VersionDescription: aws.String(description(v)),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.StateMachineVersionArn), nil
}

func (d *Deployer) create(ctx context.Context, v workflow.Version) (version string, err error) {
	name, err := d.Machines.Name(v.Account, v.Workflow, v.Express)
	if err != nil {
		return "", err
	}
	kind := types.StateMachineTypeStandard
	if v.Express {
		kind = types.StateMachineTypeExpress
	}
	out, err := d.Client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &name, Type: kind, Definition: aws.String(string(v.Definition)), RoleArn: &d.Role, Tags: d.tags(v),
		LoggingConfiguration: d.logging(), TracingConfiguration: d.tracing(),
		Publish: true, VersionDescription: aws.String(description(v)),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.StateMachineVersionArn), nil
}

func description(v workflow.Version) string { return fmt.Sprintf("Version %d", v.Number) }

func (d *Deployer) logging() *types.LoggingConfiguration {
	if d.Logging == nil {
		return &types.LoggingConfiguration{Level: types.LogLevelOff} // and not what it was before
	}
	return d.Logging
}

func (d *Deployer) tracing() *types.TracingConfiguration {
	return &types.TracingConfiguration{Enabled: d.Tracing}
}

func (d *Deployer) tags(v workflow.Version) []types.Tag {
	all := map[string]string{}
	maps.Copy(all, d.Tags)
	all[tagAccount], all[tagWorkflow] = v.Account, v.Workflow
	var tags []types.Tag
	for _, key := range slices.Sorted(maps.Keys(all)) {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(all[key])})
	}
	return tags
}

// point has the alias lead to the version.
func (d *Deployer) point(ctx context.Context, machine, alias, version string) error {
	route := []types.RoutingConfigurationListItem{{StateMachineVersionArn: &version, Weight: 100}}
	return settled(ctx, "pointing a version's alias", func() error {
		_, err := d.Client.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{
			StateMachineAliasArn: aws.String(machine + ":" + alias), RoutingConfiguration: route,
		})
		if missing(err) {
			_, err = d.Client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{
				Name: &alias, RoutingConfiguration: route,
			})
		}
		return err
	})
}

// Delete removes a workflow's state machines. What runs goes on to its end: Step Functions
// ends it at its next step where the state machine is deleted, so one on which something
// runs stays until then; see Remains. An Express execution is over before that.
func (d *Deployer) Delete(ctx context.Context, w workflow.Workflow) error {
	for _, express := range []bool{false, true} {
		machine, err := d.Machines.machine(w.Account, w.ID, express)
		if err != nil {
			return err
		}
		if !express {
			if busy, err := isBusy(ctx, d.Client, machine, ""); err != nil {
				return err
			} else if busy {
				continue
			}
		}
		if err := deleteMachine(ctx, d.Client, machine); err != nil {
			return err
		}
	}
	return nil
}
