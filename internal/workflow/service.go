package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
	"switchboard/internal/quota"
)

// AgentNames gives the name of an agent; NotFound if there is none.
type AgentNames interface {
	AgentName(ctx context.Context, account, id string) (string, error)
}

// Credentials is what checking a document reads of them.
type Credentials interface {
	Credential(ctx context.Context, account, id string) (credential.Credential, error)
	LinkedCredentials(ctx context.Context, account, agent string) ([]string, error)
}

// Deployer makes a version ready to run: on AWS a state machine's version. What it
// does is undone or repaired by the next publication, so it may fail at any point.
type Deployer interface {
	// Deploy makes a version ready; a version that is ready already stays so.
	Deploy(ctx context.Context, w Workflow, v Version) error
	// Delete takes away what was made for a workflow that is gone. What runs goes on.
	Delete(ctx context.Context, w Workflow) error
}

// Triggers makes schedules and events start what serves: it is told after every
// change of that. The version is nil where none serves any more.
type Triggers interface {
	Serve(ctx context.Context, w Workflow, v *Version) error
}

// Config is what a Service is made of.
type Config struct {
	Repository  Repository
	Agents      AgentNames
	Credentials Credentials
	Compiler    Compiler
	Deployer    Deployer
	Triggers    Triggers
	Quotas      quota.Settings
	Misses      Misses
	Now         func() time.Time
}

// Service is what can be done with workflows.
type Service struct{ Config }

// NewService returns a service.
func NewService(c Config) *Service { return &Service{c} }

// Create stores a draft.
func (s *Service) Create(ctx context.Context, p account.Principal, agent string, document []byte) (Workflow, error) {
	fresh, err := id.New(id.Workflow)
	if err != nil {
		return Workflow{}, err
	}
	return s.CreateAs(ctx, p, fresh, agent, document)
}

// CreateAs stores a draft with an id that the caller has for it; Conflict if there is
// a workflow with that.
func (s *Service) CreateAs(ctx context.Context, p account.Principal, id, agent string, document []byte) (Workflow, error) {
	doc, err := Parse(document)
	if err != nil {
		return Workflow{}, err
	}
	w := Workflow{ID: id, Account: p.Account, Agent: agent, Revision: 1}
	w.set(doc, document)
	w.CreatedAt = s.Now().UTC()
	w.UpdatedAt = w.CreatedAt
	limit := s.Quotas.Of(p.Account, quota.Workflows)
	err = s.Repository.CreateWorkflow(audit.With(ctx, p, audit.CreateWorkflow, w.ID), w, limit)
	if fault.Is(err, fault.TooManyRequests) {
		return Workflow{}, tooMany(limit, limit)
	}
	if err != nil {
		return Workflow{}, fmt.Errorf("creating workflow: %w", err)
	}
	return w, nil
}

// set takes a document over.
func (w *Workflow) set(doc *Document, text []byte) {
	w.Document, w.Name, w.Trigger = slices.Clone(text), doc.Name, ""
	if doc.Trigger != nil {
		w.Trigger = doc.Trigger.Type
	}
}

// Get reads a workflow.
func (s *Service) Get(ctx context.Context, p account.Principal, id string) (Workflow, error) {
	w, err := s.Repository.Workflow(ctx, p.Account, id)
	if err != nil {
		return w, fmt.Errorf("reading workflow: %w", err)
	}
	return w, nil
}

// List reads a page of an agent's workflows.
func (s *Service) List(ctx context.Context, p account.Principal, agent string, q page.Query) (page.Of[Workflow], error) {
	var none page.Of[Workflow]
	if _, err := s.Agents.AgentName(ctx, p.Account, agent); err != nil {
		return none, fmt.Errorf("reading agent: %w", err)
	}
	workflows, err := s.Repository.Workflows(ctx, p.Account, agent, q)
	if err != nil {
		return none, fmt.Errorf("listing workflows: %w", err)
	}
	return workflows, nil
}

