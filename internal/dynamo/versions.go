package dynamo

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/value"
	"switchboard/internal/workflow"
)

type versionFields struct {
	Account     string          `dynamodbav:"account"`
	Workflow    string          `dynamodbav:"workflow"`
	Number      int             `dynamodbav:"number"`
	Document    json.RawMessage `dynamodbav:"-"`
	Definition  json.RawMessage `dynamodbav:"-"`
	SourceMap   json.RawMessage `dynamodbav:"-"`
	Credentials []string        `dynamodbav:"credentials"`
	Express     bool            `dynamodbav:"express"`
	Input       *value.Plan     `dynamodbav:"input,omitempty"`
	PublishedAt time.Time       `dynamodbav:"published_at"`
	PublishedBy string          `dynamodbav:"published_by"`
}

type versionItem struct {
	versionFields
	Body body `dynamodbav:"body"` // document, definition and source map
}

func (v *versionItem) chunks() key { return versionChunks(v.Account, v.Workflow, v.Number) }

func (v *versionItem) bodies() []part {
	return []part{{v.Body, v.chunks(), []*[]byte{
		(*[]byte)(&v.Document), (*[]byte)(&v.Definition), (*[]byte)(&v.SourceMap),
	}}}
}

func noVersion(id string, number int) *fault.Error {
	return fault.NotFoundf("The workflow %s has no version %d.", id, number)
}

// Publish implements workflow.Repository.
func (s *Store) Publish(ctx context.Context, v workflow.Version, hookSecret string) error {
	err := again(ctx, func() error { return s.publish(ctx, v, hookSecret) })
	return doing(err, "publishing workflow %s", v.Workflow)
}

func (s *Store) publish(ctx context.Context, v workflow.Version, hookSecret string) error {
	d, err := s.draft(ctx, v.Account, v.Workflow)
	if err != nil {
		return err
	}
	if v.Number != d.Latest+1 {
		return fault.New(fault.Conflict, "The workflow %s was published by somebody else.", v.Workflow).
			WithHint("Look at the new version; publish again if it is not what you meant.")
	}
	stored := versionItem{versionFields: versionFields(v)}
	var chunks []write
	if stored.Body, chunks, err = newBody(stored.chunks(), inlineMax, 0, v.Document, v.Definition, v.SourceMap); err != nil {
		return err
	}
	if hookSecret == "" {
		hookSecret = d.HookSecret
	}
	writes := []write{
		{
			key: draftKey(v.Account, v.Workflow), update: "SET #latest = :number, #published = :number, #hook_secret = :hook",
			when:   exists + " AND #latest = :latest AND #hook_secret = :had",
			values: values{":number": v.Number, ":hook": hookSecret, ":latest": d.Latest, ":had": d.HookSecret},
			fails:  moved,
		},
		{key: versionKey(v.Account, v.Workflow, v.Number), put: stored},
	}
	if hookSecret != d.HookSecret {
		writes = append(writes, newHook(mark{v.Account, v.Workflow}, hookSecret))
		if d.HookSecret != "" {
			writes = append(writes, write{key: hookKey(d.HookSecret), remove: true})
		}
	}
	return s.transact(ctx, append(writes, chunks...)...)
}

// PutTrial implements workflow.Repository.
func (s *Store) PutTrial(ctx context.Context, v workflow.Version) error {
	err := again(ctx, func() error {
		if _, err := s.draft(ctx, v.Account, v.Workflow); err != nil {
			return err
		}
		if there, err := s.get(ctx, versionKey(v.Account, v.Workflow, v.Number), "", nil); err != nil || there != nil {
			return err
		}
		stored := versionItem{versionFields: versionFields(v)}
		var chunks []write
		var err error
		if stored.Body, chunks, err = newBody(stored.chunks(), inlineMax, 0, v.Document, v.Definition, v.SourceMap); err != nil {
			return err
		}
		return s.transact(ctx, append([]write{
			{key: draftKey(v.Account, v.Workflow), when: exists, fails: otherwise(noWorkflow(v.Workflow))},
			{key: versionKey(v.Account, v.Workflow, v.Number), put: stored, when: notExists, fails: moved},
		}, chunks...)...)
	})
	return doing(err, "storing a trial of workflow %s", v.Workflow)
}

// Serve implements workflow.Repository. NotFound if there is no such version.
func (s *Store) Serve(ctx context.Context, account, id string, version int) error {
	writes := []write{{
		key: draftKey(account, id), update: "SET #published = :version", values: values{":version": version},
		when: exists, fails: otherwise(noWorkflow(id)),
	}}
	if version != 0 {
		writes = append(writes, write{
			key: versionKey(account, id, version), when: exists, fails: otherwise(noVersion(id, version)),
		})
	}
	return doing(s.transact(ctx, writes...), "serving version %d of workflow %s", version, id)
}

// Version implements workflow.Repository.
func (s *Store) Version(ctx context.Context, account, id string, number int) (workflow.Version, error) {
	v, err := s.version(ctx, account, id, number)
	return v, doing(err, "reading version %d of workflow %s", number, id)
}

func (s *Store) version(ctx context.Context, account, id string, number int) (workflow.Version, error) {
	i, err := s.get(ctx, versionKey(account, id, number), "", nil)
	if err != nil {
		return workflow.Version{}, err
	}
	if i == nil {
		return workflow.Version{}, noVersion(id, number)
	}
	versions, err := s.versions(ctx, []item{i})
	if err != nil {
		return workflow.Version{}, err
	}
	if versions[0] == nil {
		return workflow.Version{}, noVersion(id, number)
	}
	return *versions[0], nil
}

// Versions implements workflow.Repository. NotFound if the workflow is not there.
func (s *Store) Versions(ctx context.Context, account, id string, q page.Query) (p page.Of[workflow.Version], err error) {
	l := listing{name: "versions", partition: versionKey(account, id, 0).partition, newestFirst: true}
	if _, err = s.draft(ctx, account, id); err == nil {
		p, err = pageOf(ctx, s, l, q, s.versions)
	}
	return p, doing(err, "listing the versions of workflow %s", id)
}

// versions makes versions of their items. One whose chunks are gone was deleted
// just now, and is nil: a version never changes.
func (s *Store) versions(ctx context.Context, items []item) ([]*workflow.Version, error) {
	versions := make([]*workflow.Version, len(items))
	for n, i := range items {
		v := &versionItem{}
		if err := unmarshal(i, v); err != nil {
			return nil, err
		}
		switch err := fill(ctx, s, v); err {
		case nil:
			versions[n] = (*workflow.Version)(&v.versionFields)
		case errMoved: //nolint:errorlint // it is never wrapped
		default:
			return nil, err
		}
	}
	return versions, nil
}
