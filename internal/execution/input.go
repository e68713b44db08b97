package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// Limits of what an execution is started with, in bytes of JSON text.
const (
	// MaxInputBytes is the largest input.
	MaxInputBytes = value.MaxDataBytes
	// maxCarriedBytes is the largest that Step Functions takes as it is.
	maxCarriedBytes = 256 << 10
)

// The member of an execution's input that is the trigger's data.
const memberTrigger = "trigger"

// carried gives the input of a new execution as its state machine carries it: data of
// the trigger that is too large for a state is stored beside the execution, and a
// stand-in goes along (see package value). The plan is the version's; one from before
// there were plans has none, and takes what Step Functions takes.
func (s *Service) carried(ctx context.Context, x Execution, plan *value.Plan) (json.RawMessage, error) {
	if plan.Fits(x.Input) || plan == nil && len(x.Input) <= maxCarriedBytes {
		return x.Input, nil
	}
	if plan == nil {
		return nil, inputTooLarge(len(x.Input), maxCarriedBytes).WithHint("Publish the workflow again: its next version takes up to %d.", MaxInputBytes)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(x.Input, &members); err != nil {
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	whole := members[memberTrigger]
	short, err := plan.Cut(whole)
	if large, ok := errors.AsType[*value.TooLargeError](err); ok {
		if len(x.Input) <= maxCarriedBytes {
			return x.Input, nil
		}
		return nil, inputReadsTooMuch(large)
	}
	if err != nil {
		return nil, fmt.Errorf("cutting the input: %w", err)
	}
	members[memberTrigger] = short
	input, err := encode(members)
	if err != nil {
		return nil, fmt.Errorf("encoding the input: %w", err)
	}
	if len(input) > maxCarriedBytes { // the names of all that a replay passes by
		return nil, inputTooLarge(len(input), maxCarriedBytes)
	}
	// It comes first: once the execution is stored, it may run.
	if err := s.Records.PutValue(ctx, x.Account, x.ID, value.ID(whole), whole); err != nil {
		return nil, fmt.Errorf("storing a large input: %w", err)
	}
	return input, nil
}

func inputTooLarge(got, limit int) *fault.Error {
	return fault.New(fault.PayloadTooLarge, "The input has %d bytes; at most %d are allowed.", got, limit).
		WithHint("Store large data elsewhere and send a reference to it.")
}

// inputReadsTooMuch explains that logic nodes look at more than a state can carry.
func inputReadsTooMuch(large *value.TooLargeError) *fault.Error {
	return fault.New(fault.PayloadTooLarge,
		"Nodes that call no service read {{trigger%s}} or parts of it, which take %d KiB; they can read at most %d KiB of what the workflow is started with.",
		strings.ReplaceAll(large.Pointer, "/", "."), (large.Total+1023)>>10, value.MaxRoom>>10).
		WithHint("Have them read smaller parts, or send less.")
}

// whole gives the execution's input with the trigger's data in place of its stand-in.
// Conflict if that is no longer there.
func (s *Service) whole(ctx context.Context, x Execution) (json.RawMessage, error) {
	members, id, err := standIn(x.Input)
	if err != nil || id == "" {
		return x.Input, err
	}
	found, err := s.Records.Values(ctx, x.Account, x.ID, []string{id})
	if err != nil {
		return nil, fmt.Errorf("reading a large input: %w", err)
	}
	text, ok := found[id]
	if !ok {
		return nil, fault.New(fault.Conflict, "What the execution was started with is no longer there.").WithHint("Start the workflow anew.")
	}
	members[memberTrigger] = text
	return encode(members)
}

// standIn reads an input, and gives the id of the value for which its trigger's data
// stands as a whole; "" where that is the data itself. Triggers make that object, with
// members of their own: nothing that somebody sends gets there.
func standIn(input json.RawMessage) (members map[string]json.RawMessage, id string, err error) {
	if !value.Mentions(input) {
		return nil, "", nil
	}
	if err := json.Unmarshal(input, &members); err != nil {
		return nil, "", fmt.Errorf("reading the input: %w", err)
	}
	trigger, err := value.Decode(members[memberTrigger])
	if err != nil {
		return nil, "", err
	}
	id, _ = value.StandsFor(trigger)
	return members, id, nil
}

// byMembers gives an input whose trigger's data is a stand-in with the stand-ins of its
// members alone: of one that is too large to be shown, the others still are.
func byMembers(input json.RawMessage) (json.RawMessage, error) {
	members, id, err := standIn(input)
	if err != nil || id == "" {
		return input, err
	}
	trigger, err := value.Decode(members[memberTrigger])
	if err != nil {
		return nil, err
	}
	parts, err := value.Encode(value.Parts(trigger))
	if err != nil {
		return nil, err
	}
	members[memberTrigger] = parts
	return encode(members)
}
