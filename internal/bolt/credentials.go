package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/vault"
)

func noCredential(id string) *fault.Error { return fault.NotFoundf("There is no credential %s.", id) }

// CreateCredential implements credential.Repository.
func (s *Store) CreateCredential(ctx context.Context, cred credential.Credential, sealed vault.Sealed) error {
	err := s.do(ctx, len(sealed.Ciphertext), func(c *change) error {
		key := under(cred.ID, cred.Account)
		if c.has(credentialBucket, key) {
			return taken(cred.ID)
		}
		c.store(credentialBucket, key, credentialValue(cred))
		c.storeSealed(key, sealedValue{Type: cred.Type, Condition: cred.Condition}, sealed)
		return nil
	})
	return doing(err, "creating credential %s", cred.ID)
}

func (c *change) storeSealed(key []byte, head sealedValue, s vault.Sealed) {
	head.Format, head.KeyID = s.Format, s.KeyID
	c.store(sealedBucket, key, head, s.WrappedKey, s.Nonce, s.Ciphertext)
}

// Credential implements credential.Repository.
func (s *Store) Credential(ctx context.Context, account, id string) (cred credential.Credential, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		cred, err = credentialIn(tx, account, id)
		return err
	})
	return cred, doing(err, "reading credential %s", id)
}

func credentialIn(tx *bbolt.Tx, account, id string) (credential.Credential, error) {
	value := credentialBucket.of(tx).Get(under(id, account))
	if value == nil {
		return credential.Credential{}, noCredential(id)
	}
	cred, err := unpackCredential(account, id, value)
	if err != nil {
		return cred, err
	}
	var head sealedValue
	err = unpack(sealedBucket.of(tx).Get(under(id, account)), &head)
	cred.Condition = head.Condition
	return cred, err
}

// Credentials implements credential.Repository. A filter is applied to the account's
// credentials one by one: they are as many as people enter by hand.
func (s *Store) Credentials(ctx context.Context, account string, f credential.Filter, q page.Query) (p page.Of[credential.Credential], err error) {
	l := listing{name: "credentials", in: credentialBucket, below: prefix(account)}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(id, value []byte) (credential.Credential, bool, error) {
			cred, err := unpackCredential(account, string(id), value)
			if err != nil || f.Type != "" && cred.Type != f.Type {
				return cred, false, err
			}
			cred, err = credentialIn(tx, account, cred.ID)
			return cred, true, err
		})
		return err
	})
	return p, doing(err, "listing credentials")
}

// UpdateCredential implements credential.Repository. The type stays: the sealed data
// are bound to it.
func (s *Store) UpdateCredential(ctx context.Context, cred credential.Credential, sealed *vault.Sealed) error {
	size := 0
	if sealed != nil {
		size = len(sealed.Ciphertext)
	}
	err := s.do(ctx, size, func(c *change) error {
		stored, err := credentialIn(c.tx, cred.Account, cred.ID)
		if err != nil {
			return err
		}
		if stored.Revision != cred.Revision {
			return fault.New(fault.Conflict, "The credential %s was changed by somebody else.", cred.ID).
				WithHint("Read it again and repeat the change.")
		}
		key := under(cred.ID, cred.Account)
		next := cred
		next.Type, next.CreatedAt, next.Revision = stored.Type, stored.CreatedAt, stored.Revision+1
		c.store(credentialBucket, key, credentialValue(next))
		if sealed != nil {
			c.storeSealed(key, sealedValue{Type: stored.Type, Condition: cred.Condition}, *sealed)
		}
		return nil
	})
	return doing(err, "updating credential %s", cred.ID)
}

// DeleteCredential implements credential.Repository.
func (s *Store) DeleteCredential(ctx context.Context, account, id string) error {
	key := under(id, account)
	err := s.do(ctx, 0, func(c *change) error {
		if !c.has(credentialBucket, key) {
			return noCredential(id)
		}
		c.remove(credentialBucket, key)
		c.remove(sealedBucket, key)
		for _, agent := range idsBelow(c.tx, linkedAgentBucket, prefix(account, id)) {
			c.unlink(account, agent, id)
		}
		return nil
	})
	return doing(err, "deleting credential %s", id)
}

// Link implements credential.Repository.
func (s *Store) Link(ctx context.Context, account, agent, cred string, at time.Time) error {
	err := s.do(ctx, 0, func(c *change) error {
		if !c.has(agentBucket, under(agent, account)) {
			return noAgent(agent)
		}
		if !c.has(credentialBucket, under(cred, account)) {
			return noCredential(cred)
		}
		key := under(cred, account, agent)
		if c.has(linkBucket, key) {
			return nil
		}
		c.put(linkBucket, key, appendTime(nil, at))
		c.mark(linkedAgentBucket, under(agent, account, cred))
		return nil
	})
	return doing(err, "linking credential %s to agent %s", cred, agent)
}

// Unlink implements credential.Repository.
func (s *Store) Unlink(ctx context.Context, account, agent, cred string) error {
	err := s.do(ctx, 0, func(c *change) error {
		if !c.has(agentBucket, under(agent, account)) {
			return noAgent(agent)
		}
		if c.has(linkBucket, under(cred, account, agent)) {
			c.unlink(account, agent, cred)
		}
		return nil
	})
	return doing(err, "unlinking credential %s from agent %s", cred, agent)
}

func (c *change) unlink(account, agent, cred string) {
	c.remove(linkBucket, under(cred, account, agent))
	c.remove(linkedAgentBucket, under(agent, account, cred))
}

// LinkedCredentials implements credential.Repository.
func (s *Store) LinkedCredentials(ctx context.Context, account, agent string) (ids []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if agentBucket.of(tx).Get(under(agent, account)) == nil {
			return noAgent(agent)
		}
		ids = idsBelow(tx, linkBucket, prefix(account, agent))
		return nil
	})
	return ids, doing(err, "listing the links of agent %s", agent)
}

// LinkedAgents implements credential.Repository.
func (s *Store) LinkedAgents(ctx context.Context, account, cred string) (ids []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if credentialBucket.of(tx).Get(under(cred, account)) == nil {
			return noCredential(cred)
		}
		ids = idsBelow(tx, linkedAgentBucket, prefix(account, cred))
		return nil
	})
	return ids, doing(err, "listing the links of credential %s", cred)
}

// Sealed implements credential.Secrets: in one transaction, so that link and secret
// are of the same moment.
func (s *Store) Sealed(ctx context.Context, account, credentialType, id, agent string) (sealed vault.Sealed, linked bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value := sealedBucket.of(tx).Get(under(id, account))
		if value == nil {
			return noCredential(id)
		}
		head, stored, err := unpackSealed(value)
		if err != nil {
			return err
		}
		if head.Type != credentialType {
			return fault.NotFoundf("There is no credential %s of type %s.", id, credentialType)
		}
		sealed = stored
		linked = agent != "" && linkBucket.of(tx).Get(under(id, account, agent)) != nil
		return nil
	})
	return sealed, linked, doing(err, "reading the sealed data of credential %s", id)
}
