package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/value"
)

// resolve puts stored values in place of their stand-ins in the task's variables.
func (h *Host) resolve(ctx context.Context, t *Task) error {
	if given, ok := t.Variables["trigger"]; ok {
		resolved, err := value.ResolveSent(given, h.fetch(ctx, t.Account, t.Execution))
		if err != nil {
			return fmt.Errorf("reading a large input: %w", err)
		}
		t.Variables["trigger"] = resolved
	}
	for _, root := range []string{"steps", "vars", "item"} {
		given, ok := t.Variables[root]
		if !ok {
			continue
		}
		resolved, err := value.Resolve(given, h.fetch(ctx, t.Account, t.Execution))
		if missing, ok := errors.AsType[*value.MissingError](err); ok {
			return fault.New(fault.InvalidInput, "A large output of an earlier step, %s, is no longer there.", missing.ID).
				WithHint("Run the workflow again from the step that gave it.")
		}
		if err != nil {
			return fmt.Errorf("reading a large output: %w", err)
		}
		t.Variables[root] = resolved
	}
	return nil
}

// maxKept bounds the memory that large values take in a warm function, in bytes of
// their text.
const maxKept = value.MaxBytes

// kept are decoded values, which never change: the items of a loop are often parts
// of one.
type kept struct {
	mu     sync.Mutex
	values map[keptKey]any
	bytes  int
}

type keptKey struct{ account, execution, id string }

func (h *Host) fetch(ctx context.Context, account, execution string) value.Fetch {
	return func(ids []string) (map[string]any, error) {
		found := map[string]any{}
		wanted := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			v, ok := h.kept.get(keptKey{account, execution, id})
			if ok {
				found[id] = v
			}
			return ok
		})
		if len(wanted) == 0 {
			return found, nil
		}
		stored, err := h.Records.Values(ctx, account, execution, wanted)
		if err != nil {
			return nil, err
		}
		for id, text := range stored {
			if found[id], err = value.Decode(text); err != nil {
				return nil, err
			}
			h.kept.put(keptKey{account, execution, id}, found[id], len(text))
		}
		return found, nil
	}
}

func (k *kept) get(key keptKey) (any, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[key]
	return v, ok
}

func (k *kept) put(key keptKey, v any, size int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.values == nil || k.bytes+size > maxKept {
		k.values, k.bytes = map[keptKey]any{}, 0
	}
	if _, ok := k.values[key]; !ok {
		k.values[key] = v
		k.bytes += size
	}
}

// keepInput gives the fields as the record has them: large ones are stored beside it.
func (a *attempt) keepInput(ctx context.Context) (json.RawMessage, error) {
	var plan *value.Plan
	switch {
	case plan.Fits(a.input):
		return a.input, nil
	case len(a.input) > value.MaxBytes:
		return nil, fault.New(fault.InvalidInput, "The fields have %s together; at most %s are allowed.", megabytes(len(a.input)), megabytes(value.MaxBytes)).
			WithHint("Give the service less at once.")
	}
	return a.keep(ctx, plan, a.input)
}

// bounded is carried for an output that has so many bytes of data, files aside.
func (a *attempt) bounded(ctx context.Context, text json.RawMessage, data int) (json.RawMessage, error) {
	if data > value.MaxDataBytes {
		return nil, tooLarge(data, value.MaxDataBytes)
	}
	return a.carried(ctx, text)
}

// fileBytes is how much of an output is the bytes of files.
func fileBytes(fields schema.Fields, output map[string]any) int {
	n := 0
	for _, f := range fields {
		if file, ok := output[f.Name].(string); ok && f.EncodedBy != "" && output[f.EncodedBy] == "base64" {
			n += len(file)
		}
	}
	return n
}

func tooLarge(got, limit int) *fault.Error {
	return fault.New(fault.OutputTooLarge, "The output has %s; a step can hand on at most %s.", megabytes(got), megabytes(limit)).
		WithHint("The call was made. Ask the service for less, for example by a filter or a limit.")
}

// carried gives the output as the state machine carries it.
func (a *attempt) carried(ctx context.Context, text json.RawMessage) (json.RawMessage, error) {
	plan := a.task.Output
	if plan.Fits(text) {
		return text, nil
	}
	if len(text) > value.MaxBytes {
		return nil, tooLarge(len(text), value.MaxBytes)
	}
	return a.keep(ctx, plan, text)
}

// keep stores a value and gives its stand-in.
func (a *attempt) keep(ctx context.Context, plan *value.Plan, text json.RawMessage) (json.RawMessage, error) {
	short, err := plan.Cut(text)
	if large, ok := errors.AsType[*value.TooLargeError](err); ok {
		return nil, readsTooMuch(a.task.Node, large)
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "The value could not be stored.").Because(err)
	}
	if err := a.Records.PutValue(ctx, a.key.Account, a.key.Execution, value.ID(text), text); err != nil {
		return nil, fmt.Errorf("storing a large value: %w", err)
	}
	return short, nil
}

// readsTooMuch explains that logic nodes look at more than a state can carry.
func readsTooMuch(node string, large *value.TooLargeError) *fault.Error {
	path := "steps." + node + strings.ReplaceAll(large.Pointer, "/", ".")
	return fault.New(fault.OutputTooLarge,
		"Nodes that call no service read {{%s}} or parts of it, which take %d KiB; they can read at most %d KiB of one output.",
		path, (large.Total+1023)>>10, value.MaxRoom>>10).
		WithHint("The call was made. In conditions, switches, loops and set nodes, name a smaller part of the output, or ask the service for less; actions can be given all of it.")
}

func megabytes(n int) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// whole gives an output that may be a stand-in in full.
func (a *attempt) whole(ctx context.Context, output json.RawMessage) (json.RawMessage, error) {
	if !value.Mentions(output) {
		return output, nil
	}
	v, err := value.Decode(output)
	if err != nil {
		return nil, fault.New(fault.Internal, "The output could not be read.").Because(err)
	}
	id, ok := value.StandsFor(v)
	if !ok {
		return output, nil
	}
	found, err := a.Records.Values(ctx, a.key.Account, a.key.Execution, []string{id})
	if err != nil {
		return nil, fmt.Errorf("reading a large output: %w", err)
	}
	if text, ok := found[id]; ok {
		return text, nil
	}
	return output, nil // the service's own data looks like that
}

// recorded gives the output that a record has as the state machine carries it: the
// record may come from an execution of another version, which read other parts.
func (a *attempt) recorded(ctx context.Context, output json.RawMessage) (json.RawMessage, error) {
	text, err := a.whole(ctx, output)
	if err != nil {
		return nil, err
	}
	return a.carried(ctx, text)
}
