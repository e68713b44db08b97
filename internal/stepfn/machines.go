// Package stepfn deploys and runs workflows on AWS Step Functions. It implements
// workflow.Deployer and execution.Runner.
//
// Every workflow has a state machine, and a second one if it has versions of the
// other kind: Standard, or Express where a webhook's caller waits for the output.
// Their names hold account and workflow, so that an event of Step Functions leads
// back to the execution, and so that policies can fence by prefix.
//
// Which version serves is decided by the store alone, in one conditional write. So
// nothing here may switch by itself: Deploy publishes the definition as a version of
// the state machine, and gives it an alias that names the workflow's version and the
// definition's hash, such as v7-1f0c2a9be430. An alias never comes to mean another
// definition. Launch names it, so what runs is exactly the version that the
// execution's record tells of: while a publication is under way, after one that
// failed halfway, when two people publish at once, and after a rollback. The older
// version serves until the store says otherwise.
//
// Standard executions are started by name, which makes Launch safe to repeat, and go
// on by themselves; their end comes as an event (StatusChanged), or by asking (Wait,
// Settle, and Sweep for ends that were never heard of). Express executions have neither
// events nor a history that could be asked for: Launch calls StartSyncExecution and
// returns when they have ended, or after RunConfig.ExpressLimit, which has to fit into
// the 29 seconds of the function that answers the caller. One that takes longer goes on,
// and how it ends nobody hears: it is stored as timed out when it must be over. What
// their nodes did is on their once-only records.
//
// How calls are tried again, package awscall says.
package stepfn

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Machines says where the state machines are, and what they are called:
// <prefix>-<account>-<workflow>, for Express with -x behind it, with ids in their short
// form. Step Functions takes 80 characters. Our ids leave a prefix 19 of them; an
// account that is a UUID, as Cognito makes them, leaves 12; any other account has to fit
// with the prefix into 48. What is too long is refused when it is published.
//
// The prefix is the deployment's: two stages in one AWS account keep apart by it, and
// by policies that fence to arn:...:stateMachine:<prefix>-*.
type Machines struct {
	Partition string // aws, aws-cn, aws-us-gov
	Region    string
	Account   string // of AWS
	Prefix    string
}

const expressSuffix = "-x"

var (
	validName     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	validWorkflow = regexp.MustCompile(`^[A-Za-z0-9_]{2,}$`) // so that -x is never one
)

// Name is what a workflow's state machine is called.
func (m Machines) Name(account, workflow string, express bool) (string, error) {
	shortAccount, accountOK := shortened(account)
	shortWorkflow, workflowOK := shortened(workflow)
	name := m.Prefix + "-" + shortAccount + "-" + shortWorkflow
	if express {
		name += expressSuffix
	}
	if account == "" || !accountOK || !workflowOK || !validWorkflow.MatchString(workflow) || !validName.MatchString(name) {
		return "", fault.New(fault.Internal, "No state machine can be named for this workflow.").
			WithHint("An operator has to shorten the prefix, or give the account an id of letters, digits, - and _.").
			Because(fmt.Errorf("the name would be %q", name))
	}
	return name, nil
}

// owner reads account and workflow back from a state machine's name.
func (m Machines) owner(name string) (account, workflow string, ok bool) {
	rest, ours := strings.CutPrefix(strings.TrimSuffix(name, expressSuffix), m.Prefix+"-")
	at := strings.LastIndexByte(rest, '-')
	if !ours || at <= 0 || !validWorkflow.MatchString(rest[at+1:]) {
		return "", "", false
	}
	account, accountOK := lengthened(rest[:at])
	workflow, workflowOK := lengthened(rest[at+1:])
	return account, workflow, accountOK && workflowOK
}

func (m Machines) arn(kind string, names ...string) string {
	return "arn:" + m.Partition + ":states:" + m.Region + ":" + m.Account + ":" + kind + ":" + strings.Join(names, ":")
}

func (m Machines) machine(account, workflow string, express bool) (arn string, err error) {
	name, err := m.Name(account, workflow, express)
	if err != nil {
		return "", err
	}
	return m.arn("stateMachine", name), nil
}

// startable is the alias of a version, which executions are started by.
func (m Machines) startable(v workflow.Version) (arn string, err error) {
	machine, err := m.machine(v.Account, v.Workflow, v.Express)
	if err != nil {
		return "", err
	}
	return machine + ":" + aliasOf(v), nil
}

func (m Machines) execution(x execution.Execution) (arn string, err error) {
	name, err := m.Name(x.Account, x.Workflow, x.Express)
	if err != nil {
		return "", err
	}
	return m.arn("execution", name, x.ID), nil
}

// aliasOf names a version together with what it runs.
func aliasOf(v workflow.Version) string {
	hash := sha256.Sum256(v.Definition)
	return "v" + strconv.Itoa(v.Number) + "-" + hex.EncodeToString(hash[:6])
}

var aliasPattern = regexp.MustCompile(`:v([0-9]+)-[0-9a-f]{12}$`)

// numberOf gives the workflow's version that an alias is for; false for an alias
// that somebody else made.
func numberOf(aliasARN string) (int, bool) {
	found := aliasPattern.FindStringSubmatch(aliasARN)
	if found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(found[1])
	return n, err == nil
}
