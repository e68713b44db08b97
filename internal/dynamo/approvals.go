package dynamo

import (
	"context"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/vault"
)

// approvalFields has exactly the members of an approval; see agentItem.
type approvalFields struct {
	ID           string         `dynamodbav:"id"`
	Account      string         `dynamodbav:"account"`
	Agent        string         `dynamodbav:"agent"`
	Workflow     string         `dynamodbav:"workflow"`
	WorkflowName string         `dynamodbav:"workflow_name"`
	Execution    string         `dynamodbav:"execution"`
	Node         string         `dynamodbav:"node"`
	Iteration    string         `dynamodbav:"iteration"`
	Message      string         `dynamodbav:"message"`
	State        approval.State `dynamodbav:"state"`
	AskedAt      time.Time      `dynamodbav:"asked_at"`
	ExpiresAt    time.Time      `dynamodbav:"expires_at"`
	AnsweredAt   time.Time      `dynamodbav:"answered_at"`
	AnsweredBy   string         `dynamodbav:"answered_by"`
	Comment      string         `dynamodbav:"comment"`
	Delivered    bool           `dynamodbav:"delivered"`
	TokenHash    string         `dynamodbav:"token_hash"`
	Token        vault.Sealed   `dynamodbav:"token"`
	TaskToken    string         `dynamodbav:"task_token"`
}

type approvalItem struct {
	approvalFields
	Expires int64 `dynamodbav:"expires"`
	indexed
}

// linkedItem leads from a token's hash to its approval.
type linkedItem struct {
	Account   string `dynamodbav:"account"`
	Execution string `dynamodbav:"execution"`
	Node      string `dynamodbav:"node"`
	Iteration string `dynamodbav:"iteration"`
	Expires   int64  `dynamodbav:"expires"`
}

func noApproval() *fault.Error { return fault.NotFoundf("There is no such approval.") }

func (s *Store) approvalItem(a approval.Approval) approvalItem {
	return approvalItem{
		approvalFields: approvalFields(a), Expires: a.ExpiresAt.Add(s.retention).Unix(),
		indexed: indexed{approvalList(a.Account, ""), approvalList(a.Account, a.State), startedSort(a.AskedAt, a.ID)},
	}
}

// CreateApproval implements approval.Repository.
func (s *Store) CreateApproval(ctx context.Context, a approval.Approval) (stored approval.Approval, created bool, err error) {
	v, k := s.approvalItem(a), a.Key()
	err = again(ctx, func() error {
		var earlier approvalItem
		err := s.transact(ctx,
			write{
				key: approvalKey(k), put: v, when: notExists + " OR #expires <= :now", values: values{":now": s.now().Unix()},
				fails: func(there item) error {
					if err := unmarshal(there, &earlier); err != nil {
						return err
					}
					return errMoved
				},
			},
			write{
				key: approvalTokenKey(a.TokenHash), put: linkedItem{k.Account, k.Execution, k.Node, k.Iteration, v.Expires},
				when: notExists, fails: otherwise(taken(a.ID)),
			})
		if err == errMoved { //nolint:errorlint // it is never wrapped
			stored = approval.Approval(earlier.approvalFields)
			return nil
		}
		if err == nil {
			stored, created = a, true
		}
		return err
	})
	if err != nil {
		return approval.Approval{}, false, doing(err, "storing approval %s", a.ID)
	}
	return stored, created, nil
}

// UpdateApproval implements approval.Repository, in one transaction of one write.
func (s *Store) UpdateApproval(ctx context.Context, a approval.Approval, from approval.State) error {
	err := s.transact(ctx, write{
		key: approvalKey(a.Key()), put: s.approvalItem(a), when: exists + " AND #state = :from", values: values{":from": from},
		fails: ifMissing(noApproval(), fault.New(fault.Conflict, "The approval is no longer %s.", from)),
	})
	return doing(err, "updating approval %s", a.ID)
}

// ApprovalByToken implements approval.Repository.
func (s *Store) ApprovalByToken(ctx context.Context, hash string) (approval.Approval, error) {
	a, err := s.approvalByToken(ctx, hash)
	return a, doing(err, "finding an approval")
}

func (s *Store) approvalByToken(ctx context.Context, hash string) (a approval.Approval, err error) {
	i, err := s.get(ctx, approvalTokenKey(hash), "", nil)
	if err != nil {
		return a, err
	}
	if i == nil {
		return a, noApproval()
	}
	var l linkedItem
	if err := unmarshal(i, &l); err != nil {
		return a, err
	}
	if i, err = s.get(ctx, approvalKey(approval.Key{Account: l.Account, Execution: l.Execution, Node: l.Node, Iteration: l.Iteration}), "", nil); err != nil {
		return a, err
	}
	found, err := s.approvalOf(i)
	if err == nil && found == nil {
		err = noApproval()
	}
	if err != nil {
		return a, err
	}
	return *found, nil
}

// approvalOf reads an item; nil for none, and for one past its time.
func (s *Store) approvalOf(i item) (*approval.Approval, error) {
	if i == nil {
		return nil, nil
	}
	var v approvalItem
	if err := unmarshal(i, &v); err != nil || s.over(v.Expires) {
		return nil, err
	}
	return (*approval.Approval)(&v.approvalFields), nil
}

// ApprovalsOf implements approval.Repository.
func (s *Store) ApprovalsOf(ctx context.Context, account, execution string) ([]approval.Approval, error) {
	var approvals []approval.Approval
	err := s.all(ctx, listing{partition: approvalKey(approval.Key{Account: account, Execution: execution}).partition}, func(i item) error {
		a, err := s.approvalOf(i)
		if err == nil && a != nil {
			approvals = append(approvals, *a)
		}
		return err
	})
	if err != nil {
		return nil, doing(err, "listing the approvals of execution %s", execution)
	}
	return approvals, nil
}

// Approvals implements approval.Repository. A list by agent is that of the account
// without the others: it is people who ask, and people who are asked.
func (s *Store) Approvals(ctx context.Context, account string, f approval.Filter, q page.Query) (page.Of[approval.Approval], error) {
	l := listing{name: "approvals", index: listIndex, newestFirst: true, partition: approvalList(account, f.State), filtered: f.Agent != ""}
	if f.State != "" {
		l.index = statusIndex
	}
	p, err := pageOf(ctx, s, l, q, func(ctx context.Context, entries []item) ([]*approval.Approval, error) {
		keys := make([]key, len(entries))
		for n, i := range entries {
			keys[n] = key{textOf(i, partitionAttribute), textOf(i, sortAttribute)}
		}
		items, err := s.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		approvals := make([]*approval.Approval, len(keys))
		for n, k := range keys {
			a, err := s.approvalOf(items[k])
			if err != nil {
				return nil, err
			}
			// The index lags behind the table.
			if a != nil && (f.State == "" || a.State == f.State) && (f.Agent == "" || a.Agent == f.Agent) {
				approvals[n] = a
			}
		}
		return approvals, nil
	})
	return p, doing(err, "listing approvals")
}
