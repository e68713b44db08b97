// Package task runs one action node: it is what happens inside a connector's
// Lambda, and the same code inside the local stack.
//
// The order of things is what makes a step happen once. Everything that can fail
// without a trace comes first: the link, the secret, the templates, the fields.
// Then the record "begun" is written, and only then is the service called. After
// the call the record says done, with the output, or released, when the service
// did not do it. A later attempt looks at the record: done gives the stored output
// and makes no call; released may begin again; begun means that nobody knows, and
// the call is only made again where doing it twice does no harm or the author said
// so.
package task

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/request"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
	"switchboard/internal/template"
	"switchboard/internal/value"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// MaxRateLimitWait is the longest that an attempt waits because a service asked for
// it. Package compile gives the state that much more time.
const MaxRateLimitWait = 280 * time.Second

// Task is the payload of an action's function. Package compile writes it.
type Task struct {
	Account   string `json:"account"`
	Agent     string `json:"agent"`
	Workflow  string `json:"workflow"`
	Version   int    `json:"version"`
	Execution string `json:"execution"`
	Node      string `json:"node"`
	Iteration string `json:"iteration,omitempty"`
	Request   string `json:"request,omitempty"` // for the log; see package request
	Action    string `json:"action"`
	Attempt   int    `json:"attempt"` // 0 is the first
	// Credential is nil where the action needs none.
	Credential     *Credential    `json:"credential,omitempty"`
	Config         map[string]any `json:"config"`
	TimeoutSeconds int            `json:"timeout_seconds"`
	OnUncertain    string         `json:"on_uncertain,omitempty"`
	// Output says what of a large output has to go along; nil is nothing.
	Output *value.Plan `json:"output,omitempty"`
	// Variables hold the values that the config's templates name: trigger, steps,
	// execution, workflow and agent by path, and under vars the named ones.
	Variables map[string]any `json:"variables,omitempty"`
	// Private are texts within the variables that nobody else may see: they are taken
	// out of what is stored and shown, as secrets are.
	Private []string `json:"private,omitempty"`
}

// Credential names the secret that a task uses.
type Credential struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Config is what a Host is made of.
type Config struct {
	Connector connector.Connector
	Records   Records
	Secrets   credential.Secrets
	Opener    vault.Opener
	Network   *outbound.Network
	Log       *slog.Logger
	Now       func() time.Time
	Meter     Meter // nil means none

	// What credentials with an OAuth grant need besides. Without Grants they can be
	// used as long as their token holds.
	Grants credential.Grants
	Sealer vault.Sealer
	App    App // the deployment's own client, if it has one
}

// Host runs the tasks of one connector. It is safe for concurrent use.
type Host struct {
	Config
	templates templates
	kept      kept
	tokens    tokens
}

// NewHost returns a host.
func NewHost(c Config) *Host { return &Host{Config: c} }

// Run runs one attempt of a task and returns the action's output. The error is
// always a fault whose code is a task's, and holds no secret.
func (h *Host) Run(ctx context.Context, payload []byte) (json.RawMessage, error) {
	t, err := readTask(payload)
	if err != nil {
		return nil, fault.New(fault.Internal, "The task could not be read.").Because(err)
	}
	ctx = request.WithID(ctx, t.Request)
	a, output, err := h.attempt(ctx, t)
	if err == nil {
		h.measure(ctx, t, a, "")
		return output, nil
	}
	f := a.withoutPersonal(redacted(asTaskFault(err), a.redactor))
	h.measure(ctx, t, a, f.Code)
	slog.New(taskLog{h.Log.Handler(), &t}).LogAttrs(ctx, slog.LevelWarn, "task failed",
		slog.String("action", h.Connector.Name+"."+t.Action), slog.Int("attempt", t.Attempt+1),
		slog.String("error", string(f.Code)), slog.String("detail", a.withoutContent(f.Error())))
	return nil, f
}

