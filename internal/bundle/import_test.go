package bundle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/bundle"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/local"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

var owner = account.Principal{Account: "acc_1", Actor: "owner", Role: account.Owner}

// noCredentials is an account that has none.
type noCredentials struct{}

func (noCredentials) List(context.Context, account.Principal, credential.Filter, page.Query) (page.Of[credential.Credential], error) {
	return page.Of[credential.Credential]{}, nil
}
func (noCredentials) Linked(context.Context, account.Principal, string) ([]string, error) {
	return nil, nil
}
func (noCredentials) Link(context.Context, account.Principal, string, string) error { return nil }

// office is a store with everything that imports. Its deployments are watched.
type office struct {
	*bundle.Service
	store  *bolt.Store
	deploy func(w workflow.Workflow, v workflow.Version) error
}

func (o *office) Deploy(_ context.Context, w workflow.Workflow, v workflow.Version) error {
	return o.deploy(w, v)
}
func (*office) Delete(context.Context, workflow.Workflow) error                   { return nil }
func (*office) Serve(context.Context, workflow.Workflow, *workflow.Version) error { return nil }

func newOffice(t *testing.T) *office {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	offered, err := connector.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{store: store, deploy: func(workflow.Workflow, workflow.Version) error { return nil }}
	agents := agent.NewService(store, time.Now)
	o.Service = bundle.NewService(bundle.Config{
		Agents: agents, Credentials: noCredentials{}, Audit: store, Now: time.Now,
		Workflows: workflow.NewService(workflow.Config{
			Repository: store, Agents: agents, Credentials: store, Compiler: compile.New(offered, local.Functions()), Deployer: o, Triggers: o, Now: time.Now,
		}),
	})
	return o
}

