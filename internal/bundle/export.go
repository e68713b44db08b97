package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// Credentials is what is read of them, and how they are linked.
type Credentials interface {
	List(ctx context.Context, p account.Principal, f credential.Filter, q page.Query) (page.Of[credential.Credential], error)
	Linked(ctx context.Context, p account.Principal, agent string) ([]string, error)
	Link(ctx context.Context, p account.Principal, agent, credential string) error
}

// Config is what a Service is made of.
type Config struct {
	Agents      *agent.Service
	Workflows   *workflow.Service
	Credentials Credentials
	Audit       audit.Repository
	Now         func() time.Time
}

// Service exports and imports.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Export gives all of an account's agents with their workflows, or one of them. It is
// read piece by piece: what changes meanwhile may be in it or not. PayloadTooLarge
// where it would be more than Import takes.
func (s *Service) Export(ctx context.Context, p account.Principal, agentID string) (Bundle, error) {
	b := Bundle{Format: Format, Version: Version, ExportedAt: s.Now().UTC().Truncate(time.Second)}
	agents, err := s.agents(ctx, p, agentID)
	if err != nil {
		return b, err
	}
	owned, err := s.credentials(ctx, p)
	if err != nil {
		return b, err
	}
	named, size := map[string]bool{}, 0
	for _, a := range agents {
		links, err := s.Credentials.Linked(ctx, p, a.ID)
		if err != nil {
			return b, err
		}
		for _, link := range links {
			named[link] = true
		}
		b.Agents = append(b.Agents, BundledAgent{ID: a.ID, Name: a.Name, Description: a.Description, Links: links})
		err = each(func(q page.Query) (page.Of[workflow.Workflow], error) { return s.Workflows.List(ctx, p, a.ID, q) }, func(w workflow.Workflow) error {
			exported, err := s.workflow(ctx, p, w)
			if err != nil {
				return err
			}
			if size += len(exported.Document) + len(exported.Serving); size > MaxBytes {
				return fault.New(fault.PayloadTooLarge, "The workflows have more than %d bytes together.", MaxBytes).
					WithHint("Export one agent at a time, with agent_id.")
			}
			b.Workflows = append(b.Workflows, exported)
			for _, text := range []json.RawMessage{exported.Document, exported.Serving} {
				for _, m := range reference().FindAllSubmatch(text, -1) {
					named[string(m[1])] = true
				}
			}
			return nil
		})
		if err != nil {
			return b, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if c, ok := owned[id]; ok {
			b.Credentials = append(b.Credentials, Placeholder{ID: c.ID, Type: c.Type, Name: c.Name})
		}
	}
	for i := range b.Agents { // one that was unlinked and deleted meanwhile
		b.Agents[i].Links = slices.DeleteFunc(b.Agents[i].Links, func(id string) bool { _, ok := owned[id]; return !ok })
	}
	resource := agentID
	if resource == "" {
		resource = p.Account
	}
	if err := s.Audit.Note(audit.With(ctx, p, audit.Export, resource)); err != nil {
		return b, fmt.Errorf("noting the export: %w", err)
	}
	return b, nil
}

// reference is an id of a credential or a workflow in the text of a document. An id is
// unlike any other text, so there is no need to look where it stands.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"((?:cred|wf)_[0-9A-Za-z_]{1,80})"`) })

// workflow gives one as it goes into a bundle.
func (s *Service) workflow(ctx context.Context, p account.Principal, listed workflow.Workflow) (BundledWorkflow, error) {
	w, err := s.Workflows.Get(ctx, p, listed.ID)
	if err != nil {
		return BundledWorkflow{}, err
	}
	out := BundledWorkflow{ID: w.ID, Agent: w.Agent, Document: w.Document, Published: w.Published > 0}
	if !out.Published {
		return out, nil
	}
	v, err := s.Workflows.Definition(ctx, p, w.ID, w.Published)
	if err != nil {
		return BundledWorkflow{}, err
	}
	if !same(v.Document, w.Document) {
		out.Serving = v.Document
	}
	return out, nil
}

func (s *Service) agents(ctx context.Context, p account.Principal, id string) ([]agent.Agent, error) {
	if id != "" {
		a, err := s.Agents.Get(ctx, p, id)
		return []agent.Agent{a}, err
	}
	var all []agent.Agent
	err := each(func(q page.Query) (page.Of[agent.Agent], error) { return s.Agents.List(ctx, p, q) }, func(a agent.Agent) error {
		all = append(all, a)
		return nil
	})
	return all, err
}

func (s *Service) credentials(ctx context.Context, p account.Principal) (map[string]credential.Credential, error) {
	all := map[string]credential.Credential{}
	err := each(func(q page.Query) (page.Of[credential.Credential], error) {
		return s.Credentials.List(ctx, p, credential.Filter{}, q)
	}, func(c credential.Credential) error {
		all[c.ID] = c
		return nil
	})
	return all, err
}

// each goes through all pages of a list.
func each[T any](list func(page.Query) (page.Of[T], error), do func(T) error) error {
	q := page.Query{Limit: page.MaxLimit}
	for {
		items, err := list(q)
		if err != nil {
			return err
		}
		for _, item := range items.Items {
			if err := do(item); err != nil {
				return err
			}
		}
		if q.Cursor = items.Next; q.Cursor == "" {
			return nil
		}
	}
}

// same says whether two documents are the same JSON, however they are written.
func same(a, b []byte) bool { return string(a) == string(b) || canonical(a) == canonical(b) }

func canonical(text []byte) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return string(text)
	}
	out, err := json.Marshal(v) // with sorted names
	if err != nil {
		return string(text)
	}
	return string(out)
}
