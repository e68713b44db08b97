package execution

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
	"switchboard/internal/request"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// MaxIdempotencyKey is the longest idempotency key, in bytes.
const MaxIdempotencyKey = 255

// Runner runs executions: Step Functions, or asl/run on a laptop.
type Runner interface {
	// Launch begins to run a stored execution and returns without waiting for it.
	Launch(ctx context.Context, x Execution, v workflow.Version) error
	// Stop ends a running execution and returns when it has ended.
	Stop(ctx context.Context, x Execution, cause string) error
	// Redrive goes on with an execution that was reopened: what failed or was cut off
	// runs again, what is done is not.
	Redrive(ctx context.Context, x Execution, v workflow.Version) error
	// Wait returns when the execution has ended, or ctx is done.
	Wait(ctx context.Context, x Execution) error
}

// Workflows is what starting and showing executions reads of them.
type Workflows interface {
	Workflow(ctx context.Context, account, id string) (workflow.Workflow, error)
	Version(ctx context.Context, account, id string, number int) (workflow.Version, error)
}

// Left reads versions of workflows that were deleted, as long as executions run them.
type Left interface {
	// VersionLeft reads the version that an execution runs. NotFound if it was not left.
	VersionLeft(ctx context.Context, x Execution) (workflow.Version, error)
}

// Records is what showing, redriving, replaying and nesting executions uses of the
// once-only records; see task.Records.
type Records interface {
	task.Values
	Begin(ctx context.Context, k task.Key, r task.Record) (stored task.Record, began bool, err error)
	Record(ctx context.Context, k task.Key) (task.Record, error)
	RecordsOf(ctx context.Context, account, execution string) (map[task.Key]task.Record, error)
	Put(ctx context.Context, k task.Key, r task.Record) error
}

// Config is what a Service is made of.
type Config struct {
	Repository Repository
	Workflows  Workflows
	Left       Left // nil where nothing is left
	Records    Records
	Runner     Runner
	// Credentials and Tester are for TestNode alone.
	Credentials Credentials
	Tester      Tester
	// Approvals tells of what people are asked; nil means that nobody is.
	Approvals Approvals
	// CheckInput is for StartManually and Replay alone: inputschema.Validate.
	CheckInput func(schema map[string]any, input any) error
	// Quotas bound what an account may start; nil means that nothing does.
	Quotas Quotas
	Now    func() time.Time
}

// Quotas bound what an account may start: see package quota.
type Quotas interface {
	// Admit lets an execution start; done is called once it is stored. TooManyRequests
	// if the account has to wait.
	Admit(ctx context.Context, account string) (done func(), err error)
	// CheckPayload gives PayloadTooLarge for an input of too many bytes.
	CheckPayload(account string, size int) error
}

// Service is what can be done with executions.
type Service struct {
	Config
	parsed *workflow.Parsed
}

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c, workflow.NewParsed()} }

// Start is a wish to run a workflow.
type Start struct {
	Workflow string
	// Trigger is what templates see as the trigger.
	Trigger map[string]any
	// IdempotencyKey makes a second start with the same key give the first execution.
	IdempotencyKey string
	// Opened is the credential that was opened to know the caller; "" for none.
	Opened string
	// Repeated is called where the key gave an execution that was there; nil is nothing.
	Repeated func()
	// Awaited says that the caller waits for the output, by Await, and is told no id
	// before that.
	Awaited bool

	id      string // "" has one made
	parent  *Parent
	request string // "": that of the context
}

// StartManually starts a workflow by hand or by API. The input of a manual trigger
// must fit its input_schema; for a webhook it stands for the request's body, or for
// the whole request if it has only members that a request has; for an event it is
// the detail. A schedule takes the time as it is.
func (s *Service) StartManually(ctx context.Context, p account.Principal, workflowID string, input any, key string) (Execution, error) {
	w, v, err := s.serving(ctx, p.Account, workflowID)
	if err != nil {
		return s.orEarlier(ctx, p, workflowID, key, err)
	}
	x, err := s.startWith(ctx, p, w, v, input, key)
	if err != nil {
		return s.orEarlier(ctx, p, workflowID, key, err)
	}
	return x, nil
}

