package dynamo

import (
	"context"
	"strconv"
	"strings"

	"switchboard/internal/awsapi/dynamodb"

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

// search is how far FindCredentials has come.
type search struct {
	Done  bool `dynamodbav:"done"`
	Found int  `dynamodbav:"found"`
	// Partition and Sort are the key to go on behind.
	Partition string `dynamodbav:"partition"`
	Sort      string `dynamodbav:"sort"`
}

// FindCredentials lists the credentials that were stored before there was a list of
// those of all accounts, so that they are found where all are looked after. Nothing but
// the table itself leads to them: it goes over the whole of it, once in its life, and
// keeps where it is. False, without an error, is that ctx is done before that.
func (s *Store) FindCredentials(ctx context.Context) (done bool, err error) {
	i, err := s.get(ctx, searchKey(), "", nil)
	var at search
	if err == nil {
		err = unmarshal(i, &at)
	}
	for err == nil && !at.Done {
		if at, err = s.searchOn(ctx, at); err == nil {
			err = s.transact(ctx, write{key: searchKey(), put: at})
		}
	}
	if err != nil && ctx.Err() != nil {
		return false, nil //nolint:nilerr // time is up, and the next invocation goes on
	}
	return at.Done, doing(err, "finding credentials that are in no list")
}

// searchOn looks through as much of the table as DynamoDB reads at once. The role may
// ask for these attributes and no others.
func (s *Store) searchOn(ctx context.Context, at search) (search, error) {
	const filter = "begins_with(#pk, :credentials) AND attribute_not_exists(#list)"
	const wanted = "#pk, #sk, #id, #account, #created_at"
	bound, err := marshalValues(values{":credentials": "CREDENTIALS#"})
	if err != nil {
		return at, err
	}
	in := &dynamodb.ScanInput{
		TableName: s.table, FilterExpression: filter, ProjectionExpression: wanted, Select: "SPECIFIC_ATTRIBUTES",
		ExpressionAttributeNames: namesIn(nil, filter, wanted), ExpressionAttributeValues: bound,
	}
	if at.Partition != "" {
		in.ExclusiveStartKey = key{at.Partition, at.Sort}.item()
	}
	out, err := call(ctx, s.client.Scan, in)
	if err != nil {
		return at, err
	}
	for _, i := range out.Items {
		if err := s.list(ctx, i); err != nil {
			return at, err
		}
	}
	at.Found += len(out.Items)
	at.Partition, at.Sort = textOf(out.LastEvaluatedKey, partitionAttribute), textOf(out.LastEvaluatedKey, sortAttribute)
	at.Done = at.Partition == ""
	return at, nil
}

// list puts a credential into the list of all, unless it is there or is gone by now.
func (s *Store) list(ctx context.Context, i item) error {
	var c credentialItem
	if err := unmarshal(i, &c); err != nil {
		return err
	}
	listed := listedAs(c)
	err := s.transact(ctx, write{
		key: credentialKey(c.Account, c.ID), update: "SET #list = :list, #started = :started",
		values: values{":list": listed.List, ":started": listed.Started},
		when:   exists + " AND attribute_not_exists(#list)", fails: moved,
	})
	if err == errMoved { //nolint:errorlint // it is never wrapped
		return nil
	}
	return err
}
