package dynamo

import (
	"context"
	"strconv"
	"strings"

	"switchboard/internal/approval"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/reseal"
	"switchboard/internal/vault"
)

// Secrets implements reseal.Store. The deployment's own apps are among the credentials.
// Approvals that wait are found by the executions that wait for them; the link of one
// that was answered is not shown any more. A pending grant, which is sealed, too, is over
// within minutes. The cursor is the number of a list, and the sort key to go on behind.
func (s *Store) Secrets(ctx context.Context, kind reseal.Kind, cursor string) ([]reseal.Secret, string, error) {
	secrets, next, err := s.secrets(ctx, kind, cursor)
	return secrets, next, doing(err, "reading what is sealed")
}

func (s *Store) secrets(ctx context.Context, kind reseal.Kind, cursor string) (secrets []reseal.Secret, next string, err error) {
	number, after, _ := strings.Cut(cursor, " ")
	n, _ := strconv.Atoi(number) // "" is the first
	l, load := listing{index: listIndex, partition: allCredentials(n)}, s.secretsOf
	if kind == reseal.Links {
		l.partition, load = runningList(n), s.linksOf
	}
	entries, after, err := s.read(ctx, l, after, reseal.PortionSize)
	if err != nil {
		return nil, "", err
	}
	if after == "" {
		n++
	}
	if n < runningShards {
		next = strconv.Itoa(n) + " " + after
	}
	secrets, err = load(ctx, entries)
	return secrets, next, err
}

// secretsOf gives the secrets of credentials, which entries of the index lead to.
func (s *Store) secretsOf(ctx context.Context, entries []item) ([]reseal.Secret, error) {
	keys := make([]key, len(entries))
	for n, i := range entries {
		keys[n] = key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	var found []credentialItem
	var where []key
	for _, k := range keys {
		var v credentialItem
		if err := unmarshal(items[k], &v); err != nil {
			return nil, err
		}
		if items[k] != nil { // the index lags behind
			found, where = append(found, v), append(where, secretKey(v.Account, v.Type, v.ID))
		}
	}
	if items, err = s.getAll(ctx, where); err != nil {
		return nil, err
	}
	var secrets []reseal.Secret
	for n, k := range where {
		var v sealedItem
		if err := unmarshal(items[k], &v); err != nil {
			return nil, err
		}
		if items[k] != nil {
			at := vault.Place{Account: found[n].Account, Credential: found[n].ID, CredentialType: found[n].Type}
			secrets = append(secrets, reseal.Secret{At: at, Sealed: vault.Sealed(v)})
		}
	}
	return secrets, nil
}

// linksOf gives the tokens of the approvals that executions wait for.
func (s *Store) linksOf(ctx context.Context, entries []item) ([]reseal.Secret, error) {
	executions, err := s.executionsOf(ctx, entries, "")
	if err != nil {
		return nil, err
	}
	var secrets []reseal.Secret
	for _, x := range executions {
		if x == nil {
			continue
		}
		approvals, err := s.ApprovalsOf(ctx, x.Account, x.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range approvals {
			if a.State != approval.Waiting {
				continue
			}
			at, k := vault.Place{Account: a.Account, Credential: a.ID, CredentialType: approval.CredentialType}, a.Key()
			secrets = append(secrets, reseal.Secret{At: at, Sealed: a.Token, Approval: &k})
		}
	}
	return secrets, nil
}

// tokenNames are what a sealed token's parts are called within an approval.
var tokenNames = map[string]string{"#nonce": "Nonce", "#ciphertext": "Ciphertext"}

// Reseal implements reseal.Store. While somebody renews the grant within the data, they
// are theirs: what they get for it would not be stored over other data, and be lost.
func (s *Store) Reseal(ctx context.Context, of reseal.Secret, fresh vault.Sealed) (bool, error) {
	w := write{fails: moved}
	if of.Approval != nil {
		w.key, w.names = approvalKey(*of.Approval), tokenNames
		w.update = "SET #token = :token"
		w.when = exists + " AND #token.#nonce = :was AND #token.#ciphertext = :what"
		w.values = values{":token": fresh}
	} else {
		w.key = secretKey(of.At.Account, of.At.CredentialType, of.At.Credential)
		w.update = setSealed
		w.when = stillThose + " AND (attribute_not_exists(#claimed) OR #claimed <= :now)"
		w.values = sealedValues(fresh, credential.Condition{})
		delete(w.values, ":condition") // it stays
		w.values[":now"] = s.now().UnixNano()
	}
	w.values[":was"], w.values[":what"] = of.Sealed.Nonce, of.Sealed.Ciphertext
	err := s.transact(ctx, w)
	if err == errMoved { //nolint:errorlint // it is never wrapped
		return false, nil
	}
	return err == nil, doing(err, "sealing %s anew", of.At.Credential)
}

// ResealProgress implements reseal.Store.
func (s *Store) ResealProgress(ctx context.Context, kind reseal.Kind) (p reseal.Progress, err error) {
	i, err := s.get(ctx, resealKey(kind), "", nil)
	if err == nil {
		err = unmarshal(i, &p)
	}
	return p, doing(err, "reading how far sealing anew has come")
}

// KeepResealProgress implements reseal.Store.
func (s *Store) KeepResealProgress(ctx context.Context, kind reseal.Kind, p reseal.Progress) error {
	w := write{
		key: resealKey(kind), when: notExists + " OR #revision = :revision", values: values{":revision": p.Revision},
		fails: otherwise(fault.New(fault.Conflict, "Somebody else has gone on with sealing anew.")),
	}
	p.Revision++
	w.put = p
	return doing(s.transact(ctx, w), "keeping how far sealing anew has come")
}
