package workflow

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// Publish compiles the draft and makes it the version that serves. A draft with
// errors gives WorkflowInvalid with the diagnostics as details.
func (s *Service) Publish(ctx context.Context, p account.Principal, id string) (Workflow, Version, error) {
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, Version{}, err
	}
	compiled, err := s.compile(ctx, p, w)
	if err != nil {
		return w, Version{}, err
	}
	v := Version{
		Account: p.Account, Workflow: w.ID, Number: w.Latest + 1, Document: w.Document, Definition: compiled.Definition,
		Credentials: compiled.Credentials, Express: compiled.Express, PublishedAt: s.Now().UTC(), PublishedBy: p.Actor,
	}
	if v.SourceMap, err = json.Marshal(compiled.SourceMap); err != nil {
		return w, v, fmt.Errorf("encoding the source map: %w", err)
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
	if err := s.Repository.Publish(ctx, v, secret); err != nil {
		return w, v, fmt.Errorf("publishing workflow: %w", err)
	}
	w.Published, w.Latest = v.Number, v.Number
	if err := s.Triggers.Serve(ctx, w, &v); err != nil {
		return w, v, fmt.Errorf("setting the trigger: %w", err)
	}
	return w, v, nil
}

func (s *Service) compile(ctx context.Context, p account.Principal, w Workflow) (*Compiled, error) {
	doc, err := Parse(w.Document)
	if err != nil {
		return nil, err
	}
	subject, failed, err := s.subject(ctx, p, w, w.Latest+1)
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
	text := fmt.Sprintf("%d errors", len(errs))
	if len(errs) == 1 {
		text = "an error"
	}
	f := fault.New(fault.WorkflowInvalid, "The workflow has %s, so it cannot be published.", text).
		WithHint("Mend what the diagnostics name, and publish again.")
	f.Details = diagnostics
	for _, d := range errs {
		f.Fields = append(f.Fields, fault.Field{Pointer: d.Pointer, Message: d.Message, Hint: d.Hint})
	}
	return f
}

func newHookSecret() (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("making the webhook's URL: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(random), nil
}

// NextRuns gives the next times of a schedule trigger; none for other triggers.
func (s *Service) NextRuns(v Version, n int) ([]time.Time, error) {
	doc, err := Parse(v.Document)
	if err != nil {
		return nil, fmt.Errorf("reading version: %w", err)
	}
	if doc.Trigger == nil || doc.Trigger.Type != TriggerSchedule {
		return nil, nil
	}
	runs, err := ReadSchedule(doc.Trigger.Config)
	if err != nil {
		return nil, fmt.Errorf("reading schedule: %w", err)
	}
	return runs.NextRuns(s.Now(), v.PublishedAt, n), nil
}

// Rollback makes an earlier version serve again. The draft stays as it is.
func (s *Service) Rollback(ctx context.Context, p account.Principal, id string, version int) (Workflow, error) {
	v, err := s.Repository.Version(ctx, p.Account, id, version)
	if err != nil {
		return Workflow{}, fmt.Errorf("reading version: %w", err)
	}
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	if err := s.Deployer.Deploy(ctx, w, v); err != nil {
		return w, fmt.Errorf("deploying workflow: %w", err)
	}
	return s.serve(ctx, p, id, &v)
}

// Unpublish makes no version serve: nothing starts any more.
func (s *Service) Unpublish(ctx context.Context, p account.Principal, id string) (Workflow, error) {
	return s.serve(ctx, p, id, nil)
}

func (s *Service) serve(ctx context.Context, p account.Principal, id string, v *Version) (Workflow, error) {
	number := 0
	if v != nil {
		number = v.Number
	}
	if err := s.Repository.Serve(ctx, p.Account, id, number); err != nil {
		return Workflow{}, fmt.Errorf("changing what serves: %w", err)
	}
	w, err := s.Get(ctx, p, id)
	if err != nil {
		return w, err
	}
	if err := s.Triggers.Serve(ctx, w, v); err != nil {
		return w, fmt.Errorf("setting the trigger: %w", err)
	}
	return w, nil
}
