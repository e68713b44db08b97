package workflow

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
)

// publishTries is how often a publication begins again that another one overtook.
const publishTries = 5

// Publish compiles the draft and makes it the version that serves. A draft that
// serves already, and would be the same again, is no new version: that one is deployed
// anew, which mends what an earlier publication left half done, and given back. So a
// second click, even at the same moment, changes nothing. A draft with errors gives
// WorkflowInvalid with the diagnostics as details, one that is not meant PreconditionFailed.
func (s *Service) Publish(ctx context.Context, p account.Principal, id string, meant Precondition) (Workflow, Version, error) {
	return s.publishAs(ctx, p, id, meant, func(*Workflow) {})
}

// PublishDocument is Publish for a document that need not be the draft, which stays as
// it is.
func (s *Service) PublishDocument(ctx context.Context, p account.Principal, id string, document []byte) (Version, error) {
	doc, err := Parse(document)
	if err != nil {
		return Version{}, err
	}
	_, v, err := s.publishAs(ctx, p, id, nil, func(w *Workflow) { w.set(doc, document) })
	return v, err
}

func (s *Service) publishAs(ctx context.Context, p account.Principal, id string, meant Precondition, change func(*Workflow)) (Workflow, Version, error) {
	for try := 1; ; try++ {
		w, err := s.meant(ctx, p, id, meant)
		if err != nil {
			return w, Version{}, err
		}
		change(&w)
		if v, same, err := s.unchanged(ctx, p, w); err != nil {
			return w, Version{}, err
		} else if same {
			return w, v, s.deployAgain(ctx, w, v)
		}
		w, v, err := s.publish(ctx, p, w)
		if err == nil || !fault.Is(err, fault.Conflict) || try == publishTries {
			return w, v, err
		}
		// Another publication was faster: of the same draft, most likely.
	}
}

// unchanged gives the version that serves, if publishing the draft would make the same
// again: of the same text, and with the same definition, into which the names and types
// of other things go.
func (s *Service) unchanged(ctx context.Context, p account.Principal, w Workflow) (v Version, same bool, err error) {
	if w.Published == 0 {
		return v, false, nil
	}
	if v, err = s.Repository.Version(ctx, w.Account, w.ID, w.Published); err != nil {
		return v, false, fmt.Errorf("reading version: %w", err)
	}
	if !bytes.Equal(v.Document, w.Document) {
		return v, false, nil
	}
	compiled, err := s.compile(ctx, p, w, v.Number)
	if err != nil {
		return v, false, err
	}
	return v, bytes.Equal(compiled.Definition, v.Definition) && compiled.Express == v.Express && v.Input != nil, nil
}

func (s *Service) deployAgain(ctx context.Context, w Workflow, v Version) error {
	if err := s.checkSpacing(w.Account, v); err != nil {
		return err
	}
	if err := s.Deployer.Deploy(ctx, w, v); err != nil {
		return fmt.Errorf("deploying workflow: %w", err)
	}
	if err := s.Triggers.Serve(ctx, w, &v); err != nil {
		return fmt.Errorf("setting the trigger: %w", err)
	}
	return nil
}

func (s *Service) publish(ctx context.Context, p account.Principal, w Workflow) (Workflow, Version, error) {
	compiled, err := s.compile(ctx, p, w, w.Latest+1)
	if err != nil {
		return w, Version{}, err
	}
	v, err := s.version(p, w, w.Latest+1, compiled)
	if err != nil {
		return w, v, err
	}
	if err := s.checkSpacing(p.Account, v); err != nil {
		return w, v, err
	}
	if err := s.Deployer.Deploy(ctx, w, v); err != nil {
		return w, v, fmt.Errorf("deploying workflow: %w", err)
	}
	secret := ""
	if w.Trigger == "webhook" && w.HookSecret == "" {
		if secret, err = newHookSecret(); err != nil {
			return w, v, err
		}
		w.HookSecret = secret
	}
	if err := s.Repository.Publish(audit.With(ctx, p, audit.PublishWorkflow, w.ID), v, secret); err != nil {
		return w, v, fmt.Errorf("publishing workflow: %w", err)
	}
	w.Published, w.Latest = v.Number, v.Number
	if err := s.Triggers.Serve(ctx, w, &v); err != nil {
		return w, v, fmt.Errorf("setting the trigger: %w", err)
	}
	return w, v, nil
}

// version is what a draft was compiled to, as a version.
func (s *Service) version(p account.Principal, w Workflow, number int, compiled *Compiled) (Version, error) {
	v := Version{
		Account: p.Account, Workflow: w.ID, Number: number, Document: w.Document, Definition: compiled.Definition,
		Credentials: compiled.Credentials, Express: compiled.Express, Input: compiled.Input, PublishedAt: s.Now().UTC(), PublishedBy: p.Actor,
	}
	var err error
	if v.SourceMap, err = json.Marshal(compiled.SourceMap); err != nil {
		return v, fmt.Errorf("encoding the source map: %w", err)
	}
	return v, nil
}

func (s *Service) compile(ctx context.Context, p account.Principal, w Workflow, version int) (*Compiled, error) {
	doc, err := Parse(w.Document)
	if err != nil {
		return nil, err
	}
	subject, failed, err := s.subject(ctx, p, w, version)
	if err != nil {
		return nil, err
	}
	compiled, diagnostics := s.Compiler.Compile(doc, subject)
	if err := failed(); err != nil {
		return nil, err
	}
	if compiled == nil {
		return nil, invalid(diagnostics)
	}
	return compiled, nil
}

