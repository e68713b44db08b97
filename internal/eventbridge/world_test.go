package eventbridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/awscall"
	"switchboard/internal/bolt"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	us "switchboard/internal/eventbridge"
	"switchboard/internal/execution"
	"switchboard/internal/mototest"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

const (
	group    = "switchboard"
	bus      = "switchboard"
	function = "arn:aws:lambda:eu-central-1:123456789012:function:triggers"
	role     = "arn:aws:iam::123456789012:role/scheduler"
	queue    = "arn:aws:sqs:eu-central-1:123456789012:lost"
)

// httpClient is what a client of the SDK sends requests with.
type httpClient interface {
	Do(*http.Request) (*http.Response, error)
}

// transport stands between a client and AWS: one call goes wrong, before it has got
// there or after, or every other one.
type transport struct {
	next      httpClient
	at        int  // the call that goes wrong, from 1; 0 for none
	after     bool // it is carried out, and only its answer is lost
	alternate bool // every other call goes wrong
	code      string
	calls     int
	machines  map[int]bool // the calls that are of Step Functions
}

func (i *transport) Do(req *http.Request) (*http.Response, error) {
	i.calls++
	if strings.HasPrefix(req.Header.Get("X-Amz-Target"), "AWSStepFunctions.") {
		if i.machines == nil {
			i.machines = map[int]bool{}
		}
		i.machines[i.calls] = true
	}
	if i.calls != i.at && (!i.alternate || i.calls%2 == 0) {
		return i.next.Do(req)
	}
	if i.after {
		res, err := i.next.Do(req)
		if err != nil {
			return nil, err
		}
		res.Body.Close()
	}
	return answer(req, http.StatusBadRequest, map[string]any{"__type": i.code, "message": "said by AWS"}, i.code), nil
}

// answer is one of a service, of either protocol.
func answer(req *http.Request, status int, body any, code string) *http.Response {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(err.Error())
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
	if code != "" {
		header.Set("X-Amzn-Errortype", code)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(text)), Request: req}
}

// retryer is that of a function, but for the time between retries.
func retryer() aws.Retryer { return impatient{awscall.Retryer()} }

type impatient struct{ aws.RetryerV2 }

func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

func newScheduler(address string, client httpClient) *scheduler.Client {
	return scheduler.New(scheduler.Options{
		Region: mototest.Region, BaseEndpoint: aws.String(address), Credentials: mototest.Credentials(), HTTPClient: client, Retryer: retryer(),
	})
}

func newEvents(address string, client httpClient) *eventbridge.Client {
	return eventbridge.New(eventbridge.Options{
		Region: mototest.Region, BaseEndpoint: aws.String(address), Credentials: mototest.Credentials(), HTTPClient: client, Retryer: retryer(),
	})
}

func newStates(address string, client httpClient) *sfn.Client {
	return sfn.New(sfn.Options{
		Region: mototest.Region, BaseEndpoint: aws.String(address), Credentials: mototest.Credentials(), HTTPClient: client, Retryer: retryer(),
	})
}

// clock is when everything happens.
var clock = time.Date(2030, 1, 1, 8, 30, 0, 0, time.UTC)

func now() time.Time { return clock }

var owner = account.Principal{Account: "acc_1", Actor: "owner"}

// world is an account's store, beside what AWS has.
type world struct {
	t       testing.TB
	address string
	store   *bolt.Store
}

// newWorld makes a store, and what a deployment has made in AWS before anybody publishes.
func newWorld(t testing.TB, address string) *world {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{t: t, address: address, store: store}
	w.must(store.CreateAgent(t.Context(), agent.Agent{ID: "agt_1", Account: "acc_1", Name: "Ada"}))
	return w
}

// furnish makes what the template of a deployment makes.
func furnish(t testing.TB, address string) {
	t.Helper()
	ctx := t.Context()
	if _, err := newScheduler(address, http.DefaultClient).CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String(group)}); err != nil {
		t.Fatal(err)
	}
	if _, err := newEvents(address, http.DefaultClient).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String(bus)}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// triggers are ours, over a way to AWS.
func (w *world) triggers(client httpClient) *us.Triggers {
	return us.NewTriggers(us.Config{
		Scheduler: newScheduler(w.address, client), Rules: newEvents(w.address, client), Prefix: "sb", Group: group, Bus: bus,
		Function: function, Role: role, DeadLetters: queue, Workflows: w.store, Now: now, Log: slog.New(slog.DiscardHandler),
	})
}

// workflows is the service as the workflows function has it.
func (w *world) workflows(client httpClient) *workflow.Service {
	w.t.Helper()
	catalog, err := connector.NewCatalog()
	w.must(err)
	return workflow.NewService(workflow.Config{
		Repository: w.store, Agents: agent.NewService(w.store, now), Credentials: w.store,
		Compiler: compile.New(catalog, compile.Functions{Connector: func(name string) string { return name }}), Triggers: w.triggers(client), Now: now,
		Deployer: stepfn.NewDeployer(stepfn.DeployConfig{
			Client: newStates(w.address, client), Role: role, Now: now,
			Machines: stepfn.Machines{Partition: "aws", Region: mototest.Region, Account: mototest.Account, Prefix: "sb"},
		}),
	})
}

// executions is the service as the triggers function has it; nothing runs.
func (w *world) executions() *execution.Service {
	return execution.NewService(execution.Config{Repository: w.store, Workflows: w.store, Records: w.store, Runner: idle{}, Now: now})
}

