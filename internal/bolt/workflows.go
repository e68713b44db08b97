package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/recent"
	"switchboard/internal/workflow"
)

func noWorkflow(id string) *fault.Error { return fault.NotFoundf("There is no workflow %s.", id) }

func noVersion(id string, number int) *fault.Error {
	return fault.NotFoundf("The workflow %s has no version %d.", id, number)
}

// CreateWorkflow implements workflow.Repository.
func (s *Store) CreateWorkflow(ctx context.Context, w workflow.Workflow, limit int) error {
	err := s.do(ctx, len(w.Document), func(c *change) error {
		if !c.has(agentBucket, under(w.Agent, w.Account)) {
			return noAgent(w.Agent)
		}
		if c.has(workflowBucket, under(w.ID, w.Account)) {
			return taken(w.ID)
		}
		if limit > 0 && len(keysBelow(c.tx, workflowBucket, prefix(w.Account), limit)) == limit {
			return fault.New(fault.TooManyRequests, "The account has %d workflows.", limit)
		}
		c.storeWorkflow(w)
		c.mark(agentWorkflowBucket, under(w.ID, w.Account, w.Agent))
		return c.moveHook(w, "", w.HookSecret)
	})
	return doing(err, "creating workflow %s", w.ID)
}

func (c *change) storeWorkflow(w workflow.Workflow) {
	c.store(workflowBucket, under(w.ID, w.Account), workflowValue(w), w.Document)
}

// moveHook makes the workflow answer to another secret.
func (c *change) moveHook(w workflow.Workflow, from, to string) error {
	if from == to {
		return nil
	}
	if from != "" {
		c.remove(hookBucket, hookKey(from))
	}
	if to == "" {
		return nil
	}
	if c.has(hookBucket, hookKey(to)) {
		return fault.New(fault.Conflict, "The webhook address is taken.")
	}
	c.put(hookBucket, hookKey(to), under(w.ID, w.Account))
	return nil
}

// Workflow implements workflow.Repository.
func (s *Store) Workflow(ctx context.Context, account, id string) (w workflow.Workflow, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		w, err = s.workflows.in(tx, account, id)
		return err
	})
	return w, doing(err, "reading workflow %s", id)
}

// workflowBytes bounds the workflows that are kept unpacked: every start of an
// execution reads one.
const workflowBytes = 4 << 20

// workflows keeps them with the values that they were unpacked from, by which it is
// seen whether they have changed.
type workflows struct {
	kept *recent.Kept[workflowID, keptWorkflow]
}

type workflowID struct{ account, id string }

type keptWorkflow struct {
	value    []byte
	workflow workflow.Workflow
}

func newWorkflows() workflows {
	return workflows{recent.UpTo[workflowID, keptWorkflow](workflowBytes)}
}

// in reads a workflow, which is shared.
func (ws workflows) in(tx *bbolt.Tx, account, id string) (workflow.Workflow, error) {
	value := workflowBucket.of(tx).Get(under(id, account))
	if value == nil {
		return workflow.Workflow{}, noWorkflow(id)
	}
	if k, ok := ws.kept.Get(workflowID{account, id}); ok && bytes.Equal(k.value, value) {
		return k.workflow, nil
	}
	w, err := unpackWorkflow(account, id, value)
	if err == nil {
		ws.kept.Put(workflowID{account, id}, keptWorkflow{bytes.Clone(value), w}, 2*len(value))
	}
	return w, err
}

func workflowIn(tx *bbolt.Tx, account, id string) (workflow.Workflow, error) {
	value := workflowBucket.of(tx).Get(under(id, account))
	if value == nil {
		return workflow.Workflow{}, noWorkflow(id)
	}
	return unpackWorkflow(account, id, value)
}

// Workflows implements workflow.Repository. NotFound if the agent is not there.
func (s *Store) Workflows(ctx context.Context, account, agent string, q page.Query) (p page.Of[workflow.Workflow], err error) {
	l := listing{name: "workflows", in: workflowBucket, below: prefix(account)}
	if agent != "" {
		l.in, l.below = agentWorkflowBucket, prefix(account, agent)
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if agent != "" && agentBucket.of(tx).Get(under(agent, account)) == nil {
			return noAgent(agent)
		}
		p, err = pageOf(tx, l, q, func(id, _ []byte) (workflow.Workflow, bool, error) {
			w, err := workflowIn(tx, account, string(id))
			return w, true, err
		})
		return err
	})
	return p, doing(err, "listing workflows")
}

// UpdateWorkflow implements workflow.Repository.
func (s *Store) UpdateWorkflow(ctx context.Context, w workflow.Workflow) error {
	err := s.do(ctx, len(w.Document), func(c *change) error {
		stored, err := workflowIn(c.tx, w.Account, w.ID)
		if err != nil {
			return err
		}
		if stored.Revision != w.Revision {
			return fault.New(fault.PreconditionFailed, "The workflow %s was changed by somebody else.", w.ID).
				WithHint("Read it again and repeat the change.")
		}
		stored.Name, stored.Trigger, stored.Document, stored.UpdatedAt = w.Name, w.Trigger, w.Document, w.UpdatedAt
		stored.Revision++
		c.storeWorkflow(stored)
		return nil
	})
	return doing(err, "updating workflow %s", w.ID)
}

