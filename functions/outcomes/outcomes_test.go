package main

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/audit"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/dynamo"
	"switchboard/internal/dynamotest"
	"switchboard/internal/execution"
	"switchboard/internal/mototest"
	"switchboard/internal/page"
	"switchboard/internal/stepfn"
)

// silent is a Step Functions that does not answer.
type silent struct{}

func (silent) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestScheduledWithMuchRunning: where so much runs that sweeping takes all the time there
// is, what was counted comes into the audit all the same, and the function does not fail.
func TestScheduledWithMuchRunning(t *testing.T) {
	database := dynamotest.Need(t)
	if _, err := database.Client().CreateTable(t.Context(), dynamotest.Table("table")); err != nil {
		t.Fatal(err)
	}
	store := dynamo.New(dynamodb.New(database.Config()), dynamo.Options{Table: "table"})
	x := execution.Execution{
		ID: "exe_1", Account: "acc_1", Agent: "agt_1", Workflow: "wf_1", Version: 1, StartedAt: time.Now().Add(-time.Hour).UTC(), Input: []byte(`{}`),
	}
	if _, _, err := store.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	refusal := audit.Entry{Account: "acc_1", Actor: "anonymous", Action: audit.RefuseWebhook, Resource: "wf_1", Reason: "signature"}
	if err := store.Count(t.Context(), refusal); err != nil {
		t.Fatal(err)
	}
	client := sfn.New(sfn.Options{Region: mototest.Region, Credentials: mototest.Credentials(), HTTPClient: silent{}, BaseEndpoint: aws.String("http://sfn.test")})
	machines := stepfn.Machines{Partition: "aws", Region: mototest.Region, Account: mototest.Account, Prefix: "sb"}
	log := slog.New(slog.DiscardHandler)
	o := outcomes{stepfn.NewRunner(stepfn.RunConfig{Client: client, Machines: machines, Executions: store, Versions: store, Now: time.Now, Log: log}), nil, store, log}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := o.receive(ctx, []byte(`{"detail-type": "Scheduled Event"}`)); err != nil {
		t.Errorf("it failed: %v", err)
	}
	found, err := store.Audit(t.Context(), "acc_1", audit.Filter{}, page.Query{Limit: 10})
	if err != nil || len(found.Items) != 1 || found.Items[0].Action != audit.RefuseWebhook || found.Items[0].Count != 1 {
		t.Errorf("the audit has %+v, %v; want the refusal that was counted", found.Items, err)
	}
}
