package execution

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/request"
	"switchboard/internal/spelling"
	"switchboard/internal/task"
	"switchboard/internal/value"
	"switchboard/internal/workflow"
)

// LatestVersion stands for the newest version in a Replay.
const LatestVersion = -1

// Replay is a wish to run an execution again from a node on.
type Replay struct {
	Execution string
	From      string // a node's id, or workflow.TriggerNode for all of it
	Version   int    // 0 is that of the execution, LatestVersion the newest
	// IdempotencyKey makes a second replay with the same key give the first execution.
	IdempotencyKey string
}

// takenAtOnce is how many records are written at once.
const takenAtOnce = 16

// replayKey is the idempotency key of what replays an execution with a key.
func replayKey(of, key string) string { return "replay of " + of + ": " + key }

// Replay starts a new execution with the trigger's data of an ended one. What was
// completed there, and does not come after the node, is not done again: the new
// execution is given its results. Nobody waits for its output.
//
// A result is taken over by way of the once-only record, which is what a task asks
// first in any case; that of a wait by its name in the input. All other logic is
// evaluated again, from the same results.
func (s *Service) Replay(ctx context.Context, p account.Principal, r Replay) (Execution, error) {
	x, err := s.Repository.Execution(ctx, p.Account, r.Execution)
	if err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	if len(r.IdempotencyKey) > MaxIdempotencyKey {
		return x, longKey()
	}
	if r.IdempotencyKey != "" { // whatever has changed: what was made stays made
		earlier, err := s.Repository.StartedWith(ctx, p.Account, x.Workflow, replayKey(x.ID, r.IdempotencyKey))
		if err == nil {
			return earlier, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return x, fmt.Errorf("looking for an earlier replay: %w", err)
		}
	}
	if x.Status == Running {
		return x, fault.New(fault.Conflict, "The execution is still running.").WithHint("Wait until it has ended, or stop it.")
	}
	v, doc, err := s.replayed(ctx, x, r.Version)
	if err != nil {
		return x, err
	}
	// Another version may need other parts of it.
	input, err := s.whole(ctx, x)
	if err != nil {
		return x, err
	}
	if err := s.checkReplay(input, doc, r.From); err != nil {
		return x, err
	}
	h, err := s.happened(ctx, x)
	if err != nil {
		return x, err
	}
	passed, err := passagesOf(input)
	if err != nil {
		return x, err
	}
	taken := h.takeOver(doc, r.From, passed)
	again := Execution{
		Account: x.Account, Agent: x.Agent, Workflow: x.Workflow, Version: v.Number, Published: v.PublishedAt.UTC(), Status: Running, StartedAt: s.Now().UTC(),
		StartedBy: p.Actor, Trigger: TriggerReplay, ReplayOf: x.ID, ReplayFrom: r.From, Express: v.Express,
	}
	if r.IdempotencyKey != "" {
		again.IdempotencyKey = replayKey(x.ID, r.IdempotencyKey)
	}
	if again.ID, err = id.New(id.Execution); err != nil {
		return x, err
	}
	if again.Input, err = replayInput(ctx, input, taken.passages); err != nil {
		return x, err
	}
	// The records come first: once it is stored, it may run.
	if err := s.handOver(ctx, x, again.ID, taken.records); err != nil {
		return x, err
	}
	return s.launch(ctx, again, v)
}

// replayed finds the version to run.
func (s *Service) replayed(ctx context.Context, x Execution, number int) (workflow.Version, *workflow.Document, error) {
	w, err := s.Workflows.Workflow(ctx, x.Account, x.Workflow)
	if err != nil {
		return workflow.Version{}, nil, fmt.Errorf("reading workflow: %w", err)
	}
	own := number == 0
	switch number {
	case 0:
		number = x.Version
	case LatestVersion:
		number = w.Latest
	}
	v, err := s.Workflows.Version(ctx, x.Account, x.Workflow, number)
	if fault.Is(err, fault.NotFound) || err == nil && own && !x.Ran(v) {
		return v, nil, fault.New(fault.ValidationFailed, "The workflow has no version %d.", number).
			At("/version", fmt.Sprintf("The newest version is %d.", w.Latest))
	}
	if err != nil {
		return v, nil, fmt.Errorf("reading version: %w", err)
	}
	doc, err := workflow.Parse(v.Document)
	if err != nil {
		return v, nil, fmt.Errorf("reading version: %w", err)
	}
	return v, doc, nil
}

