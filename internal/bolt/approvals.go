package bolt

import (
	"context"
	"encoding/hex"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/approval"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func noApproval() *fault.Error { return fault.NotFoundf("There is no such approval.") }

// CreateApproval implements approval.Repository.
func (s *Store) CreateApproval(ctx context.Context, a approval.Approval) (stored approval.Approval, created bool, err error) {
	value, err := packApproval(a)
	if err != nil {
		return stored, false, doing(err, "storing approval %s", a.ID)
	}
	key := approvalKey(a.Key())
	err = s.do(ctx, len(value), func(c *change) error {
		if there := c.get(approvalBucket, key); there != nil {
			stored, err = unpackApproval(a.Key(), there)
			return err
		}
		stored, created = a, true
		c.put(approvalBucket, key, value)
		c.put(approvalTokenBucket, []byte(a.TokenHash), key)
		c.listApproval(a, "")
		c.listApproval(a, a.State)
		return nil
	})
	if err != nil {
		return approval.Approval{}, false, doing(err, "storing approval %s", a.ID)
	}
	return stored, created, nil
}

// listApproval puts an approval into the lists that name a state.
func (c *change) listApproval(a approval.Approval, state approval.State) {
	for _, k := range approvalListKeys(a, state) {
		c.put(approvalsByBucket, k, approvalKey(a.Key()))
	}
}

// UpdateApproval implements approval.Repository.
func (s *Store) UpdateApproval(ctx context.Context, a approval.Approval, from approval.State) error {
	value, err := packApproval(a)
	if err != nil {
		return doing(err, "updating approval %s", a.ID)
	}
	key := approvalKey(a.Key())
	err = s.do(ctx, len(value), func(c *change) error {
		there := c.get(approvalBucket, key)
		if there == nil {
			return noApproval()
		}
		stored, err := unpackApproval(a.Key(), there)
		if err != nil {
			return err
		}
		if stored.State != from {
			return fault.New(fault.Conflict, "The approval is %s, not %s.", stored.State, from)
		}
		c.put(approvalBucket, key, value)
		if a.State != from {
			for _, k := range approvalListKeys(stored, from) {
				c.remove(approvalsByBucket, k)
			}
			c.listApproval(a, a.State)
		}
		return nil
	})
	return doing(err, "updating approval %s", a.ID)
}

// ApprovalByToken implements approval.Repository.
func (s *Store) ApprovalByToken(ctx context.Context, hash string) (a approval.Approval, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		key := approvalTokenBucket.of(tx).Get([]byte(hash))
		if key == nil {
			return noApproval()
		}
		a, err = approvalAt(tx, key)
		return err
	})
	return a, doing(err, "finding an approval")
}

// approvalAt reads the approval with a key of its bucket.
func approvalAt(tx *bbolt.Tx, key []byte) (approval.Approval, error) {
	value := approvalBucket.of(tx).Get(key)
	if value == nil {
		return approval.Approval{}, noApproval()
	}
	k, err := approvalOfKey(key)
	if err != nil {
		return approval.Approval{}, err
	}
	return unpackApproval(k, value)
}

// ApprovalsOf implements approval.Repository.
func (s *Store) ApprovalsOf(ctx context.Context, account, execution string) (approvals []approval.Approval, err error) {
	below := prefix(account, execution)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, approvalBucket, below, func(rest, value []byte) error {
			node, iteration, err := cut(rest)
			if err != nil {
				return err
			}
			a, err := unpackApproval(approval.Key{Account: account, Execution: execution, Node: node, Iteration: string(iteration)}, value)
			approvals = append(approvals, a)
			return err
		})
	})
	if err != nil {
		return nil, doing(err, "listing the approvals of execution %s", execution)
	}
	return approvals, nil
}

// Approvals implements approval.Repository.
func (s *Store) Approvals(ctx context.Context, account string, f approval.Filter, q page.Query) (p page.Of[approval.Approval], err error) {
	l := listing{name: "approvals", in: approvalsByBucket, newestFirst: true, below: approvalListPrefix(account, f.Agent, f.State)}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		p, err = pageOf(tx, l, q, func(_, key []byte) (approval.Approval, bool, error) {
			a, err := approvalAt(tx, key)
			return a, true, err
		})
		return err
	})
	return p, doing(err, "listing approvals")
}

