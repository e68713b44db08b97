package dynamo

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

type draftFields struct {
	ID         string          `dynamodbav:"id"`
	Account    string          `dynamodbav:"account"`
	Agent      string          `dynamodbav:"agent"`
	Name       string          `dynamodbav:"name"`
	Trigger    string          `dynamodbav:"trigger"`
	Document   json.RawMessage `dynamodbav:"-"`
	Revision   int64           `dynamodbav:"revision"`
	Published  int             `dynamodbav:"published"`
	Latest     int             `dynamodbav:"latest"`
	HookSecret string          `dynamodbav:"hook_secret"`
	CreatedAt  time.Time       `dynamodbav:"created_at"`
	UpdatedAt  time.Time       `dynamodbav:"updated_at"`
}

type draftItem struct {
	draftFields
	Body body `dynamodbav:"body"` // the document
}

func (d *draftItem) chunks() key { return draftChunks(d.Account, d.ID, d.Revision) }

func (d *draftItem) bodies() []part {
	return []part{{d.Body, d.chunks(), []*[]byte{(*[]byte)(&d.Document)}}}
}

// mark is an item that says everything by where it is, and whose it is.
type mark struct {
	Account string `dynamodbav:"account"`
	ID      string `dynamodbav:"id"`
}

func noWorkflow(id string) *fault.Error { return fault.NotFoundf("There is no workflow %s.", id) }

// CreateWorkflow implements workflow.Repository. It counts a change of the agent, so
// that the agent cannot be deleted in between.
func (s *Store) CreateWorkflow(ctx context.Context, w workflow.Workflow, limit int) error {
	err := again(ctx, func() error { return s.createWorkflow(ctx, w, limit) })
	return doing(err, "creating workflow %s", w.ID)
}

func (s *Store) createWorkflow(ctx context.Context, w workflow.Workflow, limit int) error {
	d := draftItem{draftFields: draftFields(w)}
	var chunks []write
	var err error
	if d.Body, chunks, err = newBody(d.chunks(), inlineMax, 0, w.Document); err != nil {
		return err
	}
	m := mark{w.Account, w.ID}
	writes := []write{
		{
			key: agentKey(w.Account, w.Agent), update: countChange, values: values{":one": 1},
			when: exists, fails: otherwise(noAgent(w.Agent)),
		},
		{key: draftKey(w.Account, w.ID), put: d, when: notExists, fails: otherwise(taken(w.ID))},
		{key: accountWorkflowKey(w.Account, w.ID), put: m},
		{key: agentWorkflowKey(w.Account, w.Agent, w.ID), put: m},
	}
	if w.HookSecret != "" {
		writes = append(writes, newHook(m, w.HookSecret))
	}
	if limit > 0 {
		room, err := s.room(ctx, w.Account, limit)
		if err != nil {
			return err
		}
		writes = append(writes, room)
	}
	return s.transact(ctx, append(writes, chunks...)...)
}

// room counts the account's workflows, and gives the write with which one more is
// created: it fails where another was created since. One that is deleted meanwhile only
// leaves more room.
func (s *Store) room(ctx context.Context, account string, limit int) (write, error) {
	k := workflowsKey(account)
	i, err := s.get(ctx, k, "#changes", nil)
	if err != nil {
		return write{}, err
	}
	var seen changes
	if err := unmarshal(i, &seen); err != nil {
		return write{}, err
	}
	n, err := s.CountWorkflows(ctx, account, limit)
	if err == nil && n >= limit {
		err = fault.New(fault.TooManyRequests, "The account has %d workflows.", limit)
	}
	w := write{key: k, update: countChange, when: sameAsCounted, values: seen.seen(), fails: moved}
	w.values[":one"] = 1
	return w, err
}

func newHook(m mark, secret string) write {
	return write{
		key: hookKey(secret), put: m, when: notExists,
		fails: otherwise(fault.New(fault.Conflict, "The webhook address is taken.")),
	}
}

// Workflow implements workflow.Repository.
func (s *Store) Workflow(ctx context.Context, account, id string) (w workflow.Workflow, err error) {
	w, err = s.workflow(ctx, account, id)
	return w, doing(err, "reading workflow %s", id)
}

func (s *Store) workflow(ctx context.Context, account, id string) (w workflow.Workflow, err error) {
	err = again(ctx, func() error {
		d, err := s.draft(ctx, account, id)
		if err != nil {
			return err
		}
		err = fill(ctx, s, &d)
		w = workflow.Workflow(d.draftFields)
		return err
	})
	return w, err
}

// HasWorkflow says whether an account has a workflow, by a read of the least size.
func (s *Store) HasWorkflow(ctx context.Context, account, id string) (bool, error) {
	i, err := s.get(ctx, accountWorkflowKey(account, id), "#"+partitionAttribute, nil)
	return i != nil, doing(err, "looking for workflow %s", id)
}

// draft reads a workflow without its document.
func (s *Store) draft(ctx context.Context, account, id string) (d draftItem, err error) {
	i, err := s.get(ctx, draftKey(account, id), "", nil)
	if err != nil {
		return d, err
	}
	if i == nil {
		return d, noWorkflow(id)
	}
	return d, unmarshal(i, &d)
}

