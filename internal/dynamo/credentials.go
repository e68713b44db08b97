package dynamo

import (
	"context"
	"maps"
	"slices"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/vault"
)

type credentialItem struct {
	ID         string    `dynamodbav:"id"`
	Account    string    `dynamodbav:"account"`
	Type       string    `dynamodbav:"type"`
	Name       string    `dynamodbav:"name"`
	Hint       string    `dynamodbav:"hint"`
	CreatedAt  time.Time `dynamodbav:"created_at"`
	UpdatedAt  time.Time `dynamodbav:"updated_at"`
	VerifiedAt time.Time `dynamodbav:"verified_at"`
	// Condition is in the secret's item, where the connectors may write.
	Condition credential.Condition `dynamodbav:"-"`
	Unchecked bool                 `dynamodbav:"unchecked,omitempty"`
	Revision  int64                `dynamodbav:"revision"`
}

// listedCredential is in the list of all accounts' credentials.
type listedCredential struct {
	credentialItem
	indexed
}

// listedAs is where a credential is in that list.
func listedAs(c credentialItem) indexed {
	return indexed{List: allCredentials(shardOf(c.ID)), Started: startedSort(c.CreatedAt, c.Account, c.ID)}
}

// CredentialAccounts names every account that has credentials, for what looks after
// them on a schedule. The index lags behind the table by a moment.
func (s *Store) CredentialAccounts(ctx context.Context) ([]string, error) {
	one := map[string]key{} // a credential of each account, by partition
	for shard := range runningShards {
		err := s.all(ctx, listing{index: listIndex, partition: allCredentials(shard)}, func(i item) error {
			k := key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}
			one[k.partition] = k
			return nil
		})
		if err != nil {
			return nil, doing(err, "listing credentials")
		}
	}
	items, err := s.getAll(ctx, slices.Collect(maps.Values(one)))
	if err != nil {
		return nil, doing(err, "listing credentials")
	}
	var accounts []string
	for _, i := range items {
		var v credentialItem
		if err := unmarshal(i, &v); err != nil {
			return nil, doing(err, "listing credentials")
		}
		accounts = append(accounts, v.Account)
	}
	slices.Sort(accounts)
	return accounts, nil
}

// sealedItem is what a connector may read: the sealed data.
type sealedItem struct {
	Format     int    `dynamodbav:"format"`
	WrappedKey []byte `dynamodbav:"wrapped_key"`
	Nonce      []byte `dynamodbav:"nonce"`
	Ciphertext []byte `dynamodbav:"ciphertext"`
	KeyID      string `dynamodbav:"key_id,omitempty"`
}

// secretItem is the whole: with the agents that the credential is linked to, and
// since when. A map, and no set, so that one agent can be asked for.
type secretItem struct {
	sealedItem
	Condition credential.Condition   `dynamodbav:"condition"`
	Links     map[string]linkedAgent `dynamodbav:"links"`
}

type linkedAgent struct {
	Agent string    `dynamodbav:"agent"`
	At    time.Time `dynamodbav:"at"`
}

func noCredential(id string) *fault.Error { return fault.NotFoundf("There is no credential %s.", id) }

// CreateCredential implements credential.Repository.
func (s *Store) CreateCredential(ctx context.Context, c credential.Credential, sealed vault.Sealed) error {
	err := s.transact(ctx,
		write{key: credentialKey(c.Account, c.ID), put: listedCredential{credentialItem(c), listedAs(credentialItem(c))}, when: notExists, fails: otherwise(taken(c.ID))},
		write{
			key:  secretKey(c.Account, c.Type, c.ID),
			put:  secretItem{sealedItem: sealedItem(sealed), Condition: c.Condition, Links: map[string]linkedAgent{}},
			when: notExists, fails: otherwise(taken(c.ID)),
		})
	return doing(err, "creating credential %s", c.ID)
}

// Credential implements credential.Repository.
func (s *Store) Credential(ctx context.Context, account, id string) (credential.Credential, error) {
	c, err := s.credential(ctx, account, id)
	if err == nil {
		err = s.readConditions(ctx, &c)
	}
	return c, doing(err, "reading credential %s", id)
}

func (s *Store) credential(ctx context.Context, account, id string) (credential.Credential, error) {
	i, err := s.get(ctx, credentialKey(account, id), "", nil)
	if err != nil {
		return credential.Credential{}, err
	}
	if i == nil {
		return credential.Credential{}, noCredential(id)
	}
	var v credentialItem
	err = unmarshal(i, &v)
	return credential.Credential(v), err
}

// Credentials implements credential.Repository. A filter is applied to the account's
// credentials one by one: they are as many as people enter by hand.
func (s *Store) Credentials(ctx context.Context, account string, f credential.Filter, q page.Query) (page.Of[credential.Credential], error) {
	l := listing{name: "credentials", partition: credentialKey(account, "").partition, filtered: f.Type != ""}
	p, err := pageOf(ctx, s, l, q, func(ctx context.Context, items []item) ([]*credential.Credential, error) {
		found := make([]*credential.Credential, len(items))
		var all []*credential.Credential
		for n, i := range items {
			var v credentialItem
			if err := unmarshal(i, &v); err != nil {
				return nil, err
			}
			if f.Type == "" || v.Type == f.Type {
				found[n] = (*credential.Credential)(&v)
				all = append(all, found[n])
			}
		}
		return found, s.readConditions(ctx, all...)
	})
	return p, doing(err, "listing credentials")
}