// checkReplay says whether the version can run with an execution's input from the
// node on.
func (s *Service) checkReplay(given json.RawMessage, doc *workflow.Document, from string) error {
	var ids []string
	for _, n := range doc.Nodes {
		ids = append(ids, n.ID)
	}
	if from != workflow.TriggerNode && !slices.Contains(ids, from) {
		f := fault.New(fault.ValidationFailed, "The version has no node %s.", from).
			WithHint("%s", spelling.Hint(from, append(ids, workflow.TriggerNode), "Its nodes are"))
		return f.At("/from", "is no node of the version")
	}
	var input struct {
		Trigger map[string]any `json:"trigger"`
	}
	if err := json.Unmarshal(given, &input); err != nil {
		return fmt.Errorf("reading the input: %w", err)
	}
	if doc.Trigger == nil {
		return nil
	}
	member, known := triggerMembers[doc.Trigger.Type]
	if _, ok := input.Trigger[member]; known && !ok {
		return fault.New(fault.ValidationFailed, "The version starts by another trigger, %s, so the execution's input does not fit it.", doc.Trigger.Type).
			WithHint("Replay with the execution's own version.").At("/version", "has another trigger")
	}
	if schema, ok := doc.Trigger.Config["input_schema"].(map[string]any); ok && doc.Trigger.Type == workflow.TriggerManual {
		if err := s.CheckInput(schema, input.Trigger["input"]); err != nil {
			return fault.New(fault.ValidationFailed, "The execution's input does not fit the version's input_schema: %s", fault.Of(err).Message).
				WithHint("Replay with the execution's own version, or start the workflow with another input.").At("/version", "takes another input")
		}
	}
	return nil
}

// triggerMembers are members by which the data of each trigger is known.
var triggerMembers = map[string]string{
	workflow.TriggerManual: "input", workflow.TriggerWebhook: "body", workflow.TriggerSchedule: "scheduled_at", workflow.TriggerEvent: "detail",
}

func replayInput(ctx context.Context, input json.RawMessage, passages []string) (json.RawMessage, error) {
	var of struct {
		Trigger json.RawMessage `json:"trigger"`
	}
	if err := json.Unmarshal(input, &of); err != nil {
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	given := map[string]any{"trigger": of.Trigger}
	if from := request.ID(ctx); from != "" {
		given["request"] = from
	}
	if len(passages) > 0 {
		given["replay"] = passages
	}
	return encode(given)
}

// passagesOf gives the passages that replayInput wrote; none for what is no replay.
func passagesOf(input json.RawMessage) ([]string, error) {
	var given struct {
		Replay []string `json:"replay"`
	}
	if err := json.Unmarshal(input, &given); err != nil {
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	return given.Replay, nil
}

// handOver writes the records for the new execution, and the large values they name.
func (s *Service) handOver(ctx context.Context, x Execution, to string, records map[task.Key]task.Record) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(takenAtOnce)
	for key, r := range records {
		key.Account, key.Execution = x.Account, to
		group.Go(func() error {
			for _, text := range []json.RawMessage{r.Input, r.Output} {
				if err := s.copyValues(ctx, x, to, text); err != nil {
					return err
				}
			}
			if err := s.Records.Put(ctx, key, r); err != nil {
				return fmt.Errorf("handing a result over: %w", err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *Service) copyValues(ctx context.Context, x Execution, to string, text json.RawMessage) error {
	if !value.Mentions(text) {
		return nil
	}
	v, err := value.Decode(text)
	if err != nil {
		return fmt.Errorf("reading a result: %w", err)
	}
	found, err := s.Records.Values(ctx, x.Account, x.ID, value.IDs(v))
	if err != nil {
		return fmt.Errorf("reading a large value: %w", err)
	}
	for name, text := range found {
		if err := s.Records.PutValue(ctx, x.Account, to, name, text); err != nil {
			return fmt.Errorf("handing a large value over: %w", err)
		}
	}
	return nil
}
