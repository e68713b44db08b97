package dynamo_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

const day = 24 * time.Hour

// lives tells how long after now each item is kept, in days, 0 for those that stay.
func lives(t *testing.T, table string, now time.Time) map[string]int {
	t.Helper()
	days := map[string]int{}
	for _, i := range everything(t, table) {
		partition, _, _ := strings.Cut(i["pk"].(*types.AttributeValueMemberS).Value, "#")
		name := partition + " " + i["sk"].(*types.AttributeValueMemberS).Value
		if expires, ok := i[dynamo.TTLAttribute].(*types.AttributeValueMemberN); ok {
			seconds, err := strconv.ParseInt(expires.Value, 10, 64)
			if err != nil {
				t.Errorf("%s of %s: %v", dynamo.TTLAttribute, name, err)
			}
			days[name] = int(time.Unix(seconds, 0).Sub(now) / day)
		} else {
			days[name] = 0
		}
	}
	return days
}

func TestExpiry(t *testing.T) {
	client, table := newTable(t)
	c := newClock()
	s := dynamo.New(client, dynamo.Options{Table: table, Now: c.Now, Retention: 90 * day})
	ctx := t.Context()
	x := anExecution
	x.Input, x.IdempotencyKey = noise(10_000, 1), "order"
	start(t, s, x)
	must(t, s.AppendHistory("acc", "exe_1", anEvent), s.AppendHistory("acc", "exe_1", anEvent), s.Put(ctx, aKey, begun))
	running := map[string]int{
		"EXECUTION head": 0, "EXECUTION listing": 0, "EXECUTION running": 0, "EXECUTION input#000": 0,
		"HISTORY 0000000001": 366 + 90, "HISTORY 0000000002": 366 + 90, "RECORD send#~": 30, "IDEMPOTENCY key": 30,
	}
	if diff := cmp.Diff(running, lives(t, table, c.Now())); diff != "" {
		t.Errorf("while it runs, days that items are kept (-want +got):\n%s", diff)
	}
	x.Status, x.StoppedAt, x.Output = execution.Succeeded, c.Now(), noise(10_000, 2)
	must(t, s.FinishExecution(ctx, x), s.AppendHistory("acc", "exe_1", anEvent))
	ended := maps.Clone(running)
	delete(ended, "EXECUTION running")
	for _, name := range []string{
		"EXECUTION head", "EXECUTION listing", "EXECUTION input#000", "EXECUTION output#000",
		"HISTORY 0000000001", "HISTORY 0000000002", "HISTORY 0000000003",
	} {
		ended[name] = 90
	}
	if diff := cmp.Diff(ended, lives(t, table, c.Now())); diff != "" {
		t.Errorf("when it has ended, days that items are kept (-want +got):\n%s", diff)
	}

	// DynamoDB takes days to remove what is past its time; it is gone all the same.
	c.Advance(90*day - time.Second)
	if _, err := s.Execution(ctx, "acc", "exe_1"); err != nil {
		t.Errorf("shortly before: %v", err)
	}
	c.Advance(time.Second)
	_, err := s.Execution(ctx, "acc", "exe_1")
	_, historyErr := s.History(ctx, "acc", "exe_1")
	for _, err := range []error{err, historyErr, s.FinishExecution(ctx, x)} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("error %v, want %s", err, fault.NotFound)
		}
	}
	for _, f := range []execution.Filter{{}, {Workflow: "wf_1"}, {Workflow: "wf_1", Status: execution.Succeeded}} {
		if p, err := s.Executions(ctx, "acc", f, page.Query{}); err != nil || len(p.Items) != 0 {
			t.Errorf("listed: %v, %v", p.Items, err)
		}
	}
}