// UpdateCredential implements credential.Repository. The type stays: the sealed data
// are bound to it.
func (s *Store) UpdateCredential(ctx context.Context, c credential.Credential, sealed *vault.Sealed) error {
	err := s.updateCredential(ctx, c, sealed)
	return doing(err, "updating credential %s", c.ID)
}

func (s *Store) updateCredential(ctx context.Context, c credential.Credential, sealed *vault.Sealed) error {
	stale := fault.New(fault.Conflict, "The credential %s was changed by somebody else.", c.ID).
		WithHint("Read it again and repeat the change.")
	writes := []write{{
		key: credentialKey(c.Account, c.ID),
		update: "SET #name = :name, #hint = :hint, #updated_at = :updated_at, #verified_at = :verified_at, " +
			"#unchecked = :unchecked, #revision = :next",
		values: values{
			":name": c.Name, ":hint": c.Hint, ":updated_at": c.UpdatedAt, ":verified_at": c.VerifiedAt, ":unchecked": c.Unchecked,
			":revision": c.Revision, ":next": c.Revision + 1,
		},
		when: exists + " AND #revision = :revision", fails: ifMissing(noCredential(c.ID), stale),
	}}
	if sealed != nil {
		stored, err := s.credential(ctx, c.Account, c.ID) // for its type
		if err != nil {
			return err
		}
		writes = append(writes, write{
			key: secretKey(c.Account, stored.Type, c.ID), update: replaceSealed, values: sealedValues(*sealed, c.Condition),
			when: exists, fails: otherwise(noCredential(c.ID)),
		})
	}
	return s.transact(ctx, writes...)
}

// DeleteCredential implements credential.Repository. With more than 98 links, those
// above go one after the other, before it goes with the rest at once.
func (s *Store) DeleteCredential(ctx context.Context, account, id string) error {
	err := again(ctx, func() error {
		c, err := s.credential(ctx, account, id)
		if err != nil {
			return err
		}
		if err := s.AuditRenewals(ctx, vault.Place{Account: account, Credential: id, CredentialType: c.Type}); err != nil {
			return err
		}
		secret, seen, err := s.secret(ctx, c)
		if err != nil {
			return err
		}
		room := maxWrites - 2
		for name, l := range secret.Links {
			if len(secret.Links) <= room {
				break
			}
			if err := s.transactAll(ctx, link{Agent: l.Agent, Credential: id, Type: c.Type}.removal(account)); err != nil {
				return err
			}
			delete(secret.Links, name)
		}
		writes := []write{
			{key: credentialKey(account, id), remove: true, when: exists, fails: otherwise(noCredential(id))},
			{
				key: secretKey(account, c.Type, id), remove: true, when: exists + " AND " + sameAsCounted + " AND attribute_not_exists(#renewals)",
				values: seen.seen(), fails: moved,
			},
		}
		for l := range maps.Values(secret.Links) {
			writes = append(writes, write{key: linkKey(account, l.Agent, id), remove: true})
		}
		return s.transact(ctx, writes...)
	})
	return doing(err, "deleting credential %s", id)
}

// secret reads the whole of a credential's secret item.
func (s *Store) secret(ctx context.Context, c credential.Credential) (v secretItem, seen changes, err error) {
	i, err := s.get(ctx, secretKey(c.Account, c.Type, c.ID), "#links, #changes", nil)
	if err != nil {
		return v, seen, err
	}
	if i == nil {
		return v, seen, errMoved // deleted since c was read
	}
	if err := unmarshal(i, &v); err != nil {
		return v, seen, err
	}
	return v, seen, unmarshal(i, &seen)
}

// Sealed implements credential.Secrets, in one GetItem: link and secret are of the
// same moment.
func (s *Store) Sealed(ctx context.Context, account, credentialType, id, agent string) (vault.Sealed, bool, error) {
	sealed, linked, err := s.sealed(ctx, account, credentialType, id, agent)
	return sealed, linked, doing(err, "reading the sealed data of credential %s", id)
}

func (s *Store) sealed(ctx context.Context, account, credentialType, id, agent string) (sealed vault.Sealed, linked bool, err error) {
	projection := "#format, #wrapped_key, #nonce, #ciphertext, #key_id"
	if agent != "" {
		projection += ", #links.#agent"
	}
	i, err := s.get(ctx, secretKey(account, credentialType, id), projection, map[string]string{"#agent": escape(agent)})
	if err != nil {
		return sealed, false, err
	}
	if i == nil {
		return sealed, false, fault.NotFoundf("There is no credential %s of type %s.", id, credentialType)
	}
	var v secretItem
	if err := unmarshal(i, &v); err != nil {
		return sealed, false, err
	}
	return vault.Sealed(v.sealedItem), len(v.Links) > 0, nil
}
