package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/bundle"
	"switchboard/internal/catalog"
	"switchboard/internal/compile"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

func bundlesOf(store *bolt.Store, agents *agent.Service, workflows *workflow.Service, credentials *credential.Service) *bundle.Service {
	return bundle.NewService(bundle.Config{Agents: agents, Workflows: workflows, Credentials: credentials, Audit: store, Now: time.Now})
}

// Export gives what is in a data folder as a bundle: of all agents, or of one. A stack
// that runs there goes on to run.
func Export(ctx context.Context, cfg Config, agentID string) (b bundle.Bundle, err error) {
	path := adminExport + "?" + url.Values{"agent_id": {agentID}}.Encode()
	return b, onBundles(ctx, cfg, http.MethodGet, path, nil, &b, func(s *bundle.Service) error {
		b, err = s.Export(ctx, Owner(), agentID)
		return err
	})
}

// Import makes what a bundle holds in a data folder. A stack that runs there goes on
// to run, and serves what is published.
func Import(ctx context.Context, cfg Config, text []byte, o bundle.Options) (r bundle.Report, err error) {
	path := adminImport + "?" + url.Values{
		"dry_run": {strconv.FormatBool(o.DryRun)}, "publish": {strconv.FormatBool(o.Publish)}, "replace": {strconv.FormatBool(o.Replace)},
	}.Encode()
	return r, onBundles(ctx, cfg, http.MethodPost, path, text, &r, func(s *bundle.Service) error {
		b, err := bundle.Read(text)
		if err == nil {
			r, err = s.Import(ctx, Owner(), b, o)
		}
		return err
	})
}

// onBundles asks the stack that has the folder open, or does it where none has.
func onBundles(ctx context.Context, cfg Config, method, path string, body []byte, into any, alone func(*bundle.Service) error) (err error) {
	runs, err := isRunning(cfg.Data)
	if err != nil {
		return err
	}
	if runs {
		res, err := ask(ctx, cfg.Data, method, path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		if err := errors.Join(json.NewDecoder(res.Body).Decode(into), res.Body.Close()); err != nil {
			return notAsked(cfg.Data, err)
		}
		return nil
	}
	store, err := bolt.Open(filepath.Join(cfg.Data, databaseFile), bolt.Options{Log: cfg.Log})
	if err != nil {
		return folderError(cfg.Data, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	offered, err := catalog.New()
	if err != nil {
		return err
	}
	// What is published is run by the next start; until then nothing is.
	runner, triggers := NewRunner(execution.NewEnds(store), nil, cfg.Log, time.Now), NewTriggers(cfg.Log, time.Now)
	agents := agent.NewService(store, time.Now)
	workflows := workflow.NewService(workflow.Config{
		Repository: store, Agents: agents, Credentials: store, Compiler: compile.New(offered, Functions()), Deployer: runner, Triggers: triggers, Now: time.Now,
	})
	err = alone(bundlesOf(store, agents, workflows, credential.NewService(credential.Config{Repository: store, Now: time.Now})))
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code != fault.Internal {
		return &UserError{Message: inWords(f)}
	}
	return err
}

// inWords is a fault for a terminal, with what it is about.
func inWords(err error) string {
	f := fault.Of(err)
	var b strings.Builder
	b.WriteString(f.Message)
	for _, field := range f.Fields {
		fmt.Fprintf(&b, " %s %s.", field.Pointer, strings.TrimSuffix(field.Message, "."))
	}
	return strings.TrimSpace(b.String() + " " + f.Hint)
}

func (s *Stack) serveExport(w http.ResponseWriter, r *http.Request) {
	b, err := s.bundles.Export(r.Context(), Owner(), r.URL.Query().Get("agent_id"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	writeAnswer(w, b)
}

func (s *Stack) serveImport(w http.ResponseWriter, r *http.Request) {
	var text bytes.Buffer
	if _, err := text.ReadFrom(http.MaxBytesReader(w, r.Body, 2*bundle.MaxBytes)); err != nil {
		s.refuse(w, r, fault.New(fault.PayloadTooLarge, "The bundle has more than %d bytes.", 2*bundle.MaxBytes).Because(err))
		return
	}
	set := func(name string) bool { return r.URL.Query().Get(name) == "true" }
	b, err := bundle.Read(text.Bytes())
	if err == nil {
		var report bundle.Report
		if report, err = s.bundles.Import(r.Context(), Owner(), b, bundle.Options{DryRun: set("dry_run"), Publish: set("publish"), Replace: set("replace")}); err == nil {
			writeAnswer(w, report)
			return
		}
	}
	s.refuse(w, r, err)
}
