package workflow

import (
	"context"
	"encoding/json"
	"fmt"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// callees tells of the workflows that a document's nodes run, each read once and
// when it is asked for. What went wrong is left in failed.
func (s *Service) callees(ctx context.Context, p account.Principal, failed *error) func(id string) (Callee, bool) {
	known := map[string]*Callee{}
	return func(id string) (Callee, bool) {
		c, ok := known[id]
		if !ok {
			found, err := s.callee(ctx, p, id)
			switch {
			case err == nil:
				c = &found
			case !fault.Is(err, fault.NotFound):
				*failed = err
			}
			known[id] = c
		}
		if c == nil {
			return Callee{}, false
		}
		return *c, true
	}
}

func (s *Service) callee(ctx context.Context, p account.Principal, id string) (Callee, error) {
	w, err := s.Repository.Workflow(ctx, p.Account, id)
	if err != nil {
		return Callee{}, err
	}
	if p.Agent != "" && w.Agent != p.Agent {
		return Callee{}, fault.NotFoundf("There is no workflow %s.", id)
	}
	c := Callee{Name: w.Name, Agent: w.Agent, Published: w.Published > 0}
	if !c.Published {
		return c, nil
	}
	v, err := s.Repository.Version(ctx, p.Account, id, w.Published)
	if err != nil {
		return Callee{}, err
	}
	doc, err := Parse(v.Document)
	if err != nil {
		return Callee{}, err
	}
	if doc.Trigger != nil {
		c.Trigger = doc.Trigger.Type
		c.Input, _ = doc.Trigger.Config["input_schema"].(map[string]any)
	}
	c.Runs = doc.Runs()
	var definition struct{ TimeoutSeconds int64 }
	if err := json.Unmarshal(v.Definition, &definition); err != nil {
		return Callee{}, fmt.Errorf("reading the definition of version %d of %s: %w", v.Number, id, err)
	}
	c.TimeoutSeconds = definition.TimeoutSeconds
	return c, nil
}