// attempt makes one attempt of a task. It is given along with the error.
func (h *Host) attempt(ctx context.Context, t Task) (a *attempt, output json.RawMessage, err error) {
	a = &attempt{Host: h, task: t, key: t.key()}
	earlier, waited, err := h.waitAsAsked(ctx, t)
	a.waited = waited
	if err != nil {
		return a, nil, err
	}
	if output, there, err := a.resultIn(ctx, earlier); there {
		return a, output, err
	}
	prepared, err := h.prepare(ctx, t)
	if prepared != nil {
		prepared.waited = waited
		a = prepared
	}
	switch {
	case err == nil:
		output, err = a.once(ctx)
	case fault.Is(err, fault.CredentialNotLinked), fault.Is(err, fault.CredentialUnreadable):
		// None is needed for what is not done again.
		if stored, recordErr := h.Records.Record(ctx, a.key); recordErr == nil {
			if known, there, knownErr := a.resultIn(ctx, stored); there {
				return a, known, knownErr
			}
		}
	}
	return a, output, err
}

// attempt is a task that is ready to call the service.
type attempt struct {
	*Host
	task     Task
	key      Key
	action   connector.Action
	call     *connector.Call
	redactor *secret.Redactor
	input    json.RawMessage // the rendered fields, as they may be stored and shown
	config   map[string]any  // the rendered fields
	openings []Opening       // of the credential: one, or none
	called   time.Duration   // how long the service took; 0: it was not called
	waited   time.Duration   // because a service had asked for it
}

