package hook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/execution"
	"switchboard/internal/hook"
	"switchboard/internal/workflow"
)

// webhook is one workflow whose caller waits for the output.
type webhook struct{}

func (webhook) ByHook(context.Context, string) (workflow.Workflow, error) {
	return workflow.Workflow{ID: "wf_1", Account: "acc_1", Published: 1}, nil
}

func (webhook) Version(context.Context, string, string, int) (workflow.Version, error) {
	return workflow.Version{
		Account: "acc_1", Workflow: "wf_1", Number: 1, Express: true, SourceMap: json.RawMessage(`{}`),
		Document: json.RawMessage(`{"name":"x","trigger":{"type":"webhook","config":{"respond":"when_finished"}},"nodes":[],"edges":[]}`),
	}, nil
}

// slow takes its time to start an execution, which does not end.
type slow struct {
	starting time.Duration
	waited   time.Duration
}

func (s *slow) StartTriggered(context.Context, account.Principal, execution.Start) (execution.Execution, error) {
	time.Sleep(s.starting) // it is what is tested
	return execution.Execution{ID: "exe_1", Account: "acc_1", Status: execution.Running}, nil
}

func (s *slow) Await(ctx context.Context, x execution.Execution) (execution.Execution, error) {
	began := time.Now()
	<-ctx.Done()
	s.waited = time.Since(began)
	return x, ctx.Err()
}

// TestWaitsOnce: what starting took is no longer waited: API Gateway does not wait for
// both.
func TestWaitsOnce(t *testing.T) {
	const most = 300 * time.Millisecond
	executions := &slow{starting: most}
	s := hook.NewService(hook.Config{Workflows: webhook{}, Executions: executions, MaxWait: most})
	answer, err := s.Receive(t.Context(), hook.Request{Secret: "s", Method: http.MethodPost, Header: http.Header{}})
	if err != nil || answer.Finished || answer.Execution.ID != "exe_1" {
		t.Errorf("answered %+v, %v; want the id", answer, err)
	}
	if executions.waited > most/2 {
		t.Errorf("waited %s after all the time had passed", executions.waited)
	}
}