func (o *office) workflow(t *testing.T, id string) workflow.Workflow {
	t.Helper()
	w, err := o.store.Workflow(t.Context(), owner.Account, id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (o *office) imported(t *testing.T, b bundle.Bundle, options bundle.Options) bundle.Report {
	t.Helper()
	r, err := o.Import(t.Context(), owner, b, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func idOf(kind string, n int) string { return fmt.Sprintf("%s_0197%028x", kind, n) }

// saying is a document that gives a text.
func saying(text string) json.RawMessage {
	return json.RawMessage(`{"name": "Say", "trigger": {"type": "manual"}, "nodes": [{"id": "say", "type": "set", "config": {"values": {"text": "` + text +
		`"}}}], "edges": [{"from": "trigger", "to": "say"}]}`)
}

// twoOfOne is a workflow whose draft is another one than what serves.
func twoOfOne() bundle.Bundle {
	return bundle.Bundle{
		Format: bundle.Format, Version: bundle.Version, Agents: []bundle.BundledAgent{{ID: idOf("agt", 1), Name: "Ada"}},
		Workflows: []bundle.BundledWorkflow{{ID: idOf("wf", 1), Agent: idOf("agt", 1), Document: saying("draft"), Published: true, Serving: saying("serves")}},
	}
}

// TestPublishingLeavesTheDraft: what serves is published beside the draft, which is at no
// moment another one: not while it is deployed, and not where that is as far as it gets.
func TestPublishingLeavesTheDraft(t *testing.T) {
	o := newOffice(t)
	var during workflow.Workflow
	deployed := 0
	o.deploy = func(w workflow.Workflow, v workflow.Version) error {
		deployed++
		during = o.workflow(t, w.ID)
		if string(v.Document) != string(saying("serves")) {
			t.Errorf("deployed %s", v.Document)
		}
		return errors.New("cut off")
	}
	publish := bundle.Options{Publish: true}
	if _, err := o.Import(t.Context(), owner, twoOfOne(), publish); err == nil || deployed != 1 {
		t.Fatalf("err = %v after %d deployments; want one that fails", err, deployed)
	}
	after := o.workflow(t, during.ID)
	for when, w := range map[string]workflow.Workflow{"during": during, "after": after} {
		if string(w.Document) != string(saying("draft")) || w.Revision != 1 || w.Published != 0 {
			t.Errorf("%s it the draft is revision %d, %s, and version %d serves", when, w.Revision, w.Document, w.Published)
		}
	}

	// The same import goes on.
	o.deploy = func(workflow.Workflow, workflow.Version) error { return nil }
	r := o.imported(t, twoOfOne(), publish)
	w := o.workflow(t, r.Workflows[0].ID)
	if w.ID != during.ID || r.Workflows[0].Result != bundle.Unchanged || r.Workflows[0].Version != 1 || w.Published != 1 ||
		w.Revision != 1 || string(w.Document) != string(saying("draft")) {
		t.Errorf("report %+v of revision %d, version %d, %s", r.Workflows[0], w.Revision, w.Published, w.Document)
	}
	v, err := o.store.Version(t.Context(), owner.Account, w.ID, 1)
	if err != nil || string(v.Document) != string(saying("serves")) {
		t.Errorf("%s serves, %v", v.Document, err)
	}
}

// TestWhatIsWrittenOtherwiseIsTheDraft: the same document with other spaces is published
// as the draft has it, so that nobody is told of changes that are none.
func TestWhatIsWrittenOtherwiseIsTheDraft(t *testing.T) {
	o, b := newOffice(t), twoOfOne()
	b.Workflows[0].Serving = json.RawMessage(strings.ReplaceAll(string(saying("draft")), ": ", ":"))
	r := o.imported(t, b, bundle.Options{Publish: true})
	v, err := o.store.Version(t.Context(), owner.Account, r.Workflows[0].ID, 1)
	if err != nil || string(v.Document) != string(saying("draft")) {
		t.Errorf("%s serves, %v", v.Document, err)
	}
}

// TestOneAfterTheOther: a workflow that runs another one is published after it, whatever
// their order, and names the one that was made here.
func TestOneAfterTheOther(t *testing.T) {
	o, b := newOffice(t), twoOfOne()
	calls := json.RawMessage(`{"name": "Call", "trigger": {"type": "manual"}, "nodes": [{"id": "call", "type": "workflow", "config": {"workflow": "` +
		idOf("wf", 1) + `", "input": {}}}], "edges": [{"from": "trigger", "to": "call"}]}`)
	b.Workflows = append([]bundle.BundledWorkflow{{ID: idOf("wf", 2), Agent: idOf("agt", 1), Document: calls, Published: true}}, b.Workflows...)
	r := o.imported(t, b, bundle.Options{Publish: true})
	for _, w := range r.Workflows {
		if w.Version != 1 || w.Problem != "" {
			t.Errorf("%s: %+v", w.Name, w)
		}
	}
	if doc := string(o.workflow(t, r.Workflows[0].ID).Document); !strings.Contains(doc, r.Workflows[1].ID) || strings.Contains(doc, idOf("wf", 1)) {
		t.Errorf("it calls %s", doc)
	}
}

// TestCheck holds a bundle that is wrong to what its problem names.
func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func(*bundle.Bundle)
		pointer string
	}{
		"Format":          {func(b *bundle.Bundle) { b.Format = "other" }, "/format"},
		"Version":         {func(b *bundle.Bundle) { b.Version = 2 }, "/version"},
		"IDOfAnotherKind": {func(b *bundle.Bundle) { b.Workflows[0].ID = idOf("cred", 1) }, "/workflows/0/id"},
		"IDTwice":         {func(b *bundle.Bundle) { b.Agents = append(b.Agents, b.Agents[0]) }, "/agents/1/id"},
		"NoSuchAgent":     {func(b *bundle.Bundle) { b.Workflows[0].Agent = idOf("agt", 2) }, "/workflows/0/agent"},
		"NoSuchLink":      {func(b *bundle.Bundle) { b.Agents[0].Links = []string{idOf("cred", 1)} }, "/agents/0/links/0"},
		"NamelessCredential": {func(b *bundle.Bundle) {
			b.Credentials = []bundle.Placeholder{{ID: idOf("cred", 1), Type: "smtp"}}
		}, "/credentials/0"},
		"Document":        {func(b *bundle.Bundle) { b.Workflows[0].Document = json.RawMessage(`{"nodes": 1}`) }, "/workflows/0/document/nodes"},
		"ServingDocument": {func(b *bundle.Bundle) { b.Workflows[0].Serving = json.RawMessage(`[]`) }, "/workflows/0/published_document"},
	} {
		t.Run(name, func(t *testing.T) {
			o, b := newOffice(t), twoOfOne()
			c.spoil(&b)
			_, err := o.Import(t.Context(), owner, b, bundle.Options{})
			f := fault.Of(err)
			if f.Code != fault.ValidationFailed || len(f.Fields) == 0 || f.Fields[0].Pointer != c.pointer {
				t.Errorf("err = %v with %+v, want one at %s", err, f.Fields, c.pointer)
			}
			if agents, err := o.store.Agents(t.Context(), owner.Account, page.Query{}); err != nil || len(agents.Items) != 0 {
				t.Errorf("%d agents were made, %v", len(agents.Items), err)
			}
		})
	}
}

func TestReadIsStrict(t *testing.T) {
	for _, text := range []string{``, `[]`, `{"format": "a", "format": "b"}`, `{"secrets": []}`, `{"agents": [{"id": "x", "token": "y"}]}`} {
		if _, err := bundle.Read([]byte(text)); !fault.Is(err, fault.BadRequest) {
			t.Errorf("%s is read: %v", text, err)
		}
	}
}

// TestAccountsKeepApart: the same bundle makes other ids in every account, and the same
// ones each time in one.
func TestAccountsKeepApart(t *testing.T) {
	o := newOffice(t)
	first := o.imported(t, twoOfOne(), bundle.Options{DryRun: true})
	again := o.imported(t, twoOfOne(), bundle.Options{})
	other, err := o.Import(t.Context(), account.Principal{Account: "acc_2", Actor: "owner", Role: account.Owner}, twoOfOne(), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Workflows[0].ID != again.Workflows[0].ID || first.Agents[0].ID != again.Agents[0].ID {
		t.Errorf("%+v, and then %+v", first, again)
	}
	if other.Workflows[0].ID == again.Workflows[0].ID || other.Agents[0].ID == again.Agents[0].ID {
		t.Errorf("two accounts share ids: %+v, %+v", again, other)
	}
}