// orEarlier gives the execution that was started with the key, although now it could
// not be: what was accepted stays accepted. Without one it gives the error.
func (s *Service) orEarlier(ctx context.Context, p account.Principal, workflowID, key string, err error) (Execution, error) {
	if key == "" || fault.Is(err, fault.NotFound) {
		return Execution{}, err
	}
	earlier, findErr := s.Repository.StartedWith(ctx, p.Account, workflowID, key)
	if findErr != nil {
		return Execution{}, err
	}
	return earlier, nil
}

// StartTrial is StartManually for a trial of a draft, by its number; see
// workflow.Service.Try.
func (s *Service) StartTrial(ctx context.Context, p account.Principal, workflowID string, number int, input any, key string) (Execution, error) {
	w, err := s.Workflows.Workflow(ctx, p.Account, workflowID)
	if err != nil {
		return Execution{}, fmt.Errorf("reading workflow: %w", err)
	}
	v := workflow.Version{Number: number}
	if v.Trial() {
		v, err = s.Workflows.Version(ctx, p.Account, workflowID, number)
	}
	if !v.Trial() || fault.Is(err, fault.NotFound) {
		f := fault.New(fault.ValidationFailed, "The workflow has no trial %d.", number).WithHint("Make one of the draft first. What is published is started without a version.")
		f.Fields = []fault.Field{{Pointer: "/version", Message: "is no trial of this workflow"}}
		return Execution{}, f
	}
	if err != nil {
		return Execution{}, fmt.Errorf("reading trial: %w", err)
	}
	return s.startWith(ctx, p, w, v, input, key)
}

func (s *Service) startWith(ctx context.Context, p account.Principal, w workflow.Workflow, v workflow.Version, input any, key string) (Execution, error) {
	doc, _, err := s.parsed.Of(v)
	if err != nil {
		return Execution{}, err
	}
	trigger, err := s.manualTrigger(doc, input)
	if err != nil {
		return Execution{}, err
	}
	return s.start(ctx, p, w, v, Start{Workflow: w.ID, Trigger: trigger, IdempotencyKey: key})
}

func (s *Service) manualTrigger(doc *workflow.Document, input any) (map[string]any, error) {
	if doc.Trigger == nil {
		return map[string]any{"input": input}, nil
	}
	now := s.Now().UTC().Format(time.RFC3339)
	switch doc.Trigger.Type {
	case workflow.TriggerWebhook:
		return requestOf(input), nil
	case workflow.TriggerSchedule:
		return map[string]any{"scheduled_at": now, "late": false}, nil
	case workflow.TriggerEvent:
		if input == nil {
			input = map[string]any{}
		}
		return map[string]any{
			"id": "", "source": doc.Trigger.Config["source"], "detail_type": doc.Trigger.Config["detail_type"], "detail": input, "time": now,
		}, nil
	}
	if input == nil {
		input = map[string]any{}
	}
	if schema, ok := doc.Trigger.Config["input_schema"].(map[string]any); ok {
		if err := s.CheckInput(schema, input); err != nil {
			f := fault.Of(err)
			for i := range f.Fields {
				f.Fields[i].Pointer = "/input" + f.Fields[i].Pointer
			}
			return nil, f
		}
	}
	return map[string]any{"input": input}, nil
}

// requestOf makes an input into the request that a webhook's workflow sees.
func requestOf(input any) map[string]any {
	request := map[string]any{"body": input, "headers": map[string]any{}, "query": map[string]any{}, "method": "POST"}
	whole, ok := input.(map[string]any)
	if !ok || len(whole) == 0 {
		return request
	}
	for name := range whole {
		if _, known := request[name]; !known {
			return request
		}
	}
	request["body"] = nil
	for name, v := range whole {
		request[name] = v
	}
	return request
}

