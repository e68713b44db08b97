package dynamo

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/account"
	"switchboard/internal/apikey"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// keyItem is where its hash is: who comes with a key is known by one read.
type keyItem struct {
	ID         string       `dynamodbav:"id"`
	Account    string       `dynamodbav:"account"`
	Name       string       `dynamodbav:"name"`
	Role       account.Role `dynamodbav:"role"`
	Agent      string       `dynamodbav:"agent,omitempty"`
	Hint       string       `dynamodbav:"hint"`
	Hash       string       `dynamodbav:"hash"`
	CreatedAt  time.Time    `dynamodbav:"created_at"`
	CreatedBy  string       `dynamodbav:"created_by"`
	ExpiresAt  time.Time    `dynamodbav:"expires_at"`
	LastUsedAt time.Time    `dynamodbav:"last_used_at"`
}

// listedKey leads from an account's list to a key.
type listedKey struct {
	Hash string `dynamodbav:"hash"`
}

func noKey(id string) *fault.Error { return fault.NotFoundf("There is no API key %s.", id) }

// CreateAPIKey implements apikey.Repository.
func (s *Store) CreateAPIKey(ctx context.Context, k apikey.Key) error {
	err := s.transact(ctx,
		write{key: apiKeyKey(k.Account, k.ID), put: listedKey{k.Hash}, when: notExists, fails: otherwise(taken(k.ID))},
		write{key: apiKeyHashKey(k.Hash), put: keyItem(k), when: notExists, fails: otherwise(taken(k.ID))})
	return doing(err, "creating API key %s", k.ID)
}

// APIKey implements apikey.Repository.
func (s *Store) APIKey(ctx context.Context, account, id string) (apikey.Key, error) {
	k, err := s.apiKey(ctx, account, id)
	return k, doing(err, "reading API key %s", id)
}

func (s *Store) apiKey(ctx context.Context, account, id string) (k apikey.Key, err error) {
	i, err := s.get(ctx, apiKeyKey(account, id), "", nil)
	if err != nil {
		return k, err
	}
	if i == nil {
		return k, noKey(id)
	}
	var l listedKey
	if err := unmarshal(i, &l); err != nil {
		return k, err
	}
	if k, err = s.apiKeyByHash(ctx, l.Hash); fault.Is(err, fault.NotFound) {
		err = noKey(id)
	}
	return k, err
}

// APIKeys implements apikey.Repository.
func (s *Store) APIKeys(ctx context.Context, account string, q page.Query) (page.Of[apikey.Key], error) {
	l := listing{name: "api_keys", partition: apiKeyKey(account, "").partition}
	p, err := pageOf(ctx, s, l, q, func(ctx context.Context, listed []item) ([]*apikey.Key, error) {
		keys := make([]key, len(listed))
		for n, i := range listed {
			var l listedKey
			if err := unmarshal(i, &l); err != nil {
				return nil, err
			}
			keys[n] = apiKeyHashKey(l.Hash)
		}
		items, err := s.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		found := make([]*apikey.Key, len(keys))
		for n, k := range keys {
			if i, ok := items[k]; ok { // else it was deleted just now
				v := &keyItem{}
				if err := unmarshal(i, v); err != nil {
					return nil, err
				}
				found[n] = (*apikey.Key)(v)
			}
		}
		return found, nil
	})
	return p, doing(err, "listing API keys")
}

// APIKeyByHash implements apikey.Repository, in one consistent read.
func (s *Store) APIKeyByHash(ctx context.Context, hash string) (apikey.Key, error) {
	k, err := s.apiKeyByHash(ctx, hash)
	return k, doing(err, "finding an API key")
}

func (s *Store) apiKeyByHash(ctx context.Context, hash string) (apikey.Key, error) {
	i, err := s.get(ctx, apiKeyHashKey(hash), "", nil)
	if err != nil {
		return apikey.Key{}, err
	}
	if i == nil {
		return apikey.Key{}, fault.NotFoundf("There is no such API key.")
	}
	var v keyItem
	err = unmarshal(i, &v)
	return apikey.Key(v), err
}

// UseAPIKey implements apikey.Repository. Of several that note it at once, one does.
func (s *Store) UseAPIKey(ctx context.Context, k apikey.Key, at time.Time) error {
	update, when := "SET #last_used_at = :at", exists+" AND #last_used_at = :was"
	bound, err := marshalValues(values{":at": at, ":was": k.LastUsedAt})
	if err == nil {
		_, err = call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
			TableName: s.table, Key: apiKeyHashKey(k.Hash).item(), UpdateExpression: update, ConditionExpression: when,
			ExpressionAttributeNames: namesIn(nil, update, when), ExpressionAttributeValues: bound,
		})
	}
	if _, refused := errors.AsType[*dynamodb.ConditionalCheckFailed](err); refused {
		return nil
	}
	return doing(err, "noting the use of API key %s", k.ID)
}

// DeleteAPIKey implements apikey.Repository.
func (s *Store) DeleteAPIKey(ctx context.Context, account, id string) error {
	k, err := s.apiKey(ctx, account, id)
	if err == nil {
		err = s.transact(ctx,
			write{key: apiKeyKey(account, id), remove: true, when: exists, fails: otherwise(noKey(id))},
			write{key: apiKeyHashKey(k.Hash), remove: true})
	}
	return doing(err, "deleting API key %s", id)
}