// Precondition says whether a draft is the one that the caller means; nil is whichever
// is stored.
type Precondition func(Workflow) bool

// Check is PreconditionFailed for a draft that is not the one that the caller means.
func (meant Precondition) Check(stored Workflow) error {
	if meant != nil && !meant(stored) {
		return stale()
	}
	return nil
}

// meant reads a workflow whose draft is to be used as the caller has seen it. What is
// then made of it is made of this very document, whatever is stored meanwhile.
func (s *Service) meant(ctx context.Context, p account.Principal, id string, meant Precondition) (Workflow, error) {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	return w, meant.Check(w)
}

// Put replaces the draft, if revision is still the stored one. A document with
// problems is stored all the same; it only cannot be published.
func (s *Service) Put(ctx context.Context, p account.Principal, id string, revision int64, document []byte) (Workflow, error) {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	doc, err := Parse(document)
	if err != nil {
		return w, err
	}
	if w.Revision != revision {
		return w, stale()
	}
	w.set(doc, document)
	w.UpdatedAt = s.Now().UTC()
	if err := s.Repository.UpdateWorkflow(audit.With(ctx, p, audit.UpdateWorkflow, id), w); err != nil {
		return w, fmt.Errorf("updating workflow: %w", err)
	}
	w.Revision++
	return w, nil
}

func stale() *fault.Error {
	return fault.New(fault.PreconditionFailed, "The workflow was changed since you read it.").
		WithHint("Read it again, bring the changes together, and put it with the new etag.")
}

// Delete removes a workflow; what is running goes on to its end.
func (s *Service) Delete(ctx context.Context, p account.Principal, id string) error {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return err
	}
	// The workflow itself goes last: what fails before that can be done again.
	if w.Published != 0 {
		if err := s.Repository.Serve(ctx, p.Account, id, 0); err != nil {
			return fmt.Errorf("changing what serves: %w", err)
		}
	}
	if err := s.Triggers.Serve(ctx, w, nil); err != nil {
		return fmt.Errorf("removing the trigger: %w", err)
	}
	if err := s.Deployer.Delete(ctx, w); err != nil {
		return fmt.Errorf("removing what was deployed: %w", err)
	}
	if err := s.Repository.DeleteWorkflow(audit.With(ctx, p, audit.DeleteWorkflow, id), p.Account, id); err != nil {
		return fmt.Errorf("deleting workflow: %w", err)
	}
	return nil
}

// CheckDraft reports everything that is wrong with the stored draft.
func (s *Service) CheckDraft(ctx context.Context, p account.Principal, id string) (Diagnostics, error) {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return s.check(ctx, p, w)
}

// CheckDocument reports everything that is wrong with a document, as if it were a
// draft of the agent. Without an agent, links are not looked at. Who is there for one
// agent checks as that one's.
func (s *Service) CheckDocument(ctx context.Context, p account.Principal, agent string, document []byte) (Diagnostics, error) {
	if agent == "" {
		agent = p.Agent
	}
	if p.Agent != "" && agent != p.Agent {
		return nil, fault.NotFoundf("There is no agent %s.", agent)
	}
	return s.check(ctx, p, Workflow{Account: p.Account, Agent: agent, Document: document})
}

func (s *Service) check(ctx context.Context, p account.Principal, w Workflow) (Diagnostics, error) {
	doc, err := Parse(w.Document)
	if err != nil {
		return nil, err
	}
	subject, failed, err := s.subject(ctx, p, w, w.Latest+1)
	if err != nil {
		return nil, err
	}
	diagnostics := s.Compiler.Check(doc, subject)
	return diagnostics, failed()
}