// StartTriggered starts a workflow for its trigger.
func (s *Service) StartTriggered(ctx context.Context, p account.Principal, start Start) (Execution, error) {
	w, v, err := s.serving(ctx, p.Account, start.Workflow)
	if err == nil {
		var x Execution
		if x, err = s.start(ctx, p, w, v, start); err == nil {
			return x, nil
		}
	}
	return s.orEarlier(ctx, p, start.Workflow, start.IdempotencyKey, err)
}

func (s *Service) serving(ctx context.Context, account, id string) (workflow.Workflow, workflow.Version, error) {
	w, err := s.Workflows.Workflow(ctx, account, id)
	if err != nil {
		return w, workflow.Version{}, fmt.Errorf("reading workflow: %w", err)
	}
	if w.Published == 0 {
		return w, workflow.Version{}, fault.New(fault.NotPublished, "The workflow is not published, so it cannot run.").
			WithHint("Publish it first.")
	}
	v, err := s.Workflows.Version(ctx, account, id, w.Published)
	if err != nil {
		return w, v, fmt.Errorf("reading version: %w", err)
	}
	return w, v, nil
}

func (s *Service) start(ctx context.Context, p account.Principal, w workflow.Workflow, v workflow.Version, start Start) (Execution, error) {
	if len(start.IdempotencyKey) > MaxIdempotencyKey {
		return Execution{}, longKey()
	}
	if v.Trial() && start.IdempotencyKey != "" { // it may come again for what is published
		start.IdempotencyKey = fmt.Sprintf("trial %d: %s", v.Number, start.IdempotencyKey)
	}
	x := Execution{
		Account: p.Account, Agent: w.Agent, Workflow: w.ID, Version: v.Number, Published: v.PublishedAt.UTC(), Status: Running, StartedAt: s.Now().UTC(),
		StartedBy: p.Actor, Trigger: triggerKind(p, start.Trigger), IdempotencyKey: start.IdempotencyKey, Express: v.Express,
		Awaited: start.Awaited && v.Express,
		ID:      start.id, Parent: start.parent, Opened: start.Opened,
	}
	var err error
	if x.ID == "" {
		if x.ID, err = id.New(id.Execution); err != nil {
			return x, err
		}
	}
	input := map[string]any{"trigger": start.Trigger}
	if from := cmp.Or(start.request, request.ID(ctx)); from != "" {
		input["request"] = from
	}
	if x.Input, err = encode(input); err != nil {
		return x, fmt.Errorf("encoding the input: %w", err)
	}
	stored, err := s.launch(ctx, x, v)
	if err == nil && stored.ID != x.ID && start.Repeated != nil {
		start.Repeated()
	}
	return stored, err
}

func longKey() *fault.Error {
	return fault.New(fault.ValidationFailed, "An idempotency key has at most %d bytes.", MaxIdempotencyKey).
		At("/header/Idempotency-Key", fmt.Sprintf("has more than %d bytes", MaxIdempotencyKey))
}

// triggerKind tells by the trigger's data which one it was.
func triggerKind(p account.Principal, data map[string]any) string {
	if !strings.HasPrefix(p.Actor, "trigger:") {
		return workflow.TriggerManual
	}
	for member, kind := range map[string]string{
		"scheduled_at": workflow.TriggerSchedule, "detail": workflow.TriggerEvent, "headers": workflow.TriggerWebhook,
	} {
		if _, ok := data[member]; ok {
			return kind
		}
	}
	return workflow.TriggerManual
}

// launch stores a new execution and has it run. Where its idempotency key was used
// before, it gives the execution that has it.
func (s *Service) launch(ctx context.Context, x Execution, v workflow.Version) (Execution, error) {
	if len(x.Input) > MaxInputBytes {
		return x, inputTooLarge(len(x.Input), MaxInputBytes)
	}
	stored, created, err := s.admitted(ctx, x, v)
	if err != nil {
		return x, fmt.Errorf("starting execution: %w", err)
	}
	if !created {
		return stored, nil
	}
	// Unless somebody waits for it, it is on disk, so it will run: now, or after the next start.
	if err := s.Runner.Launch(context.WithoutCancel(ctx), stored, v); err != nil {
		return stored, fmt.Errorf("launching execution: %w", err)
	}
	return stored, nil
}

