package stepfn_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/execution"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// TestDeletedWhileItRuns: an execution whose workflow is deleted goes on to its end, and
// with the last one its state machine goes.
func TestDeletedWhileItRuns(t *testing.T) {
	client := newClient(startMoto(t))
	v := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[{"id":"c","type":"wait","config":{"seconds":60}}],"edges":[{"from":"trigger","to":"c"}]}`)
	x := started(v, "exe_1", `{"trigger":{"input":{}}}`)
	other := started(v, "exe_2", `{"trigger":{"input":{}}}`)
	store := newStore(t, v, x)
	if _, _, err := store.StartExecution(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	runner := stepfn.NewRunner(stepfn.RunConfig{Client: client, Machines: here, Executions: store, Versions: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	deployer := stepfn.NewDeployer(stepfn.DeployConfig{Client: client, Machines: here, Role: role, Now: time.Now})
	w := workflow.Workflow{ID: v.Workflow, Account: v.Account}
	if err := deployer.Deploy(t.Context(), w, v); err != nil {
		t.Fatal(err)
	}
	for _, x := range []execution.Execution{x, other} {
		if err := runner.Launch(t.Context(), x, v); err != nil {
			t.Fatal(err)
		}
	}
	has := true
	remains := &stepfn.Remains{Client: client, Machines: here, Has: func(context.Context, string, string) (bool, error) { return has, nil }}
	name, err := here.Name(v.Account, v.Workflow, false)
	if err != nil {
		t.Fatal(err)
	}
	machine := "arn:aws:states:eu-central-1:123456789012:stateMachine:" + name
	ended := func(x execution.Execution) {
		t.Helper()
		event := fmt.Sprintf(`{"detail-type":"Step Functions Execution Status Change","detail":{"stateMachineArn":%q,"name":%q,"status":"ABORTED"}}`, machine, x.ID)
		if err := remains.Ended(t.Context(), []byte(event)); err != nil {
			t.Error(err)
		}
	}
	wantMachine := func(when string, want bool) {
		t.Helper()
		if _, err := client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(machine)}); (err == nil) != want {
			t.Errorf("%s the state machine is there: %t, want %t (%v)", when, err == nil, want, err)
		}
	}
	ended(x)
	wantMachine("while there is the workflow", true)
	if err := deployer.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	has = false
	wantMachine("while two run", true)
	for n, x := range []execution.Execution{x, other} {
		if ended, err := runner.Settle(t.Context(), x); ended || err != nil {
			t.Errorf("%s: ended %t, %v; want it to run", x.ID, ended, err)
		}
		if err := runner.Stop(t.Context(), x, "enough"); err != nil {
			t.Fatal(err)
		}
		ended(x)
		wantMachine(fmt.Sprintf("after %d of two ends", n+1), n == 0)
	}
}