// forgetApprovals removes the approvals of an execution.
func (c *change) forgetApprovals(account, execution string) error {
	return each(c.tx, approvalBucket, prefix(account, execution), func(rest, value []byte) error {
		node, iteration, err := cut(rest)
		if err != nil {
			return err
		}
		a, err := unpackApproval(approval.Key{Account: account, Execution: execution, Node: node, Iteration: string(iteration)}, value)
		if err != nil {
			return err
		}
		c.remove(approvalBucket, approvalKey(a.Key()))
		c.remove(approvalTokenBucket, []byte(a.TokenHash))
		for _, state := range []approval.State{"", a.State} {
			for _, k := range approvalListKeys(a, state) {
				c.remove(approvalsByBucket, k)
			}
		}
		return nil
	})
}

func approvalKey(k approval.Key) []byte { return under(k.Iteration, k.Account, k.Execution, k.Node) }

// approvalOfKey reads approvalKey.
func approvalOfKey(key []byte) (k approval.Key, err error) {
	for _, part := range []*string{&k.Account, &k.Execution, &k.Node} {
		if *part, key, err = cut(key); err != nil {
			return k, err
		}
	}
	k.Iteration = string(key)
	return k, nil
}

// approvalListPrefix is where the approvals of one list stand. An empty agent or
// state means all.
func approvalListPrefix(account, agent string, state approval.State) []byte {
	return prefix(account, agent, string(state))
}

func approvalListKeys(a approval.Approval, state approval.State) [2][]byte {
	entry := func(agent string) []byte {
		return append(appendTime(approvalListPrefix(a.Account, agent, state), a.AskedAt), a.ID...)
	}
	return [2][]byte{entry(""), entry(a.Agent)}
}

// approvalValue is an approval as it is stored, see values.go. Its sealed token is
// beside it.
type approvalValue struct {
	ID           string         `json:"id"`
	Agent        string         `json:"agent"`
	Workflow     string         `json:"workflow"`
	WorkflowName string         `json:"workflow_name"`
	Message      string         `json:"message"`
	State        approval.State `json:"state"`
	AskedAt      time.Time      `json:"asked_at"`
	ExpiresAt    time.Time      `json:"expires_at"`
	AnsweredAt   time.Time      `json:"answered_at,omitzero"`
	AnsweredBy   string         `json:"answered_by,omitempty"`
	Comment      string         `json:"comment,omitempty"`
	Delivered    bool           `json:"delivered,omitempty"`
	TaskToken    string         `json:"task_token"`
	Format       int            `json:"format"` // of the sealed token
	KeyID        string         `json:"key_id,omitempty"`
}

func packApproval(a approval.Approval) ([]byte, error) {
	hash, err := hex.DecodeString(a.TokenHash)
	if err != nil {
		return nil, fault.New(fault.Internal, "An approval has no hash of its token.").Because(err)
	}
	return pack(approvalValue{
		ID: a.ID, Agent: a.Agent, Workflow: a.Workflow, WorkflowName: a.WorkflowName, Message: a.Message, State: a.State,
		AskedAt: a.AskedAt, ExpiresAt: a.ExpiresAt, AnsweredAt: a.AnsweredAt, AnsweredBy: a.AnsweredBy, Comment: a.Comment,
		Delivered: a.Delivered, TaskToken: a.TaskToken, Format: a.Token.Format, KeyID: a.Token.KeyID,
	}, hash, a.Token.WrappedKey, a.Token.Nonce, a.Token.Ciphertext)
}

func unpackApproval(k approval.Key, value []byte) (approval.Approval, error) {
	var v approvalValue
	var hash []byte
	a := approval.Approval{Account: k.Account, Execution: k.Execution, Node: k.Node, Iteration: k.Iteration}
	err := unpack(value, &v, &hash, &a.Token.WrappedKey, &a.Token.Nonce, &a.Token.Ciphertext)
	a.ID, a.Agent, a.Workflow, a.WorkflowName, a.Message, a.State = v.ID, v.Agent, v.Workflow, v.WorkflowName, v.Message, v.State
	a.AskedAt, a.ExpiresAt, a.AnsweredAt, a.AnsweredBy = v.AskedAt, v.ExpiresAt, v.AnsweredAt, v.AnsweredBy
	a.Comment, a.Delivered, a.TaskToken, a.TokenHash = v.Comment, v.Delivered, v.TaskToken, hex.EncodeToString(hash)
	a.Token.Format, a.Token.KeyID = v.Format, v.KeyID
	return a, err
}