// DeleteWorkflow implements workflow.Repository.
func (s *Store) DeleteWorkflow(ctx context.Context, account, id string) error {
	err := s.do(ctx, 0, func(c *change) error {
		stored, err := workflowIn(c.tx, account, id)
		if err != nil {
			return err
		}
		if err := c.leave(account, id); err != nil {
			return err
		}
		c.remove(workflowBucket, under(id, account))
		c.remove(agentWorkflowBucket, under(id, account, stored.Agent))
		err = each(c.tx, versionBucket, prefix(account, id), func(number, _ []byte) error {
			c.remove(versionBucket, append(prefix(account, id), number...))
			return nil
		})
		return errors.Join(err, c.moveHook(stored, stored.HookSecret, ""))
	})
	return doing(err, "deleting workflow %s", id)
}

// Publish implements workflow.Repository.
func (s *Store) Publish(ctx context.Context, v workflow.Version, hookSecret string) error {
	value, err := pack(versionValue(v), v.Document, v.Definition, v.SourceMap)
	if err != nil {
		return doing(err, "publishing workflow %s", v.Workflow)
	}
	err = s.do(ctx, len(value), func(c *change) error {
		w, err := workflowIn(c.tx, v.Account, v.Workflow)
		if err != nil {
			return err
		}
		if v.Number != w.Latest+1 {
			return fault.New(fault.Conflict, "The workflow %s was published by somebody else.", v.Workflow).
				WithHint("Look at the new version; publish again if it is not what you meant.")
		}
		c.put(versionBucket, versionKey(v.Account, v.Workflow, v.Number), value)
		w.Latest, w.Published = v.Number, v.Number
		if hookSecret != "" {
			if err := c.moveHook(w, w.HookSecret, hookSecret); err != nil {
				return err
			}
			w.HookSecret = hookSecret
		}
		c.storeWorkflow(w)
		return nil
	})
	return doing(err, "publishing workflow %s", v.Workflow)
}

// PutTrial implements workflow.Repository.
func (s *Store) PutTrial(ctx context.Context, v workflow.Version) error {
	value, err := pack(versionValue(v), v.Document, v.Definition, v.SourceMap)
	if err != nil {
		return doing(err, "storing a trial of workflow %s", v.Workflow)
	}
	err = s.do(ctx, len(value), func(c *change) error {
		if _, err := workflowIn(c.tx, v.Account, v.Workflow); err != nil {
			return err
		}
		if key := versionKey(v.Account, v.Workflow, v.Number); !c.has(versionBucket, key) {
			c.put(versionBucket, key, value)
		}
		return nil
	})
	return doing(err, "storing a trial of workflow %s", v.Workflow)
}

// Serve implements workflow.Repository. NotFound if there is no such version.
func (s *Store) Serve(ctx context.Context, account, id string, version int) error {
	err := s.do(ctx, 0, func(c *change) error {
		w, err := workflowIn(c.tx, account, id)
		if err != nil {
			return err
		}
		if version != 0 && !c.has(versionBucket, versionKey(account, id, version)) {
			return noVersion(id, version)
		}
		w.Published = version
		c.storeWorkflow(w)
		return nil
	})
	return doing(err, "serving version %d of workflow %s", version, id)
}

// Versions implements workflow.Repository. NotFound if the workflow is not there.
func (s *Store) Versions(ctx context.Context, account, id string, q page.Query) (p page.Of[workflow.Version], err error) {
	l := listing{name: "versions", in: versionBucket, below: prefix(account, id), newestFirst: true}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if workflowBucket.of(tx).Get(under(id, account)) == nil {
			return noWorkflow(id)
		}
		p, err = pageOf(tx, l, q, func(number, value []byte) (workflow.Version, bool, error) {
			n := int(binary.BigEndian.Uint64(number))
			if n >= workflow.FirstTrial {
				return workflow.Version{}, false, nil
			}
			v, err := unpackVersion(account, id, n, value)
			return v, true, err
		})
		return err
	})
	return p, doing(err, "listing the versions of workflow %s", id)
}

// ByHook implements workflow.Repository. The secret is looked up by its hash, so
// that how long it takes says nothing about how much of a guess is right.
func (s *Store) ByHook(ctx context.Context, hookSecret string) (w workflow.Workflow, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		key := hookBucket.of(tx).Get(hookKey(hookSecret))
		if key == nil || hookSecret == "" {
			return fault.NotFoundf("There is no webhook at this address.")
		}
		account, id, err := cut(key)
		if err != nil {
			return err
		}
		w, err = s.workflows.in(tx, account, string(id))
		return err
	})
	return w, doing(err, "finding the workflow of a webhook")
}

// CountWorkflows implements workflow.Repository.
func (s *Store) CountWorkflows(ctx context.Context, account string, limit int) (n int, err error) {
	if err = s.settle(ctx); err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			n = len(keysBelow(tx, workflowBucket, prefix(account), limit))
			return nil
		})
	}
	return n, doing(err, "counting workflows")
}
