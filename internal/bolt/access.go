package bolt

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/account"
	"switchboard/internal/apikey"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/page"
)

func noKey(id string) *fault.Error { return fault.NotFoundf("There is no API key %s.", id) }

func noMember(id string) *fault.Error { return fault.NotFoundf("There is no member %s.", id) }

// CreateAPIKey implements apikey.Repository.
func (s *Store) CreateAPIKey(ctx context.Context, k apikey.Key) error {
	err := s.do(ctx, 0, func(c *change) error {
		key := under(k.ID, k.Account)
		if c.has(keyBucket, key) || c.has(keyHashBucket, []byte(k.Hash)) {
			return taken(k.ID)
		}
		c.store(keyBucket, key, keyValue(k))
		c.put(keyHashBucket, []byte(k.Hash), key)
		return nil
	})
	return doing(err, "creating API key %s", k.ID)
}

// APIKey implements apikey.Repository.
func (s *Store) APIKey(ctx context.Context, account, id string) (k apikey.Key, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		k, err = keyIn(tx, account, id)
		return err
	})
	return k, doing(err, "reading API key %s", id)
}

func keyIn(tx *bbolt.Tx, account, id string) (apikey.Key, error) {
	value := keyBucket.of(tx).Get(under(id, account))
	if value == nil {
		return apikey.Key{}, noKey(id)
	}
	v := keyValue{ID: id, Account: account}
	err := unpack(value, &v)
	return apikey.Key(v), err
}

// APIKeys implements apikey.Repository.
func (s *Store) APIKeys(ctx context.Context, account string, q page.Query) (p page.Of[apikey.Key], err error) {
	if err := s.settle(ctx); err != nil {
		return p, doing(err, "listing API keys")
	}
	l := listing{name: "api_keys", in: keyBucket, below: prefix(account)}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(id, _ []byte) (apikey.Key, bool, error) {
			k, err := keyIn(tx, account, string(id))
			return k, true, err
		})
		return err
	})
	return p, doing(err, "listing API keys")
}

// APIKeyByHash implements apikey.Repository.
func (s *Store) APIKeyByHash(ctx context.Context, hash string) (k apikey.Key, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		key := keyHashBucket.of(tx).Get([]byte(hash))
		if key == nil {
			return fault.NotFoundf("There is no such API key.")
		}
		account, id, err := cut(key)
		if err != nil {
			return err
		}
		k, err = keyIn(tx, account, string(id))
		return err
	})
	return k, doing(err, "finding an API key")
}

// UseAPIKey implements apikey.Repository. Nobody waits for it.
func (s *Store) UseAPIKey(ctx context.Context, k apikey.Key, at time.Time) error {
	err := s.queue.add(ctx, &write{apply: func(c *change) error {
		stored, err := keyIn(c.tx, k.Account, k.ID)
		if fault.Is(err, fault.NotFound) || err == nil && !at.After(stored.LastUsedAt) {
			return nil
		}
		stored.LastUsedAt = at
		c.store(keyBucket, under(k.ID, k.Account), keyValue(stored))
		return err
	}})
	return doing(err, "noting the use of API key %s", k.ID)
}

// DeleteAPIKey implements apikey.Repository.
func (s *Store) DeleteAPIKey(ctx context.Context, account, id string) error {
	err := s.do(ctx, 0, func(c *change) error {
		stored, err := keyIn(c.tx, account, id)
		if err != nil {
			return err
		}
		c.remove(keyBucket, under(id, account))
		c.remove(keyHashBucket, []byte(stored.Hash))
		return nil
	})
	return doing(err, "deleting API key %s", id)
}

// memberNames are the keys by which a member is found.
func memberNames(m member.Member) (names [][]byte) {
	if m.Subject != "" {
		names = append(names, under(m.Subject, m.Account, "subject"))
	}
	if m.Email != "" {
		names = append(names, under(m.Email, m.Account, "email"))
	}
	return names
}

