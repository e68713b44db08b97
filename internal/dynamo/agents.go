package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// agentItem has exactly the members of an agent, as the stored forms of all things
// have, so that one converts into the other and a member that is forgotten here
// does not compile. Beside them the item has a count of changes to what hangs on
// the agent, by which deleting it sees that something came meanwhile.
type agentItem struct {
	ID          string    `dynamodbav:"id"`
	Account     string    `dynamodbav:"account"`
	Name        string    `dynamodbav:"name"`
	Description string    `dynamodbav:"description"`
	CreatedAt   time.Time `dynamodbav:"created_at"`
	UpdatedAt   time.Time `dynamodbav:"updated_at"`
}

// changes is the count of what was hung on an agent, or linked to a credential.
type changes struct {
	Changes int64 `dynamodbav:"changes"`
}

const (
	countChange   = "ADD #changes :one"
	sameAsCounted = "(#changes = :changes OR (attribute_not_exists(#changes) AND :changes = :zero))"
)

// seen are the values of sameAsCounted.
func (c changes) seen() values { return values{":changes": c.Changes, ":zero": 0} }

func noAgent(id string) *fault.Error { return fault.NotFoundf("There is no agent %s.", id) }

// CreateAgent implements agent.Repository.
func (s *Store) CreateAgent(ctx context.Context, a agent.Agent) error {
	err := s.transact(ctx, write{
		key: agentKey(a.Account, a.ID), put: agentItem(a), when: notExists, fails: otherwise(taken(a.ID)),
	})
	return doing(err, "creating agent %s", a.ID)
}

// Agent implements agent.Repository.
func (s *Store) Agent(ctx context.Context, account, id string) (agent.Agent, error) {
	a, _, err := s.agent(ctx, account, id)
	return a, doing(err, "reading agent %s", id)
}

func (s *Store) agent(ctx context.Context, account, id string) (a agent.Agent, c changes, err error) {
	i, err := s.get(ctx, agentKey(account, id), "", nil)
	if err != nil {
		return a, c, err
	}
	if i == nil {
		return a, c, noAgent(id)
	}
	var v agentItem
	if err := unmarshal(i, &v); err != nil {
		return a, c, err
	}
	return agent.Agent(v), c, unmarshal(i, &c)
}

// hasAgent is NotFound if there is no such agent.
func (s *Store) hasAgent(ctx context.Context, account, id string) error {
	i, err := s.get(ctx, agentKey(account, id), "#"+partitionAttribute, nil)
	if err == nil && i == nil {
		err = noAgent(id)
	}
	return err
}

// Agents implements agent.Repository.
func (s *Store) Agents(ctx context.Context, account string, q page.Query) (page.Of[agent.Agent], error) {
	l := listing{name: "agents", partition: agentKey(account, "").partition}
	p, err := pageOf(ctx, s, l, q, func(_ context.Context, items []item) ([]*agent.Agent, error) {
		var agents []*agent.Agent
		for _, i := range items {
			var v agentItem
			if err := unmarshal(i, &v); err != nil {
				return nil, err
			}
			agents = append(agents, (*agent.Agent)(&v))
		}
		return agents, nil
	})
	return p, doing(err, "listing agents")
}

// UpdateAgent implements agent.Repository.
func (s *Store) UpdateAgent(ctx context.Context, a agent.Agent) error {
	err := s.transact(ctx, write{
		key: agentKey(a.Account, a.ID), update: "SET #name = :name, #description = :description, #updated_at = :at",
		values: values{":name": a.Name, ":description": a.Description, ":at": a.UpdatedAt},
		when:   exists, fails: otherwise(noAgent(a.ID)),
	})
	return doing(err, "updating agent %s", a.ID)
}

// linksAtOnce is how many links, of two items each, a transaction removes beside
// the thing itself.
const linksAtOnce = (maxWrites - 2) / 2

// DeleteAgent implements agent.Repository. An agent with more than 49 links loses
// those above one after the other, before it goes with the rest at once.
func (s *Store) DeleteAgent(ctx context.Context, account, id string) error {
	err := again(ctx, func() error {
		_, seen, err := s.agent(ctx, account, id)
		if err != nil {
			return err
		}
		if err := s.hasNoWorkflows(ctx, account, id); err != nil {
			return err
		}
		links, err := s.links(ctx, account, id)
		if err != nil {
			return err
		}
		for ; len(links) > linksAtOnce; links = links[1:] {
			if err := s.transactAll(ctx, links[0].removal(account)); err != nil {
				return err
			}
		}
		writes := []write{{
			key: agentKey(account, id), remove: true, when: exists + " AND " + sameAsCounted, values: seen.seen(),
			fails: ifMissing(noAgent(id), errMoved),
		}}
		for _, l := range links {
			writes = append(writes, l.removal(account)...)
		}
		return s.transact(ctx, writes...)
	})
	return doing(err, "deleting agent %s", id)
}

// namedWorkflows is how many workflows the message names that are in the way.
const namedWorkflows = 3

func (s *Store) hasNoWorkflows(ctx context.Context, account, id string) error {
	marks, err := s.keysOf(ctx, agentWorkflowKey(account, id, "").partition)
	if err != nil || len(marks) == 0 {
		return err
	}
	l := listing{partition: agentWorkflowKey(account, id, "").partition}
	items, _, err := s.read(ctx, l, "", namedWorkflows)
	if err != nil {
		return err
	}
	workflows, err := s.drafts(ctx, items)
	if err != nil {
		return err
	}
	var names []string
	for _, w := range workflows {
		if w != nil {
			names = append(names, fmt.Sprintf("%q (%s)", w.Name, w.ID))
		}
	}
	if more := len(marks) - namedWorkflows; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return fault.New(fault.Conflict, "The agent still has workflows: %s.", strings.Join(names, ", ")).
		WithHint("Delete its workflows first.")
}