// prepare gives the attempt, along with the error where the fields are wrong: what they
// hold is known by then.
func (h *Host) prepare(ctx context.Context, t Task) (*attempt, error) {
	action, ok := h.Connector.Action(t.Action)
	if !ok {
		return nil, fault.New(fault.InvalidInput, "%s has no action %q.", h.Connector.Title, t.Action)
	}
	sealed, err := h.find(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := h.resolve(ctx, &t); err != nil {
		return nil, err
	}
	config, err := h.render(t, action)
	if err != nil {
		return nil, err
	}
	a := &attempt{
		Host: h, task: t, action: action, config: config,
		key: t.key(),
	}
	input, problems := action.Input.Decode(config)
	if len(problems) > 0 {
		return a, invalidInput(problems) // it may quote a value
	}
	// Last of all, so that it is opened for a call that is about to be on record.
	cred, err := h.open(ctx, t, sealed)
	if err != nil {
		return nil, err
	}
	a.call, a.redactor = h.Network.NewCall(h.Connector, outbound.Task{
		Input: input, Credential: cred, Key: idempotencyKey(a.key), Log: slog.New(taskLog{h.Log.Handler(), &a.task}), Now: h.Now,
	})
	if t.Credential != nil {
		a.openings = []Opening{{Credential: t.Credential.ID, Agent: t.Agent, Workflow: t.Workflow, At: h.Now().UTC()}}
	}
	for _, text := range t.Private {
		a.redactor.Hide(text)
	}
	h.keepFresh(a.call, t.renewal(), nil)
	if a.input, err = value.Encode(a.redactor.Value(action.Input.Storable(config))); err != nil {
		return nil, fmt.Errorf("encoding the fields: %w", err)
	}
	return a, nil
}

// find reads the credential, if the task names one, and checks the link at this moment.
func (h *Host) find(ctx context.Context, t Task) (vault.Sealed, error) {
	if t.Credential == nil {
		return vault.Sealed{}, nil
	}
	sealed, linked, err := h.Secrets.Sealed(ctx, t.Account, t.Credential.Type, t.Credential.ID, t.Agent)
	switch {
	case fault.Is(err, fault.NotFound):
		return sealed, fault.New(fault.CredentialNotLinked, "The credential of this node was deleted.").
			WithHint("Choose another credential for the node, and publish the workflow again.")
	case err != nil:
		return sealed, fmt.Errorf("reading the credential: %w", err)
	case !linked:
		return sealed, fault.New(fault.CredentialNotLinked, "The credential of this node is not linked to the agent.").
			WithHint("Link it on the agent's Integrations page, then run the execution again from this node.")
	}
	return sealed, nil
}

// open opens what find has found.
func (h *Host) open(ctx context.Context, t Task, sealed vault.Sealed) (connector.Credential, error) {
	if t.Credential == nil {
		return connector.Credential{}, nil
	}
	credentialType, ok := h.Connector.CredentialType(t.Credential.Type)
	if !ok {
		return connector.Credential{}, fault.New(fault.CredentialUnreadable, "%s does not take credentials of type %q.", h.Connector.Title, t.Credential.Type)
	}
	return h.unseal(ctx, vault.Place{Account: t.Account, Credential: t.Credential.ID, CredentialType: t.Credential.Type}, credentialType, sealed)
}

func (h *Host) unseal(ctx context.Context, at vault.Place, credentialType connector.CredentialType, sealed vault.Sealed) (connector.Credential, error) {
	var none connector.Credential
	data, err := h.Opener.Open(ctx, at, sealed)
	if err != nil {
		return none, fmt.Errorf("opening the credential: %w", err)
	}
	if data, err = h.withApp(ctx, credentialType, data); err != nil {
		return none, err
	}
	input, problems := credentialType.Fields.Decode(data)
	if len(problems) > 0 {
		return none, fault.New(fault.CredentialUnreadable, "The stored credential no longer fits its type.").
			WithHint("Enter it again on the Credentials page.")
	}
	return connector.Credential{ID: at.Credential, Type: at.CredentialType, Data: input}, nil
}

// render fills the templates of the config in. How a field is escaped may depend on
// another field, which may itself be a template: then the fields are rendered again
// once that one is known.
func (h *Host) render(t Task, action connector.Action) (map[string]any, error) {
	fields, err := h.templates.parse(t)
	if err != nil {
		return nil, err
	}
	vars := variables(t.Variables)
	known := t.Config
	for {
		targets := action.Input.Targets(known)
		rendered, err := fields.Render(vars, func(pointer string) template.Target {
			name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
			return targets[name]
		})
		if err != nil {
			return nil, fmt.Errorf("rendering the fields: %w", err)
		}
		config, _ := rendered.(map[string]any)
		if maps.Equal(targets, action.Input.Targets(config)) {
			return config, nil
		}
		known = config
	}
}

// variables gives the named variables their place as roots of paths.
func variables(given map[string]any) template.Vars {
	vars := make(template.Vars, len(given)+4)
	if named, ok := given["vars"].(map[string]any); ok {
		for name, v := range named {
			vars[name] = v
		}
	}
	for root, v := range given {
		vars[root] = v
	}
	return vars
}

func invalidInput(problems []schema.Problem) *fault.Error {
	f := fault.New(fault.InvalidInput, "%s", problems[0].Message)
	f.Hint = problems[0].Hint
	for _, p := range problems {
		f.Fields = append(f.Fields, fault.Field{Pointer: p.Pointer, Message: p.Message, Hint: p.Hint})
	}
	return f
}

// asTaskFault gives the fault of an error a code that state machines know.
func asTaskFault(err error) *fault.Error {
	f := fault.Of(err)
	if f.Code.Means().Task {
		return f
	}
	return &fault.Error{Code: fault.Internal, Message: f.Message, Hint: f.Hint, Cause: f}
}

// redacted is the fault without the credential's secrets, cause included.
func redacted(f *fault.Error, r *secret.Redactor) *fault.Error {
	clean := &fault.Error{
		Code: f.Code, Message: r.Text(f.Message), Hint: r.Text(f.Hint), RetryAfter: f.RetryAfter, Unsettled: f.Unsettled,
	}
	for _, field := range f.Fields {
		clean.Fields = append(clean.Fields, fault.Field{Pointer: field.Pointer, Message: r.Text(field.Message), Hint: r.Text(field.Hint)})
	}
	if f.Cause != nil {
		clean.Cause = redactedCause(r.Text(f.Cause.Error()))
	}
	return clean
}

type redactedCause string

func (c redactedCause) Error() string { return string(c) }

// repeats says whether calling the service again does no harm, or is wanted.
func (a *attempt) repeats() bool {
	if a.task.OnUncertain == workflow.OnUncertainRepeat {
		return true
	}
	return a.action.Repeatable != nil && a.action.Repeatable(a.call.Input)
}