// CreateMember implements member.Repository.
func (s *Store) CreateMember(ctx context.Context, m member.Member) error {
	err := s.do(ctx, 0, func(c *change) error {
		if c.has(memberBucket, under(m.ID, m.Account)) {
			return taken(m.ID)
		}
		for _, name := range memberNames(m) {
			if c.has(memberNameBucket, name) {
				return fault.New(fault.Conflict, "The account has a member with this subject or e-mail address already.")
			}
			c.put(memberNameBucket, name, []byte(m.ID))
		}
		c.store(memberBucket, under(m.ID, m.Account), memberValue(m))
		return nil
	})
	return doing(err, "adding member %s", m.ID)
}

func memberIn(tx *bbolt.Tx, account, id string) (member.Member, error) {
	value := memberBucket.of(tx).Get(under(id, account))
	if value == nil {
		return member.Member{}, noMember(id)
	}
	v := memberValue{ID: id, Account: account}
	err := unpack(value, &v)
	return member.Member(v), err
}

// Member implements member.Repository.
func (s *Store) Member(ctx context.Context, account, id string) (m member.Member, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		m, err = memberIn(tx, account, id)
		return err
	})
	return m, doing(err, "reading member %s", id)
}

// MemberBy implements member.Repository.
func (s *Store) MemberBy(ctx context.Context, account, subject, email string) (m member.Member, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		for _, name := range memberNames(member.Member{Account: account, Subject: subject, Email: email}) {
			if id := memberNameBucket.of(tx).Get(name); id != nil {
				m, err = memberIn(tx, account, string(id))
				return err
			}
		}
		return fault.NotFoundf("There is no such member.")
	})
	return m, doing(err, "finding a member")
}

// Members implements member.Repository.
func (s *Store) Members(ctx context.Context, account string, q page.Query) (p page.Of[member.Member], err error) {
	l := listing{name: "members", in: memberBucket, below: prefix(account)}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(id, _ []byte) (member.Member, bool, error) {
			m, err := memberIn(tx, account, string(id))
			return m, true, err
		})
		return err
	})
	return p, doing(err, "listing members")
}

// SetRole implements member.Repository.
func (s *Store) SetRole(ctx context.Context, m member.Member, to account.Role) error {
	err := s.do(ctx, 0, func(c *change) error {
		stored, err := memberIn(c.tx, m.Account, m.ID)
		if err != nil {
			return err
		}
		if stored.Role != m.Role {
			return fault.New(fault.Conflict, "The member was changed by somebody else.").WithHint("Read it again and repeat the change.")
		}
		if err := leavesOwner(c.tx, stored, to); err != nil {
			return err
		}
		stored.Role = to
		c.store(memberBucket, under(m.ID, m.Account), memberValue(stored))
		return nil
	})
	return doing(err, "changing member %s", m.ID)
}

// leavesOwner refuses a change that leaves the account without a member who owns it.
func leavesOwner(tx *bbolt.Tx, m member.Member, to account.Role) error {
	if m.Role != account.Owner || to == account.Owner {
		return nil
	}
	others := 0
	err := each(tx, memberBucket, prefix(m.Account), func(id, value []byte) error {
		var v memberValue
		err := unpack(value, &v)
		if string(id) != m.ID && v.Role == account.Owner {
			others++
		}
		return err
	})
	if err == nil && others == 0 {
		return member.LastOwner()
	}
	return err
}

// DeleteMember implements member.Repository.
func (s *Store) DeleteMember(ctx context.Context, account, id string) error {
	err := s.do(ctx, 0, func(c *change) error {
		stored, err := memberIn(c.tx, account, id)
		if err != nil {
			return err
		}
		if err := leavesOwner(c.tx, stored, ""); err != nil {
			return err
		}
		c.remove(memberBucket, under(id, account))
		for _, name := range memberNames(stored) {
			c.remove(memberNameBucket, name)
		}
		return nil
	})
	return doing(err, "removing member %s", id)
}