// Workflows implements workflow.Repository. NotFound if the agent is not there.
func (s *Store) Workflows(ctx context.Context, account, agent string, q page.Query) (p page.Of[workflow.Workflow], err error) {
	l := listing{name: "workflows", partition: accountWorkflowKey(account, "").partition}
	if agent != "" {
		l.partition = agentWorkflowKey(account, agent, "").partition
		if err := s.hasAgent(ctx, account, agent); err != nil {
			return p, doing(err, "listing workflows")
		}
	}
	p, err = pageOf(ctx, s, l, q, s.drafts)
	return p, doing(err, "listing workflows")
}

// drafts reads the workflows that marks stand for.
func (s *Store) drafts(ctx context.Context, marks []item) ([]*workflow.Workflow, error) {
	keys := make([]key, len(marks))
	for n, i := range marks {
		var m mark
		if err := unmarshal(i, &m); err != nil {
			return nil, err
		}
		keys[n] = draftKey(m.Account, m.ID)
	}
	var workflows []*workflow.Workflow
	err := again(ctx, func() error {
		items, err := s.getAll(ctx, keys)
		if err != nil {
			return err
		}
		workflows = make([]*workflow.Workflow, len(keys))
		var drafts []*draftItem
		for n, k := range keys {
			if i, ok := items[k]; ok { // else it was deleted just now
				d := &draftItem{}
				if err := unmarshal(i, d); err != nil {
					return err
				}
				drafts = append(drafts, d)
				workflows[n] = (*workflow.Workflow)(&d.draftFields)
			}
		}
		return fill(ctx, s, drafts...)
	})
	return workflows, err
}

// UpdateWorkflow implements workflow.Repository.
func (s *Store) UpdateWorkflow(ctx context.Context, w workflow.Workflow) error {
	err := s.updateWorkflow(ctx, w)
	return doing(err, "updating workflow %s", w.ID)
}

func (s *Store) updateWorkflow(ctx context.Context, w workflow.Workflow) error {
	stale := fault.New(fault.PreconditionFailed, "The workflow %s was changed by somebody else.", w.ID).
		WithHint("Read it again and repeat the change.")
	d, err := s.draft(ctx, w.Account, w.ID)
	if err != nil {
		return err
	}
	if d.Revision != w.Revision {
		return stale
	}
	next, chunks, err := newBody(draftChunks(w.Account, w.ID, w.Revision+1), inlineMax, 0, w.Document)
	if err != nil {
		return err
	}
	writes := []write{{
		key: draftKey(w.Account, w.ID),
		update: "SET #name = :name, #trigger = :trigger, #body = :body, #updated_at = :updated_at, " +
			"#revision = :next",
		values: values{
			":name": w.Name, ":trigger": w.Trigger, ":body": next, ":updated_at": w.UpdatedAt,
			":revision": w.Revision, ":next": w.Revision + 1,
		},
		when: exists + " AND #revision = :revision", fails: ifMissing(noWorkflow(w.ID), stale),
	}}
	writes = append(writes, chunks...)
	return s.transact(ctx, append(writes, removals(d.Body.keys(d.chunks()))...)...)
}

// DeleteWorkflow implements workflow.Repository. Of a workflow with about a hundred
// versions or more, the oldest go one after the other, before it goes with the rest
// at once.
func (s *Store) DeleteWorkflow(ctx context.Context, account, id string) error {
	err := again(ctx, func() error {
		d, err := s.draft(ctx, account, id)
		if err != nil {
			return err
		}
		versions, err := s.keysOf(ctx, versionKey(account, id, 0).partition)
		if err != nil {
			return err
		}
		trials, err := s.keysOf(ctx, versionKey(account, id, workflow.FirstTrial).partition)
		if err != nil {
			return err
		}
		chunks, err := s.keysOf(ctx, draftKey(account, id).partition)
		if err != nil {
			return err
		}
		chunks = slices.DeleteFunc(chunks, func(k key) bool { return k == draftKey(account, id) })
		writes := []write{
			{
				key: draftKey(account, id), remove: true,
				when:   exists + " AND #revision = :revision AND #latest = :latest",
				values: values{":revision": d.Revision, ":latest": d.Latest}, fails: moved,
			},
			{key: accountWorkflowKey(account, id), remove: true},
			{key: agentWorkflowKey(account, d.Agent, id), remove: true},
		}
		if d.HookSecret != "" {
			writes = append(writes, write{key: hookKey(d.HookSecret), remove: true})
		}
		rest := slices.Concat(trials, versions, chunks)
		if room := maxWrites - len(writes); len(rest) > room {
			early := len(rest) - room
			if err := s.removeAll(ctx, rest[:early]); err != nil {
				return err
			}
			rest = rest[early:]
		}
		return s.transact(ctx, append(writes, removals(rest)...)...)
	})
	return doing(err, "deleting workflow %s", id)
}

// ByHook implements workflow.Repository.
func (s *Store) ByHook(ctx context.Context, hookSecret string) (workflow.Workflow, error) {
	w, err := s.byHook(ctx, hookSecret)
	return w, doing(err, "finding the workflow of a webhook")
}

func (s *Store) byHook(ctx context.Context, hookSecret string) (workflow.Workflow, error) {
	i, err := s.get(ctx, hookKey(hookSecret), "", nil)
	if err != nil {
		return workflow.Workflow{}, err
	}
	if i == nil || hookSecret == "" {
		return workflow.Workflow{}, fault.NotFoundf("There is no webhook at this address.")
	}
	var m mark
	if err := unmarshal(i, &m); err != nil {
		return workflow.Workflow{}, err
	}
	return s.workflow(ctx, m.Account, m.ID)
}
