package dynamo

import (
	"context"
	"slices"
	"time"
)

// link is a link as the agent's side has it. The credential's side is in the item
// of its secret.
type link struct {
	Agent      string `dynamodbav:"agent"`
	Credential string `dynamodbav:"credential"`
	Type       string `dynamodbav:"type"` // the credential's: the secret's key has it
}

// Link implements credential.Repository. Both sides count a change, so that neither
// can be deleted in between without the link.
func (s *Store) Link(ctx context.Context, account, agent, credential string, at time.Time) error {
	err := again(ctx, func() error {
		if err := s.hasAgent(ctx, account, agent); err != nil {
			return err
		}
		c, err := s.credential(ctx, account, credential)
		if err != nil {
			return err
		}
		if i, err := s.get(ctx, linkKey(account, agent, credential), "", nil); err != nil || i != nil {
			return err
		}
		one := values{":one": 1}
		return s.transact(ctx,
			write{key: agentKey(account, agent), update: countChange, values: one, when: exists, fails: moved},
			write{
				key: secretKey(account, c.Type, credential), update: "SET #links.#agent = :link " + countChange,
				values: values{":link": linkedAgent{agent, at}, ":one": 1}, names: map[string]string{"#agent": escape(agent)},
				when: exists, fails: moved,
			},
			write{key: linkKey(account, agent, credential), put: link{agent, credential, c.Type}, when: notExists, fails: moved})
	})
	return doing(err, "linking credential %s to agent %s", credential, agent)
}

// removal takes a link from both sides. It is errMoved if it is no longer there.
func (l link) removal(account string) []write {
	return []write{
		{key: linkKey(account, l.Agent, l.Credential), remove: true, when: exists, fails: moved},
		{
			key: secretKey(account, l.Type, l.Credential), update: "REMOVE #links.#agent",
			names: map[string]string{"#agent": escape(l.Agent)}, when: exists, fails: moved,
		},
	}
}

// Unlink implements credential.Repository.
func (s *Store) Unlink(ctx context.Context, account, agent, credential string) error {
	err := again(ctx, func() error {
		if err := s.hasAgent(ctx, account, agent); err != nil {
			return err
		}
		i, err := s.get(ctx, linkKey(account, agent, credential), "", nil)
		if err != nil || i == nil {
			return err
		}
		var l link
		if err := unmarshal(i, &l); err != nil {
			return err
		}
		return s.transact(ctx, l.removal(account)...)
	})
	return doing(err, "unlinking credential %s from agent %s", credential, agent)
}

// links reads all of an agent's links, sorted by credential.
func (s *Store) links(ctx context.Context, account, agent string) (links []link, err error) {
	err = s.all(ctx, listing{partition: linkKey(account, agent, "").partition}, func(i item) error {
		var l link
		err := unmarshal(i, &l)
		links = append(links, l)
		return err
	})
	return links, err
}

// LinkedCredentials implements credential.Repository.
func (s *Store) LinkedCredentials(ctx context.Context, account, agent string) ([]string, error) {
	err := s.hasAgent(ctx, account, agent)
	var links []link
	if err == nil {
		links, err = s.links(ctx, account, agent)
	}
	if err != nil {
		return nil, doing(err, "listing the links of agent %s", agent)
	}
	ids := []string{}
	for _, l := range links {
		ids = append(ids, l.Credential)
	}
	return ids, nil
}

// LinkedAgents implements credential.Repository.
func (s *Store) LinkedAgents(ctx context.Context, account, credential string) ([]string, error) {
	ids := []string{}
	err := again(ctx, func() error {
		c, err := s.credential(ctx, account, credential)
		if err != nil {
			return err
		}
		secret, _, err := s.secret(ctx, c)
		for _, l := range secret.Links {
			ids = append(ids, l.Agent)
		}
		return err
	})
	if err != nil {
		return nil, doing(err, "listing the links of credential %s", credential)
	}
	slices.Sort(ids)
	return ids, nil
}
