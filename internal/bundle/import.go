package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Options say how to import.
type Options struct {
	DryRun  bool // say what would be done, and do nothing
	Publish bool // publish what was published where the bundle is from
	Replace bool // replace drafts that are there and differ
}

// Results of what is in a bundle.
const (
	Created   = "created"
	Exists    = "exists"    // an agent or a link that is there already
	Matched   = "matched"   // a credential of the account has the type and the name
	Missing   = "missing"   // none has: connect it, and import again
	Unchanged = "unchanged" // the draft is what the bundle has
	Connected = "connected" // credentials were missing in the draft, and are put in now
	Kept      = "kept"      // the draft is another one, and stays
	Replaced  = "replaced"  // the draft was another one
)

// Report says what was done, or would be.
type Report struct {
	DryRun      bool               `json:"dry_run" doc:"Nothing was done: this is what would be"`
	Agents      []AgentReport      `json:"agents" nullable:"false"`
	Credentials []CredentialReport `json:"credentials" nullable:"false"`
	Links       []LinkReport       `json:"links" nullable:"false"`
	Workflows   []WorkflowReport   `json:"workflows" nullable:"false"`
}

// AgentReport is what became of an agent.
type AgentReport struct {
	Source      string `json:"source" doc:"Its id in the bundle"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	Result      string `json:"result" enum:"created,exists"`
	RenamedFrom string `json:"renamed_from,omitempty" doc:"Its name in the bundle, where another agent had that"`
}

// CredentialReport says which credential stands for a placeholder.
type CredentialReport struct {
	Source string `json:"source" doc:"Its id in the bundle"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Result string `json:"result" enum:"matched,missing"`
	ID     string `json:"id,omitempty" doc:"The account's own credential"`
}

// LinkReport is what became of a link.
type LinkReport struct {
	Agent      string `json:"agent_id"`
	Credential string `json:"credential_id"`
	Result     string `json:"result" enum:"created,exists"`
}

// WorkflowReport is what became of a workflow.
type WorkflowReport struct {
	Source  string   `json:"source" doc:"Its id in the bundle"`
	ID      string   `json:"id"`
	Agent   string   `json:"agent_id"`
	Name    string   `json:"name"`
	Result  string   `json:"result" enum:"created,unchanged,connected,kept,replaced"`
	Missing []string `json:"missing,omitempty" doc:"Ids in the bundle of credentials and workflows that its documents name and that the account does not have"`
	// Version is what serves now, if the import published it.
	Version     int                   `json:"published_version,omitempty" doc:"The version that this import published"`
	Diagnostics []workflow.Diagnostic `json:"diagnostics,omitempty" doc:"The errors that keep it from being published"`
	Problem     string                `json:"problem,omitempty" doc:"Why it could not be published"`
}

// Import makes what a bundle holds. All of it is checked first: the bundle, and whether
// the account has room. What is in the account already stays as it is, unless the
// options say otherwise. Where it is cut off, the same import goes on.
func (s *Service) Import(ctx context.Context, p account.Principal, b Bundle, o Options) (Report, error) {
	if err := b.Check(); err != nil {
		return Report{}, err
	}
	plan, err := s.plan(ctx, p, b, o)
	if err != nil {
		return Report{}, err
	}
	if !o.DryRun {
		if err := s.carryOut(ctx, p, plan, o); err != nil {
			return plan.report, fmt.Errorf("importing; the same import goes on: %w", err)
		}
	}
	return plan.report, nil
}

// plan is what an import is going to do.
type plan struct {
	report    Report
	agents    []BundledAgent // beside report.Agents: those of the bundle
	workflows []planned
}

// planned is a workflow of a plan, beside its report.
type planned struct {
	draft     json.RawMessage // what is to be the draft; nil: what is there
	serving   json.RawMessage // what is to serve; nil: nothing that is to be published
	revision  int64           // of the draft that is there
	published int             // what serves
}

func (s *Service) plan(ctx context.Context, p account.Principal, b Bundle, o Options) (*plan, error) {
	made := &plan{agents: b.Agents, report: Report{
		DryRun: o.DryRun, Agents: []AgentReport{}, Credentials: []CredentialReport{}, Links: []LinkReport{}, Workflows: []WorkflowReport{},
	}}
	ids := map[string]string{} // from those of the bundle to those of the account
	if err := s.planAgents(ctx, p, b, made, ids); err != nil {
		return nil, err
	}
	if err := s.planCredentials(ctx, p, b, made, ids); err != nil {
		return nil, err
	}
	if err := s.planLinks(ctx, p, b, made, ids); err != nil {
		return nil, err
	}
	return made, s.planWorkflows(ctx, p, b, o, made, ids)
}

