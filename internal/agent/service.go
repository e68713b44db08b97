package agent

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
)

// Limits of what an agent holds, in characters.
const (
	MaxName        = 120
	MaxDescription = 2_000
)

// Service is what can be done with agents.
type Service struct {
	repo Repository
	now  func() time.Time
}

// NewService returns a service.
func NewService(repo Repository, now func() time.Time) *Service {
	return &Service{repo: repo, now: now}
}

// Create makes an agent.
func (s *Service) Create(ctx context.Context, p account.Principal, name, description string) (Agent, error) {
	fresh, err := id.New(id.Agent)
	if err != nil {
		return Agent{}, err
	}
	return s.CreateAs(ctx, p, fresh, name, description)
}

// CreateAs makes an agent with an id that the caller has for it; Conflict if there is
// one with that.
func (s *Service) CreateAs(ctx context.Context, p account.Principal, id, name, description string) (Agent, error) {
	a := Agent{ID: id, Account: p.Account, Name: strings.TrimSpace(name), Description: description}
	if err := check(a); err != nil {
		return Agent{}, err
	}
	a.CreatedAt = s.now().UTC()
	a.UpdatedAt = a.CreatedAt
	if err := s.repo.CreateAgent(audit.With(ctx, p, audit.CreateAgent, a.ID), a); err != nil {
		return Agent{}, fmt.Errorf("creating agent: %w", err)
	}
	return a, nil
}

// Get reads an agent.
func (s *Service) Get(ctx context.Context, p account.Principal, id string) (Agent, error) {
	a, err := s.repo.Agent(ctx, p.Account, id)
	if err != nil {
		return Agent{}, fmt.Errorf("reading agent: %w", err)
	}
	return a, nil
}

// List reads a page of the account's agents: of those that the caller may see.
func (s *Service) List(ctx context.Context, p account.Principal, q page.Query) (page.Of[Agent], error) {
	if p.Agent != "" {
		a, err := s.Get(ctx, p, p.Agent)
		if err != nil {
			return page.Of[Agent]{}, err
		}
		return page.Of[Agent]{Items: []Agent{a}}, nil
	}
	agents, err := s.repo.Agents(ctx, p.Account, q)
	if err != nil {
		return agents, fmt.Errorf("listing agents: %w", err)
	}
	return agents, nil
}

// Update changes what is given; nil leaves a member as it is.
func (s *Service) Update(ctx context.Context, p account.Principal, id string, name, description *string) (Agent, error) {
	a, err := s.Get(ctx, p, id)
	if err != nil {
		return Agent{}, err
	}
	before := a
	if name != nil {
		a.Name = strings.TrimSpace(*name)
	}
	if description != nil {
		a.Description = *description
	}
	if err := check(a); err != nil {
		return Agent{}, err
	}
	if a.Name == before.Name && a.Description == before.Description {
		return a, nil // nothing was changed, and nobody did it
	}
	a.UpdatedAt = s.now().UTC()
	if err := s.repo.UpdateAgent(audit.With(ctx, p, audit.UpdateAgent, a.ID), a); err != nil {
		return Agent{}, fmt.Errorf("updating agent: %w", err)
	}
	return a, nil
}

// Delete removes an agent with its links. Conflict while it has workflows.
func (s *Service) Delete(ctx context.Context, p account.Principal, id string) error {
	if err := s.repo.DeleteAgent(audit.With(ctx, p, audit.DeleteAgent, id), p.Account, id); err != nil {
		return fmt.Errorf("deleting agent: %w", err)
	}
	return nil
}

// Check says what is wrong with an agent of this name and description.
func Check(name, description string) error {
	return check(Agent{Name: strings.TrimSpace(name), Description: description})
}

func check(a Agent) error {
	f := fault.New(fault.ValidationFailed, "The agent is not valid.")
	switch n := utf8.RuneCountInString(a.Name); {
	case n == 0:
		f = f.At("/name", "An agent needs a name.")
	case n > MaxName:
		f = f.At("/name", fmt.Sprintf("A name has at most %d characters.", MaxName))
	}
	if utf8.RuneCountInString(a.Description) > MaxDescription {
		f = f.At("/description", fmt.Sprintf("A description has at most %d characters.", MaxDescription))
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// AgentName gives the name of an agent, for those who only need that.
func (s *Service) AgentName(ctx context.Context, account, id string) (string, error) {
	a, err := s.repo.Agent(ctx, account, id)
	return a.Name, err
}