// subject gathers what a document is checked against. Credentials and workflows are
// read when they are asked for; failed tells whether that went wrong.
func (s *Service) subject(ctx context.Context, p account.Principal, w Workflow, version int) (subject Subject, failed func() error, err error) {
	subject = Subject{Account: p.Account, AgentID: w.Agent, WorkflowID: w.ID, WorkflowName: w.Name, Version: version}
	linked := map[string]bool{}
	if w.Agent != "" {
		if subject.AgentName, err = s.Agents.AgentName(ctx, p.Account, w.Agent); err != nil {
			return subject, nil, fmt.Errorf("reading agent: %w", err)
		}
		ids, err := s.Credentials.LinkedCredentials(ctx, p.Account, w.Agent)
		if err != nil {
			return subject, nil, fmt.Errorf("reading links: %w", err)
		}
		for _, id := range ids {
			linked[id] = true
		}
	}
	known := map[string]*Credential{}
	var readErr error
	subject.Workflow = s.callees(ctx, p, &readErr)
	subject.Credential = func(id string) (Credential, bool) {
		if c, ok := known[id]; ok {
			if c == nil {
				return Credential{}, false
			}
			return *c, true
		}
		c, err := s.Credentials.Credential(ctx, p.Account, id)
		if err != nil {
			if !fault.Is(err, fault.NotFound) {
				readErr = err
			}
			known[id] = nil
			return Credential{}, false
		}
		if p.Agent != "" && !linked[id] { // who is there for one agent does not see it
			known[id] = nil
			return Credential{}, false
		}
		known[id] = &Credential{Type: c.Type, Name: c.Name, Linked: w.Agent == "" || linked[id]}
		return *known[id], true
	}
	failed = func() error {
		if readErr != nil {
			return fmt.Errorf("reading what the document names: %w", readErr)
		}
		return nil
	}
	return subject, failed, nil
}

// Versions lists what was published, newest first.
func (s *Service) Versions(ctx context.Context, p account.Principal, id string, q page.Query) (page.Of[Version], error) {
	versions, err := s.Repository.Versions(ctx, p.Account, id, q)
	if err != nil {
		return versions, fmt.Errorf("listing versions: %w", err)
	}
	return versions, nil
}

// Definition gives the Amazon States Language of a version; of the one that serves,
// or else the latest, for version 0. NotPublished if there is none.
func (s *Service) Definition(ctx context.Context, p account.Principal, id string, version int) (Version, error) {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return Version{}, err
	}
	if version == 0 {
		version = w.Published
	}
	if version == 0 {
		version = w.Latest
	}
	if version == 0 {
		return Version{}, fault.New(fault.NotPublished, "The workflow was never published, so it has no definition.").
			WithHint("Publish it first.")
	}
	v, err := s.Repository.Version(ctx, p.Account, id, version)
	if err != nil {
		return v, fmt.Errorf("reading version: %w", err)
	}
	return v, nil
}

// UsingCredential lists the workflows whose draft or serving version names a credential:
// to who is there for one agent, that one's.
func (s *Service) UsingCredential(ctx context.Context, p account.Principal, credentialID string) ([]credential.Use, error) {
	var uses []credential.Use
	q := page.Query{Limit: page.MaxLimit}
	for {
		workflows, err := s.Repository.Workflows(ctx, p.Account, p.Agent, q)
		if err != nil {
			return nil, fmt.Errorf("listing workflows: %w", err)
		}
		for _, w := range workflows.Items {
			used, err := s.uses(ctx, w, credentialID)
			if err != nil {
				return nil, err
			}
			if used {
				uses = append(uses, credential.Use{ID: w.ID, Name: w.Name})
			}
		}
		if q.Cursor = workflows.Next; q.Cursor == "" {
			return uses, nil
		}
	}
}

func (s *Service) uses(ctx context.Context, w Workflow, credentialID string) (bool, error) {
	// An id is unlike any other text, so there is no need to look where it stands.
	if strings.Contains(string(w.Document), `"`+credentialID+`"`) {
		return true, nil
	}
	if w.Published == 0 {
		return false, nil
	}
	v, err := s.Repository.Version(ctx, w.Account, w.ID, w.Published)
	if err != nil {
		return false, fmt.Errorf("reading version: %w", err)
	}
	return slices.Contains(v.Credentials, credentialID), nil
}