// TestReopen lets a failed execution go on: then nothing of it goes any more, until
// it ends again.
func TestReopen(t *testing.T) {
	client, table := newTable(t)
	c := newClock()
	s := dynamo.New(client, dynamo.Options{Table: table, Now: c.Now})
	ctx := t.Context()
	x := anExecution
	x.Input = noise(10_000, 1)
	start(t, s, x)
	redriven := asl.Event{Kind: asl.ExecutionRedriven, At: epoch}
	wantConflict := func() {
		t.Helper()
		if _, err := s.ReopenExecution(ctx, "acc", "exe_1", redriven); !fault.Is(err, fault.Conflict) {
			t.Errorf("reopening it: %v, want %s", err, fault.Conflict)
		}
	}
	wantConflict()
	must(t, s.AppendHistory("acc", "exe_1", anEvent))
	before := lives(t, table, c.Now())
	failed := execution.Execution{
		ID: "exe_1", Account: "acc", Status: execution.Failed, StoppedAt: epoch, Output: noise(10_000, 2),
		Error: &execution.Error{Name: "Connector.AuthFailed", Message: "No entry."},
	}
	must(t, s.FinishExecution(ctx, failed))
	got, err := s.ReopenExecution(ctx, "acc", "exe_1", redriven)
	x.Status = execution.Running
	if diff := cmp.Diff(x, got); diff != "" || err != nil {
		t.Errorf("reopened, it is something else (%v) (-want +got):\n%s", err, diff)
	}
	before["HISTORY 0000000002"] = before["HISTORY 0000000001"]
	if diff := cmp.Diff(before, lives(t, table, c.Now())); diff != "" {
		t.Errorf("days that items are kept (-want +got):\n%s", diff)
	}
	must(t, s.AppendHistory("acc", "exe_1", anEvent))
	events, err := s.History(ctx, "acc", "exe_1")
	if diff := cmp.Diff([]asl.Event{anEvent, redriven, anEvent}, events); diff != "" || err != nil {
		t.Errorf("its history (%v) (-want +got):\n%s", err, diff)
	}
	for status, want := range map[execution.Status]int{execution.Running: 1, execution.Failed: 0} {
		for _, wf := range []string{"", "wf_1"} {
			p, err := s.Executions(ctx, "acc", execution.Filter{Workflow: wf, Status: status}, page.Query{})
			if err != nil || len(p.Items) != want {
				t.Errorf("%d are %s in %q (%v), want %d", len(p.Items), status, wf, err, want)
			}
		}
	}
	if running, err := s.RunningExecutions(ctx); err != nil || len(running) != 1 {
		t.Errorf("%d are running, %v", len(running), err)
	}
	wantConflict()
	failed.Status, failed.Error = execution.Succeeded, nil
	must(t, s.FinishExecution(ctx, failed))
	wantConflict()
	if _, err := s.ReopenExecution(ctx, "acc", "exe_none", redriven); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestKeyOfAnExecutionThatIsGone uses an idempotency key again whose execution was
// kept for less than the key.
func TestKeyOfAnExecutionThatIsGone(t *testing.T) {
	c := newClock()
	s := openNew(t, dynamo.Options{Now: c.Now, Retention: day})
	x := anExecution
	x.IdempotencyKey = "order"
	start(t, s, x)
	must(t, s.FinishExecution(t.Context(), execution.Execution{ID: "exe_1", Account: "acc", Status: execution.Failed, StoppedAt: c.Now()}))
	c.Advance(2 * day)
	x.ID = "exe_2"
	start(t, s, x)
	x.ID = "exe_3"
	if stored, created, err := s.StartExecution(t.Context(), x); err != nil || created || stored.ID != "exe_2" {
		t.Errorf("StartExecution = %s, %v, %v; want exe_2, which has the key", stored.ID, created, err)
	}
}

// TestTable makes the table in DynamoDB Local, with TTL, and looks at what the
// deployment's template is compared with.
func TestTable(t *testing.T) {
	_, table := newTable(t)
	client := need(t).Client()
	_, err := client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(dynamo.TTLAttribute), Enabled: aws.Bool(true),
		},
	})
	if err != nil {
		t.Error(err)
	}
	described, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{fmt.Sprint("table ", keysOf(described.Table.KeySchema), " ", described.Table.BillingModeSummary.BillingMode)}
	for _, i := range described.Table.GlobalSecondaryIndexes {
		got = append(got, fmt.Sprint(*i.IndexName, " ", keysOf(i.KeySchema), " ", i.Projection.ProjectionType))
	}
	want := map[string]bool{
		"table [pk sk] PAY_PER_REQUEST": true, "executions [list started] KEYS_ONLY": true,
		"executions_by_status [status_list started] KEYS_ONLY": true,
	}
	for _, line := range got {
		if !want[line] {
			t.Errorf("unexpected: %s", line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%q, want %d lines", got, len(want))
	}
}

func keysOf(schema []types.KeySchemaElement) []string {
	names := make([]string, 2)
	for _, e := range schema {
		names[map[types.KeyType]int{types.KeyTypeHash: 0, types.KeyTypeRange: 1}[e.KeyType]] = *e.AttributeName
	}
	return names
}
