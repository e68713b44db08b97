package bolt

import (
	"context"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"switchboard/internal/agent"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func noAgent(id string) *fault.Error { return fault.NotFoundf("There is no agent %s.", id) }

// CreateAgent implements agent.Repository.
func (s *Store) CreateAgent(ctx context.Context, a agent.Agent) error {
	err := s.do(ctx, len(a.Description), func(c *change) error {
		key := under(a.ID, a.Account)
		if c.has(agentBucket, key) {
			return taken(a.ID)
		}
		c.store(agentBucket, key, agentValue(a))
		return nil
	})
	return doing(err, "creating agent %s", a.ID)
}

// Agent implements agent.Repository.
func (s *Store) Agent(ctx context.Context, account, id string) (a agent.Agent, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		a, err = agentIn(tx, account, id)
		return err
	})
	return a, doing(err, "reading agent %s", id)
}

func agentIn(tx *bbolt.Tx, account, id string) (agent.Agent, error) {
	value := agentBucket.of(tx).Get(under(id, account))
	if value == nil {
		return agent.Agent{}, noAgent(id)
	}
	return unpackAgent(account, id, value)
}

// Agents implements agent.Repository.
func (s *Store) Agents(ctx context.Context, account string, q page.Query) (p page.Of[agent.Agent], err error) {
	l := listing{name: "agents", in: agentBucket, below: prefix(account)}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(id, value []byte) (agent.Agent, bool, error) {
			a, err := unpackAgent(account, string(id), value)
			return a, true, err
		})
		return err
	})
	return p, doing(err, "listing agents")
}

// UpdateAgent implements agent.Repository.
func (s *Store) UpdateAgent(ctx context.Context, a agent.Agent) error {
	err := s.do(ctx, len(a.Description), func(c *change) error {
		stored, err := agentIn(c.tx, a.Account, a.ID)
		if err != nil {
			return err
		}
		stored.Name, stored.Description, stored.UpdatedAt = a.Name, a.Description, a.UpdatedAt
		c.store(agentBucket, under(a.ID, a.Account), agentValue(stored))
		return nil
	})
	return doing(err, "updating agent %s", a.ID)
}

// DeleteAgent implements agent.Repository.
func (s *Store) DeleteAgent(ctx context.Context, account, id string) error {
	err := s.do(ctx, 0, func(c *change) error {
		key := under(id, account)
		if !c.has(agentBucket, key) {
			return noAgent(id)
		}
		if ids := idsBelow(c.tx, agentWorkflowBucket, prefix(account, id)); len(ids) > 0 {
			return hasWorkflows(c.tx, account, ids)
		}
		c.remove(agentBucket, key)
		for _, cred := range idsBelow(c.tx, linkBucket, prefix(account, id)) {
			c.unlink(account, id, cred)
		}
		return nil
	})
	return doing(err, "deleting agent %s", id)
}

// namedWorkflows is how many workflows the message names that are in the way.
const namedWorkflows = 3

func hasWorkflows(tx *bbolt.Tx, account string, ids []string) error {
	names := make([]string, 0, namedWorkflows+1)
	for _, id := range ids {
		if len(names) == namedWorkflows {
			names = append(names, fmt.Sprintf("and %d more", len(ids)-namedWorkflows))
			break
		}
		w, err := workflowIn(tx, account, id)
		if err != nil {
			return err
		}
		names = append(names, fmt.Sprintf("%q (%s)", w.Name, id))
	}
	return fault.New(fault.Conflict, "The agent still has workflows: %s.", strings.Join(names, ", ")).
		WithHint("Delete its workflows first.")
}

func taken(id string) *fault.Error { return fault.New(fault.Conflict, "The id %s is taken.", id) }

// doing says what was being done when err arose.
func doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, fault.Of(err))...)
}