func invalid(diagnostics Diagnostics) *fault.Error {
	errs := diagnostics.Errors()
	f := fault.New(fault.WorkflowInvalid, "The workflow has %s, so it cannot be published.", counted(len(errs))).
		WithHint("Mend what the diagnostics name, and publish again.")
	f.Details = diagnostics
	for _, d := range errs {
		f.Fields = append(f.Fields, fault.Field{Pointer: d.Pointer, Message: d.Message, Hint: d.Hint})
	}
	return f
}

func counted(errs int) string {
	if errs == 1 {
		return "an error"
	}
	return fmt.Sprintf("%d errors", errs)
}

func newHookSecret() (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("making the webhook's URL: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(random), nil
}

// NextRuns gives the next times at which a version starts by its schedule; none for
// other triggers.
func (s *Service) NextRuns(v Version, n int) ([]time.Time, error) {
	doc, err := Parse(v.Document)
	if err != nil {
		return nil, fmt.Errorf("reading version: %w", err)
	}
	runs, err := s.nextRuns(doc, v.PublishedAt, n)
	if err != nil {
		return nil, fmt.Errorf("reading schedule: %w", err)
	}
	return runs, nil
}

func (s *Service) nextRuns(doc *Document, published time.Time, n int) ([]time.Time, error) {
	if doc.Trigger == nil || doc.Trigger.Type != TriggerSchedule {
		return nil, nil
	}
	runs, err := ReadSchedule(doc.Trigger.Config)
	if err != nil {
		return nil, err
	}
	return runs.NextRuns(s.Now(), published, n), nil
}

// RunsIfPublished gives the next times at which a document would start by its
// schedule if it were published now. One that has none, or whose schedule cannot be
// read, which the diagnostics say, gives none.
func (s *Service) RunsIfPublished(document []byte, n int) []time.Time {
	doc, err := Parse(document)
	if err != nil {
		return nil
	}
	runs, err := s.nextRuns(doc, s.Now(), n)
	if err != nil {
		return nil
	}
	return runs
}

// NextRun is when the version that serves starts next by its schedule; zero if
// nothing serves, or if the draft or that version has another trigger.
func (s *Service) NextRun(ctx context.Context, w Workflow) (time.Time, error) {
	if w.Published == 0 || w.Trigger != TriggerSchedule {
		return time.Time{}, nil
	}
	v, err := s.Repository.Version(ctx, w.Account, w.ID, w.Published)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading version: %w", err)
	}
	runs, err := s.NextRuns(v, 1)
	if err != nil || len(runs) == 0 {
		return time.Time{}, err
	}
	return runs[0], nil
}

// Rollback makes an earlier version serve again. The draft stays as it is.
// It was checked when it was published, while what it names may be another by now: so
// WorkflowInvalid, with the diagnostics, for what publishing it now would be refused for.
func (s *Service) Rollback(ctx context.Context, p account.Principal, id string, version int) (Workflow, error) {
	v, err := s.Repository.Version(ctx, p.Account, id, version)
	if err != nil {
		return Workflow{}, fmt.Errorf("reading version: %w", err)
	}
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	if v.Trial() {
		return Workflow{}, fault.NotFoundf("The workflow %s has no version %d.", id, version)
	}
	if err := s.checkAgain(ctx, p, w, v); err != nil {
		return w, err
	}
	if err := s.Deployer.Deploy(ctx, w, v); err != nil {
		return w, fmt.Errorf("deploying workflow: %w", err)
	}
	return s.serve(ctx, p, id, &v)
}

// checkAgain refuses a version that could not be published now: workflows that it runs
// may be gone or run it themselves, credentials may be linked no more, and the quota of
// schedules may be another one.
func (s *Service) checkAgain(ctx context.Context, p account.Principal, w Workflow, v Version) error {
	w.Document = v.Document
	diagnostics, err := s.check(ctx, p, w)
	if err != nil {
		return err
	}
	if errs := diagnostics.Errors(); len(errs) > 0 {
		f := invalid(diagnostics)
		f.Message = fmt.Sprintf("Version %d has %s by now, so it cannot serve.", v.Number, counted(len(errs)))
		return f.WithHint("Mend what the diagnostics name, or have another version serve.")
	}
	return s.checkSpacing(p.Account, v)
}

// Unpublish makes no version serve: nothing starts any more.
func (s *Service) Unpublish(ctx context.Context, p account.Principal, id string) (Workflow, error) {
	return s.serve(ctx, p, id, nil)
}

func (s *Service) serve(ctx context.Context, p account.Principal, id string, v *Version) (Workflow, error) {
	number, action := 0, audit.UnpublishWorkflow
	if v != nil {
		number, action = v.Number, audit.RollbackWorkflow
	}
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	if v != nil || w.Published != 0 { // one that is not published is not unpublished by anybody
		if err := s.Repository.Serve(audit.With(ctx, p, action, id), p.Account, id, number); err != nil {
			return Workflow{}, fmt.Errorf("changing what serves: %w", err)
		}
		if w, err = s.Get(ctx, p, id); err != nil {
			return w, err
		}
	}
	if err := s.Triggers.Serve(ctx, w, v); err != nil {
		return w, fmt.Errorf("setting the trigger: %w", err)
	}
	return w, nil
}
