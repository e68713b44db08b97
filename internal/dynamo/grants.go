package dynamo

import (
	"bytes"
	"context"
	"errors"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

// setSealed puts sealed data into a secret's item.
const setSealed = "SET #format = :format, #wrapped_key = :wrapped_key, #nonce = :nonce, #ciphertext = :ciphertext, #key_id = :key_id"

// replaceSealed puts other data into a secret's item. A claim was one on the old.
const replaceSealed = setSealed + ", #condition = :condition REMOVE #claimed"

func sealedValues(s vault.Sealed, c credential.Condition) values {
	return values{
		":format": s.Format, ":wrapped_key": s.WrappedKey, ":nonce": s.Nonce, ":ciphertext": s.Ciphertext, ":key_id": s.KeyID, ":condition": c,
	}
}

// stillThose is the condition that the sealed data are those that were read: each
// has a nonce and a ciphertext of its own.
const stillThose = exists + " AND #nonce = :was AND #ciphertext = :what"

// changeSecret changes the item of a secret as long as its sealed data are those of.
// It is false where they are not, or further does not hold.
func (s *Store) changeSecret(ctx context.Context, at vault.Place, of vault.Sealed, update, further string, v values) (bool, error) {
	v[":was"], v[":what"] = of.Nonce, of.Ciphertext
	when := stillThose + further
	bound, err := marshalValues(v)
	if err != nil {
		return false, err
	}
	_, err = call(ctx, s.client.UpdateItem, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: secretKey(at.Account, at.CredentialType, at.Credential).item(),
		UpdateExpression: update, ConditionExpression: when, ExpressionAttributeNames: namesIn(nil, update, when),
		ExpressionAttributeValues:           bound,
		ReturnValuesOnConditionCheckFailure: dynamodb.AllOld,
	})
	if refused, ok := errors.AsType[*dynamodb.ConditionalCheckFailed](err); ok {
		if refused.Item == nil {
			return false, noCredential(at.Credential)
		}
		return false, nil
	}
	return err == nil, err
}

// Claim implements credential.Grants.
func (s *Store) Claim(ctx context.Context, at vault.Place, of vault.Sealed, now, until time.Time) (bool, error) {
	claimed, err := s.changeSecret(ctx, at, of, "SET #claimed = :until",
		" AND (attribute_not_exists(#claimed) OR #claimed <= :now OR #claimed = :until)", // or it is ours, sent again
		values{":until": until.UnixNano(), ":now": now.UnixNano()})
	return claimed, doing(err, "claiming credential %s", at.Credential)
}

// Release implements credential.Grants.
func (s *Store) Release(ctx context.Context, at vault.Place, of vault.Sealed, until time.Time) error {
	_, err := s.changeSecret(ctx, at, of, "REMOVE #claimed", " AND #claimed = :until", values{":until": until.UnixNano()})
	return doing(err, "releasing credential %s", at.Credential)
}

// Renew implements credential.Grants.
func (s *Store) Renew(ctx context.Context, at vault.Place, of, fresh vault.Sealed) error {
	done, err := s.renew(ctx, at, of, fresh)
	if err == nil && !done {
		err = fault.New(fault.Conflict, "The credential %s has other data by now.", at.Credential)
	}
	return doing(err, "renewing credential %s", at.Credential)
}

// renew is Renew; false where the data are other ones.
func (s *Store) renew(ctx context.Context, at vault.Place, of, fresh vault.Sealed) (bool, error) {
	update, further, v := replaceSealed, "", sealedValues(fresh, credential.Condition{})
	if renewals := s.renewalsOf(audit.From(ctx)); len(renewals) > 0 {
		update, further = noteRenewal, hasRoom
		v[":renewals"], v[":none"], v[":most"] = renewals, []renewal{}, maxRenewals
	}
	done, err := s.changeSecret(ctx, at, of, update, further, v)
	if err != nil || done {
		return done, err
	}
	now, _, err := s.sealed(ctx, at.Account, at.CredentialType, at.Credential, "")
	switch {
	case err != nil:
		return false, err
	case bytes.Equal(now.Nonce, fresh.Nonce):
		// A client that got no answer sends its update again, and that one meets the first.
		return true, nil
	case further != "" && bytes.Equal(now.Nonce, of.Nonce):
		v := sealedValues(fresh, credential.Condition{})
		v[":one"] = 1
		return s.changeSecret(ctx, at, of, countRenewal, "", v)
	default:
		return false, nil
	}
}

// Mark implements credential.Grants.
func (s *Store) Mark(ctx context.Context, at vault.Place, of vault.Sealed, c credential.Condition) error {
	_, err := s.changeSecret(ctx, at, of, "SET #condition = :condition", "", values{":condition": c})
	return doing(err, "marking credential %s", at.Credential)
}

// readConditions reads those of credentials from their secrets' items.
func (s *Store) readConditions(ctx context.Context, credentials ...*credential.Credential) error {
	keys := make([]key, len(credentials))
	for n, c := range credentials {
		keys[n] = secretKey(c.Account, c.Type, c.ID)
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return err
	}
	for n, c := range credentials {
		var v struct {
			Condition credential.Condition `dynamodbav:"condition"`
		}
		if err := unmarshal(items[keys[n]], &v); err != nil {
			return err
		}
		c.Condition = v.Condition
	}
	return nil
}