func (s *Service) planAgents(ctx context.Context, p account.Principal, b Bundle, made *plan, ids map[string]string) error {
	there, err := s.agents(ctx, p, "")
	if err != nil {
		return err
	}
	byID, names := map[string]agent.Agent{}, map[string]bool{}
	for _, a := range there {
		byID[a.ID], names[a.Name] = a, true
	}
	for i, a := range b.Agents {
		r := AgentReport{Source: a.ID, ID: a.ID, Result: Exists}
		found, ok := byID[a.ID]
		if !ok {
			r.ID = idIn(p.Account, a.ID)
			found, ok = byID[r.ID]
		}
		if ok {
			r.Name = found.Name
		} else {
			if err := agent.Check(a.Name, a.Description); err != nil {
				f := fault.Of(err)
				for j := range f.Fields {
					f.Fields[j].Pointer = fmt.Sprintf("/agents/%d%s", i, f.Fields[j].Pointer)
				}
				return f
			}
			r.Result, r.Name = Created, free(a.Name, names)
			if r.Name != a.Name {
				r.RenamedFrom = a.Name
			}
			names[r.Name] = true
		}
		ids[a.ID] = r.ID
		made.report.Agents = append(made.report.Agents, r)
	}
	return nil
}

// free is a name that is not taken: the same, or with a number behind it.
func free(name string, taken map[string]bool) string {
	for n, candidate := 2, name; ; n++ {
		if !taken[candidate] {
			return candidate
		}
		suffix := fmt.Sprintf(" (%d)", n)
		short := []rune(name)
		if room := agent.MaxName - utf8.RuneCountInString(suffix); len(short) > room {
			short = short[:room]
		}
		candidate = string(short) + suffix
	}
}

// planCredentials finds one of the same type and name for every placeholder: of
// several, that which was there first.
func (s *Service) planCredentials(ctx context.Context, p account.Principal, b Bundle, made *plan, ids map[string]string) error {
	there, err := s.credentials(ctx, p)
	if err != nil {
		return err
	}
	for _, c := range b.Credentials {
		r := CredentialReport{Source: c.ID, Type: c.Type, Name: c.Name, Result: Missing}
		if own, ok := there[c.ID]; ok && own.Type == c.Type {
			r.Result, r.ID = Matched, c.ID
		} else {
			var first credential.Credential
			for _, own := range there {
				if own.Type == c.Type && own.Name == c.Name && (first.ID == "" || own.ID < first.ID) {
					first = own
				}
			}
			if first.ID != "" {
				r.Result, r.ID = Matched, first.ID
			}
		}
		if r.ID != "" {
			ids[c.ID] = r.ID
		}
		made.report.Credentials = append(made.report.Credentials, r)
	}
	return nil
}

func (s *Service) planLinks(ctx context.Context, p account.Principal, b Bundle, made *plan, ids map[string]string) error {
	for i, a := range b.Agents {
		agentID, linked := ids[a.ID], map[string]bool{}
		if made.report.Agents[i].Result == Exists {
			links, err := s.Credentials.Linked(ctx, p, agentID)
			if err != nil {
				return err
			}
			for _, link := range links {
				linked[link] = true
			}
		}
		for _, link := range a.Links {
			own := ids[link]
			if own == "" {
				continue // it is missing
			}
			r := LinkReport{Agent: agentID, Credential: own, Result: Created}
			if linked[own] {
				r.Result = Exists
			}
			linked[own] = true
			made.report.Links = append(made.report.Links, r)
		}
	}
	return nil
}