type idle struct{}

func (idle) Launch(context.Context, execution.Execution, workflow.Version) error  { return nil }
func (idle) Stop(context.Context, execution.Execution, string) error              { return nil }
func (idle) Redrive(context.Context, execution.Execution, workflow.Version) error { return nil }
func (idle) Wait(context.Context, execution.Execution) error                      { return nil }

// document is a workflow with this trigger.
func document(trigger string) []byte {
	return []byte(`{"name":"Test","trigger":` + trigger + `,"nodes":[{"id":"s","type":"set","config":{"values":{"a":1}}}],"edges":[{"from":"trigger","to":"s"}]}`)
}

// The triggers of these tests.
const (
	manual   = `{"type":"manual","config":{}}`
	hourly   = `{"type":"schedule","config":{"cron":"30 * * * *","timezone":"Europe/Berlin"}}`
	bothDays = `{"type":"schedule","config":{"cron":"0 9 13 * fri"}}`
	rate     = `{"type":"schedule","config":{"rate":"2 hours"}}`
	orders   = `{"type":"event","config":{"source":"shop","detail_type":"order.created","filter":{"total":[{"numeric":[">",1000]}],"n":[7]}}}`
	anything = `{"type":"event","config":{"source":"shop"}}`
)

// create makes a draft.
func (w *world) create(trigger string) (id string) {
	w.t.Helper()
	created, err := w.workflows(nil).Create(w.t.Context(), owner, "agt_1", document(trigger))
	w.must(err)
	return created.ID
}

// draft replaces it.
func (w *world) draft(id, trigger string) {
	w.t.Helper()
	s := w.workflows(nil)
	found, err := s.Get(w.t.Context(), owner, id)
	w.must(err)
	_, err = s.Put(w.t.Context(), owner, id, found.Revision, document(trigger))
	w.must(err)
}

func (w *world) publish(id string) {
	w.t.Helper()
	_, _, err := w.workflows(http.DefaultClient).Publish(w.t.Context(), owner, id, nil)
	w.must(err)
}

// made is what an operator finds in Scheduler and EventBridge for a workflow. Ids and
// the number of the version that serves are as good as any other.
func (w *world) made(id string) map[string]any {
	w.t.Helper()
	ctx := w.t.Context()
	found := map[string]any{}
	serving := "0"
	if s, err := w.store.Workflow(ctx, "acc_1", id); err == nil {
		serving = json.Number(jsonOf(w.t, s.Published)).String()
	}
	general := func(text string) string {
		return strings.NewReplacer(id, "ID", `"version":`+serving+`}`, `"version":N}`, `"version":`+serving+`,`, `"version":N,`,
			"(version "+serving+")", "(version N)").Replace(text)
	}
	schedules := newScheduler(w.address, http.DefaultClient)
	for _, suffix := range []string{"", "-weekday"} {
		s, err := schedules.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String("sb-" + id + suffix), GroupName: aws.String(group)})
		if err != nil {
			continue
		}
		start := ""
		if s.StartDate != nil {
			start = s.StartDate.UTC().Format(time.RFC3339)
		}
		found["schedule"+suffix] = []string{
			aws.ToString(s.ScheduleExpression), aws.ToString(s.ScheduleExpressionTimezone), start, string(s.State), string(s.FlexibleTimeWindow.Mode),
			aws.ToString(s.Target.Arn), aws.ToString(s.Target.RoleArn), general(aws.ToString(s.Target.Input)),
			aws.ToString(s.Target.DeadLetterConfig.Arn), general(aws.ToString(s.Description)),
		}
	}
	events := newEvents(w.address, http.DefaultClient)
	rule, err := events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("sb-" + id), EventBusName: aws.String(bus)})
	if err != nil {
		return found
	}
	targets, err := events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: rule.Name, EventBusName: aws.String(bus)})
	w.must(err)
	found["rule"] = []string{aws.ToString(rule.EventPattern), string(rule.State), general(aws.ToString(rule.Description))}
	for _, target := range targets.Targets {
		found["target "+aws.ToString(target.Id)] = []string{
			aws.ToString(target.Arn), general(aws.ToString(target.InputTransformer.InputTemplate)), aws.ToString(target.DeadLetterConfig.Arn),
		}
	}
	return found
}

// startable gives what the version that serves would run, by its alias.
func (w *world) startable(id string) string {
	w.t.Helper()
	ctx := w.t.Context()
	client := newStates(w.address, http.DefaultClient)
	name, err := stepfn.Machines{Prefix: "sb"}.Name("acc_1", id, false)
	w.must(err)
	machine := "arn:aws:states:eu-central-1:123456789012:stateMachine:" + name
	aliases, err := client.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: &machine})
	if err != nil {
		return ""
	}
	s, err := w.store.Workflow(ctx, "acc_1", id)
	if err != nil || s.Published == 0 {
		return ""
	}
	for _, a := range aliases.StateMachineAliases {
		arn := aws.ToString(a.StateMachineAliasArn)
		if !strings.Contains(arn, ":v"+jsonOf(w.t, s.Published)+"-") {
			continue
		}
		d, err := client.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &arn})
		w.must(err)
		m, err := client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: d.RoutingConfiguration[0].StateMachineVersionArn})
		w.must(err)
		return aws.ToString(m.Definition)
	}
	return ""
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
