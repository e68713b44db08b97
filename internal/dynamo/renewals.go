package dynamo

import (
	"context"
	"strings"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/vault"
)

// renewal is a renewal of a grant that is not in the audit yet. It is written with the
// renewed data, to their item: the function that renews may write there, and must not be
// able to write to the audit.
type renewal struct {
	At        time.Time `dynamodbav:"at"`
	Actor     string    `dynamodbav:"actor"`
	Agent     string    `dynamodbav:"agent"`
	Execution string    `dynamodbav:"execution"`
	Node      string    `dynamodbav:"node"`
	Iteration string    `dynamodbav:"iteration"`
}

// renewals are those of one secret's item. Those for which there was no room are counted.
type renewals struct {
	Renewals []renewal `dynamodbav:"renewals"`
	More     int64     `dynamodbav:"more_renewals"`
}

// maxRenewals is how many are listed: so many that they go into one transaction.
const maxRenewals = 90

var (
	noteRenewal  = strings.Replace(replaceSealed, " REMOVE", ", #renewals = list_append(if_not_exists(#renewals, :none), :renewals) REMOVE", 1)
	countRenewal = replaceSealed + " ADD #more_renewals :one"
)

const hasRoom = " AND (attribute_not_exists(#renewals) OR size(#renewals) < :most)"

// renewalsOf gives what a renewal is to leave in the audit as its item has it.
func (s *Store) renewalsOf(entries []audit.Entry) []renewal {
	var all []renewal
	for _, e := range entries {
		all = append(all, renewal{At: s.now().UTC(), Actor: e.Actor, Agent: e.Agent, Execution: e.Execution, Node: e.Node, Iteration: e.Iteration})
	}
	return all
}

// AuditRenewals implements credential.Repository.
func (s *Store) AuditRenewals(ctx context.Context, at vault.Place) error {
	err := again(ctx, func() error { return s.auditRenewals(audit.Without(ctx), at) })
	return doing(err, "auditing renewals of credential %s", at.Credential)
}

func (s *Store) auditRenewals(ctx context.Context, at vault.Place) error {
	k := secretKey(at.Account, at.CredentialType, at.Credential)
	i, err := s.get(ctx, k, "#renewals, #more_renewals", nil)
	var v renewals
	if err == nil {
		err = unmarshal(i, &v)
	}
	if err != nil || len(v.Renewals) == 0 {
		return err
	}
	e := audit.Entry{Account: at.Account, Action: audit.RenewCredential, Resource: at.Credential}
	for _, r := range v.Renewals {
		e.At, e.Actor, e.Agent, e.Execution, e.Node, e.Iteration = r.At, r.Actor, r.Agent, r.Execution, r.Node, r.Iteration
		ctx = audit.WithEntry(ctx, e)
	}
	w := write{
		key: k, update: "REMOVE #renewals, #more_renewals", when: "#renewals = :seen AND attribute_not_exists(#more_renewals)",
		values: values{":seen": v.Renewals}, fails: moved,
	}
	if v.More > 0 { // they came after those that are listed
		ctx = audit.WithEntry(ctx, audit.Entry{Account: e.Account, Actor: "system", Action: e.Action, Resource: e.Resource, Count: v.More})
		w.when, w.values[":more"] = "#renewals = :seen AND #more_renewals = :more", v.More
	}
	return s.transact(ctx, w)
}