func (s *Service) planWorkflows(ctx context.Context, p account.Principal, b Bundle, o Options, made *plan, ids map[string]string) error {
	there, more := make([]*workflow.Workflow, len(b.Workflows)), 0
	for i, w := range b.Workflows {
		for _, id := range []string{w.ID, idIn(p.Account, w.ID)} {
			found, err := s.Workflows.Get(ctx, p, id)
			if err == nil {
				there[i] = &found
				break
			}
			if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if there[i] == nil {
			ids[w.ID] = idIn(p.Account, w.ID)
			more++
		} else {
			ids[w.ID] = there[i].ID
		}
	}
	if more > 0 {
		if err := s.Workflows.Room(ctx, p.Account, more); err != nil {
			return err
		}
	}
	for i, w := range b.Workflows {
		r := WorkflowReport{Source: w.ID, ID: ids[w.ID], Agent: ids[w.Agent], Result: Created}
		if doc, err := workflow.Parse(w.Document); err == nil {
			r.Name = doc.Name
		}
		var err error
		if r.Missing, err = s.missing(ctx, p, ids, w); err != nil {
			return err
		}
		next := planned{draft: with(w.Document, ids)}
		if found := there[i]; found != nil {
			r.Agent, next.revision, next.published = found.Agent, found.Revision, found.Published
			r.Result, next.draft = s.decide(*found, next.draft, with(found.Document, ids), o)
		}
		if o.Publish && w.Published && r.Result != Kept {
			next.serving = with(w.Document, ids)
			if w.Serving != nil {
				next.serving = with(w.Serving, ids)
			}
		}
		made.report.Workflows = append(made.report.Workflows, r)
		made.workflows = append(made.workflows, next)
	}
	return nil
}

// decide says what becomes of a draft that is there, and gives the new one, if any.
func (s *Service) decide(found workflow.Workflow, wanted, filled json.RawMessage, o Options) (string, json.RawMessage) {
	switch {
	case same(found.Document, wanted):
		return Unchanged, nil
	case o.Replace:
		return Replaced, wanted
	case string(filled) != string(found.Document):
		return Connected, filled
	default:
		return Kept, nil
	}
}

// missing lists what a workflow's documents name and nobody has.
func (s *Service) missing(ctx context.Context, p account.Principal, ids map[string]string, w BundledWorkflow) ([]string, error) {
	var missing []string
	seen := map[string]bool{}
	for _, m := range reference().FindAllSubmatch(append(append(json.RawMessage{}, w.Document...), w.Serving...), -1) {
		id := string(m[1])
		if seen[id] || ids[id] != "" {
			continue
		}
		seen[id] = true
		var err error
		if id[0] == 'w' {
			_, err = s.Workflows.Get(ctx, p, id)
		} else {
			_, err = s.Workflows.Credentials.Credential(ctx, p.Account, id)
		}
		switch {
		case fault.Is(err, fault.NotFound):
			missing = append(missing, id)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// with puts ids in the places of others.
func with(text json.RawMessage, ids map[string]string) json.RawMessage {
	return reference().ReplaceAllFunc(text, func(quoted []byte) []byte {
		if id := ids[string(quoted[1:len(quoted)-1])]; id != "" {
			return []byte(`"` + id + `"`)
		}
		return quoted
	})
}

func (s *Service) carryOut(ctx context.Context, p account.Principal, made *plan, o Options) error {
	for i, r := range made.report.Agents {
		if r.Result != Created {
			continue
		}
		_, err := s.Agents.CreateAs(ctx, p, r.ID, r.Name, made.agents[i].Description)
		if err != nil && !fault.Is(err, fault.Conflict) { // the same import at the same moment
			return err
		}
	}
	for _, r := range made.report.Links {
		if r.Result == Created {
			if err := s.Credentials.Link(ctx, p, r.Agent, r.Credential); err != nil {
				return err
			}
		}
	}
	for i := range made.workflows {
		if err := s.store(ctx, p, made.report.Workflows[i], &made.workflows[i]); err != nil {
			return err
		}
	}
	if o.Publish {
		if err := s.publish(ctx, p, made); err != nil {
			return err
		}
	}
	for i := range made.report.Workflows {
		r := &made.report.Workflows[i]
		diagnostics, err := s.Workflows.CheckDraft(ctx, p, r.ID)
		if err != nil {
			return err
		}
		r.Diagnostics = diagnostics.Errors()
	}
	return nil
}

func (s *Service) store(ctx context.Context, p account.Principal, r WorkflowReport, w *planned) error {
	if w.draft == nil {
		return nil
	}
	if r.Result == Created {
		stored, err := s.Workflows.CreateAs(ctx, p, r.ID, r.Agent, w.draft)
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		w.revision = stored.Revision
		return err
	}
	stored, err := s.Workflows.Put(ctx, p, r.ID, w.revision, w.draft)
	w.revision = stored.Revision
	return err
}

// publish publishes what is to serve. One that runs another can only be published
// after that, so it goes round as long as that helps.
func (s *Service) publish(ctx context.Context, p account.Principal, made *plan) error {
	for progress := true; progress; {
		progress = false
		for i := range made.workflows {
			r, w := &made.report.Workflows[i], &made.workflows[i]
			if w.serving == nil {
				continue
			}
			version, err := s.publishOne(ctx, p, r.ID, *w)
			switch f := fault.Of(err); {
			case err == nil:
				progress = true
				r.Version, r.Problem, w.serving = version, "", nil
			case f.Code.Means().Status >= 500:
				return err
			default:
				r.Problem = f.Message
			}
		}
	}
	return nil
}

// publishOne publishes a document, which need not be the draft.
func (s *Service) publishOne(ctx context.Context, p account.Principal, id string, w planned) (int, error) {
	current, err := s.Workflows.Get(ctx, p, id)
	if err != nil {
		return 0, err
	}
	if current.Published > 0 && w.draft == nil {
		return current.Published, nil // an import published it before
	}
	if same(current.Document, w.serving) { // however it is written
		w.serving = current.Document
	}
	v, err := s.Workflows.PublishDocument(ctx, p, id, w.serving)
	return v.Number, err
}
