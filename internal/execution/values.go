package execution

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// Bounds of what is shown in place of stand-ins, in bytes of JSON text: what answers
// a request through a function has 6 MB for everything.
const (
	maxValueShown  = 1 << 20
	maxValuesShown = 4 << 20
	// maxAnswer is that of an output whose caller waits for it, and may read nothing else.
	maxAnswer = 5 << 20
	// maxValuesRead bounds the memory that showing an execution takes.
	maxValuesRead = 8 << 20
	readAtOnce    = 4
)

// Value reads a large value of an execution, or the part of it at a JSON pointer.
func (s *Service) Value(ctx context.Context, p account.Principal, id, name, pointer string) (json.RawMessage, error) {
	if _, err := s.Repository.Execution(ctx, p.Account, id); err != nil {
		return nil, fmt.Errorf("reading execution: %w", err)
	}
	if pointer != "" && pointer[0] != '/' {
		return nil, fault.New(fault.ValidationFailed, "A pointer begins with /.").At("/pointer", "must be a JSON pointer")
	}
	found, err := s.Records.Values(ctx, p.Account, id, []string{name})
	if err != nil {
		return nil, fmt.Errorf("reading value: %w", err)
	}
	text, ok := found[name]
	if !ok {
		return nil, fault.NotFoundf("The execution has no value %s.", name)
	}
	part, err := value.PartOf(text, pointer)
	if err != nil {
		return nil, fault.NotFoundf("The value has nothing at %s.", pointer).Because(err)
	}
	return part, nil
}

// fetch reads large values of an execution.
func (s *Service) fetch(ctx context.Context, account, execution string) value.Fetch {
	return func(ids []string) (map[string]any, error) {
		found, err := s.Records.Values(ctx, account, execution, ids)
		if err != nil {
			return nil, fmt.Errorf("reading values: %w", err)
		}
		decoded := make(map[string]any, len(found))
		for id, text := range found {
			if decoded[id], err = value.Decode(text); err != nil {
				return nil, err
			}
		}
		return decoded, nil
	}
}

// texts gathers what of an execution can have stand-ins in it.
func texts(x *Execution, nodes []NodeRun) []*json.RawMessage {
	all := []*json.RawMessage{&x.Input, &x.Output}
	for i := range nodes {
		all = append(all, &nodes[i].Input, &nodes[i].Output)
		for j := range nodes[i].Iterations {
			all = append(all, &nodes[i].Iterations[j].Input, &nodes[i].Iterations[j].Output)
		}
	}
	return all
}

// show puts values in place of their stand-ins, as far as they are there and there
// is room; in place of the others, where they can be read. each and all are how large
// one and all of them may be.
func (s *Service) show(ctx context.Context, x Execution, texts []*json.RawMessage, each, all int) error {
	decoded := map[*json.RawMessage]any{}
	var ids []string
	for _, text := range texts {
		if !value.Mentions(*text) {
			continue
		}
		v, err := value.Decode(*text)
		if err != nil {
			return err
		}
		decoded[text] = v
		ids = append(ids, value.IDs(v)...)
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := s.readValues(ctx, x, ids)
	if err != nil {
		return err
	}
	room := room{each, all}
	for _, text := range texts {
		v, ok := decoded[text]
		if !ok {
			continue
		}
		shown, err := value.Encode(value.Replace(v, func(id, pointer string) (any, bool) {
			return known.show(x.ID, id, pointer, &room)
		}))
		if err != nil {
			return err
		}
		*text = shown
	}
	return nil
}

// stored are values that were read, decoded, and that were found but not kept: nil.
type stored map[string]any

func (s *Service) readValues(ctx context.Context, x Execution, ids []string) (stored, error) {
	known := stored{}
	var wanted []string
	for _, id := range ids {
		if _, ok := known[id]; !ok {
			known[id] = nil
			wanted = append(wanted, id)
		}
	}
	for total := 0; len(wanted) > 0 && total < maxValuesRead; {
		n := min(len(wanted), readAtOnce)
		found, err := s.Records.Values(ctx, x.Account, x.ID, wanted[:n])
		if err != nil {
			return nil, fmt.Errorf("reading values: %w", err)
		}
		for _, id := range wanted[:n] {
			text, ok := found[id]
			if !ok {
				delete(known, id) // it is data that looks like a stand-in
				continue
			}
			total += len(text)
			if known[id], err = value.Decode(text); err != nil {
				return nil, err
			}
		}
		wanted = wanted[n:]
	}
	return known, nil
}

// elsewhere stands where a value would be that is not shown.
type elsewhere struct {
	Value string `json:"$value"`
	Bytes int    `json:"bytes,omitempty"`
	URL   string `json:"url"`
}

// room is how large values may be that are shown.
type room struct{ each, left int }

func (known stored) show(execution, id, pointer string, room *room) (any, bool) {
	v, ok := known[id]
	if !ok {
		return nil, false
	}
	note := elsewhere{Value: id, URL: "/v1/executions/" + execution + "/values/" + id}
	if pointer != "" {
		note.Value += "#" + pointer
		note.URL += "?pointer=" + url.QueryEscape(pointer)
	}
	if v == nil {
		return note, true
	}
	part, ok := value.At(v, pointer)
	if !ok {
		return nil, false
	}
	text, err := value.Encode(part)
	if err != nil {
		return nil, false
	}
	if note.Bytes = len(text); note.Bytes > min(room.each, room.left) {
		return note, true
	}
	room.left -= note.Bytes
	return text, true
}