// admitted stores a new execution within the account's quotas. One that another
// execution runs was admitted with that.
func (s *Service) admitted(ctx context.Context, x Execution, v workflow.Version) (stored Execution, created bool, err error) {
	if s.Quotas != nil && x.Parent == nil {
		if err := s.Quotas.CheckPayload(x.Account, len(x.Input)); err != nil {
			return x, false, err
		}
		done, err := s.Quotas.Admit(ctx, x.Account)
		if err != nil {
			return x, false, err
		}
		defer done()
	}
	if x.Input, err = s.carried(ctx, x, v.Input); err != nil {
		return x, false, err
	}
	return s.Repository.StartExecution(starting(ctx, x), x)
}

// starting says in the audit who started an execution, unless a trigger or another
// workflow did.
func starting(ctx context.Context, x Execution) context.Context {
	if strings.HasPrefix(x.StartedBy, "trigger:") || strings.HasPrefix(x.StartedBy, "workflow:") {
		return ctx
	}
	action := audit.StartExecution
	if x.ReplayOf != "" {
		action = audit.ReplayExecution
	}
	return audit.With(ctx, account.Principal{Account: x.Account, Actor: x.StartedBy}, action, x.ID)
}

// encode is json.Marshal that leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Await waits until the execution has ended and returns it; while ctx lasts. One
// that still runs then is on disk: its id may be told.
func (s *Service) Await(ctx context.Context, x Execution) (Execution, error) {
	ended, err := s.await(ctx, x)
	if err != nil {
		return ended, err
	}
	if err := s.show(ctx, ended, []*json.RawMessage{&ended.Output}, maxAnswer, maxAnswer); err != nil {
		return x, err
	}
	return ended, nil
}

// await is Await with large values left where they are.
func (s *Service) await(ctx context.Context, x Execution) (Execution, error) {
	if x.Status == Running {
		if err := s.Runner.Wait(ctx, x); err != nil {
			return x, errors.Join(fmt.Errorf("waiting for execution: %w", err), s.keep(ctx, x))
		}
	}
	ended, err := s.Repository.Execution(ctx, x.Account, x.ID)
	if err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	if ended.Status == Running {
		return ended, s.keep(ctx, ended)
	}
	return ended, nil
}

// keep has an execution on disk whose caller no longer waits.
func (s *Service) keep(ctx context.Context, x Execution) error {
	if !x.Awaited {
		return nil
	}
	if err := s.Repository.KeepExecution(context.WithoutCancel(ctx), x.Account, x.ID); err != nil {
		return fmt.Errorf("keeping execution: %w", err)
	}
	return nil
}

// List reads a page of a workflow's executions, newest first.
func (s *Service) List(ctx context.Context, p account.Principal, f Filter, q page.Query) (page.Of[Execution], error) {
	var none page.Of[Execution]
	if _, err := s.Workflows.Workflow(ctx, p.Account, f.Workflow); err != nil {
		return none, fmt.Errorf("reading workflow: %w", err)
	}
	executions, err := s.Repository.Executions(ctx, p.Account, f, q)
	if err != nil {
		return none, fmt.Errorf("listing executions: %w", err)
	}
	return executions, nil
}

// Get reads an execution with the view of its nodes. Large values are in it as far as
// there is room.
func (s *Service) Get(ctx context.Context, p account.Principal, id string) (Execution, []NodeRun, error) {
	x, err := s.Repository.Execution(ctx, p.Account, id)
	if err != nil {
		return x, nil, fmt.Errorf("reading execution: %w", err)
	}
	h, err := s.happened(ctx, x)
	if fault.Is(err, fault.NotFound) {
		return x, nil, nil // the workflow was deleted; what is left is the execution itself
	}
	if err != nil {
		return x, nil, err
	}
	doc, nodes := h.doc, h.nodes
	if err := s.addLinks(ctx, p, x, doc, nodes); err != nil {
		return x, nil, err
	}
	order := map[string]int{}
	for i, n := range doc.Nodes {
		order[n.ID] = i
		if n.OnError == workflow.OnErrorContinue {
			handOnErrors(nodes, n.ID)
		}
		if !h.unseen && x.Status != Running && !slices.ContainsFunc(nodes, func(r NodeRun) bool { return r.ID == n.ID }) {
			nodes = append(nodes, NodeRun{ID: n.ID, Status: NodeSkipped})
		}
	}
	slices.SortStableFunc(nodes, func(a, b NodeRun) int { return order[a.ID] - order[b.ID] })
	if x.Input, err = byMembers(x.Input); err != nil {
		return x, nil, err
	}
	if err := s.show(ctx, x, texts(&x, nodes), maxValueShown, maxValuesShown); err != nil {
		return x, nil, err
	}
	return x, nodes, nil
}

// handOnErrors shows what later steps are given of a node that failed and whose error
// is handed on. The history tells the error, and not what became of it.
func handOnErrors(nodes []NodeRun, id string) {
	give := func(r *NodeRun) {
		if r.Output == nil && r.Error != nil && r.Status == NodeFailed {
			r.Output, _ = encode(map[string]any{"error": map[string]any{"name": r.Error.Name, "message": r.Error.Message}}) // they are texts
		}
	}
	for i := range nodes {
		if r := &nodes[i]; r.ID == id {
			give(r)
			for j := range r.Iterations {
				give(&r.Iterations[j].NodeRun)
			}
		}
	}
}

// VersionOf reads the version that an execution runs: while it does, also one that was
// left when the workflow was deleted. NotFound if it is not there any more; left may be nil.
func VersionOf(ctx context.Context, x Execution, workflows Workflows, left Left) (workflow.Version, error) {
	v, err := workflows.Version(ctx, x.Account, x.Workflow, x.Version)
	if err == nil && !x.Ran(v) {
		err = fault.NotFoundf("The version %d that the execution %s ran is no longer there: the workflow was deleted.", x.Version, x.ID)
	}
	if left != nil && x.Status == Running && fault.Is(err, fault.NotFound) {
		v, err = left.VersionLeft(ctx, x)
	}
	if err != nil {
		return v, fmt.Errorf("reading version: %w", err)
	}
	return v, nil
}

// versionOf reads the version that an execution runs. NotFound if it is not there any more.
func (s *Service) versionOf(ctx context.Context, x Execution) (workflow.Version, error) {
	return VersionOf(ctx, x, s.Workflows, s.Left)
}

// happened is what is known of an execution.
type happened struct {
	doc     *workflow.Document
	nodes   []NodeRun
	records map[task.Key]task.Record
	unseen  bool // there is no history; see Recorded
}

// happened reads it. NotFound if the version it ran is not there any more.
func (s *Service) happened(ctx context.Context, x Execution) (h happened, err error) {
	v, err := s.versionOf(ctx, x)
	if err != nil {
		return h, err
	}
	var sources workflow.SourceMap
	if h.doc, sources, err = s.parsed.Of(v); err != nil {
		return h, err
	}
	events, err := s.Repository.History(ctx, x.Account, x.ID)
	if err != nil {
		return h, fmt.Errorf("reading history: %w", err)
	}
	if h.records, err = s.Records.RecordsOf(ctx, x.Account, x.ID); err != nil {
		return h, fmt.Errorf("reading once-only records: %w", err)
	}
	h.nodes = View(x, sources, events, h.records)
	if h.unseen = x.Express && len(events) == 0; h.unseen { // on AWS
		h.nodes = Recorded(x, h.records)
	}
	return h, nil
}
