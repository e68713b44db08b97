// Package hook receives the HTTP requests that start workflows. A webhook's URL
// holds an unguessable secret that names the workflow; the trigger may ask for
// proof of who calls besides.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/exact"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/secret"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// Limits of a request.
const (
	MaxBodyBytes = execution.MaxInputBytes
	// MaxWait is how long a caller waits for the output; API Gateway gives up after 30 s.
	MaxWait = 25 * time.Second
)

// Workflows finds what a webhook's URL starts.
type Workflows interface {
	ByHook(ctx context.Context, hookSecret string) (workflow.Workflow, error)
	Version(ctx context.Context, account, id string, number int) (workflow.Version, error)
}

// Executions starts workflows.
type Executions interface {
	StartTriggered(ctx context.Context, p account.Principal, s execution.Start) (execution.Execution, error)
	Await(ctx context.Context, x execution.Execution) (execution.Execution, error)
}

// Config is what a Service is made of. Its Opener opens secrets of type
// webhook_secret and no others.
type Config struct {
	Workflows  Workflows
	Executions Executions
	Secrets    credential.Secrets
	Opener     vault.Opener
	Counts     audit.Counter            // of requests that start nothing
	Secret     connector.CredentialType // webhook_secret
	MaxWait    time.Duration            // 0 means MaxWait
	Log        *slog.Logger             // nil means none
	Now        func() time.Time         // nil means time.Now
}

// Service receives requests.
type Service struct {
	Config
	parsed *workflow.Parsed
}

// NewService returns a service.
func NewService(c Config) *Service {
	if c.MaxWait == 0 {
		c.MaxWait = MaxWait
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{c, workflow.NewParsed()}
}

// Request is what came to a webhook's URL.
type Request struct {
	Secret string // from the path
	Method string
	Header http.Header
	Query  url.Values
	Body   []byte
	// Started is called when the workflow has been started and the body is not needed any
	// more; nil is nothing.
	Started func()
}

// Answer is what the caller gets.
type Answer struct {
	Execution execution.Execution
	Finished  bool // the execution has ended, and the caller waited for it
}

// Receive checks the caller and starts the workflow. With respond when_finished it
// waits for the end, up to MaxWait. Faults: NotFound for a URL that starts nothing
// (any more), Unauthorized, PayloadTooLarge, BadRequest for a body that is not what
// its content type says.
func (s *Service) Receive(ctx context.Context, r Request) (Answer, error) {
	began := s.Now()
	w, doc, err := s.find(ctx, r.Secret)
	if err != nil {
		return Answer{}, err
	}
	if len(r.Body) > MaxBodyBytes {
		return Answer{}, fault.New(fault.PayloadTooLarge, "The body has more than %d bytes.", MaxBodyBytes)
	}
	auth, _ := workflow.ReadWebhook(doc.Trigger.Config)
	known, err := s.authenticate(ctx, w, auth, r)
	if err != nil {
		s.refused(ctx, w, auth, err)
		return Answer{}, err
	}
	trigger, err := requestData(r, auth, known.secrets)
	if err != nil {
		s.opened(ctx, w, auth)
		return Answer{}, err
	}
	p := account.Principal{Account: w.Account, Actor: triggerOf(w)}
	waits := doc.Trigger.Config["respond"] == workflow.RespondWhenFinished
	x, err := s.Executions.StartTriggered(ctx, p, execution.Start{
		Workflow: w.ID, Trigger: trigger, IdempotencyKey: deliveryKey(auth, r, known.mac), Awaited: waits,
		Opened: auth.Credential, Repeated: func() { s.opened(ctx, w, auth) },
	})
	if err != nil {
		s.opened(ctx, w, auth)
		return Answer{}, fmt.Errorf("starting workflow: %w", err)
	}
	if r.Started != nil {
		r.Started()
	}
	if !waits {
		return Answer{Execution: x}, nil
	}
	return s.await(ctx, x, began.Add(s.MaxWait))
}

// Known says whether there is a webhook with the secret: NotFound if not.
func (s *Service) Known(ctx context.Context, secret string) error {
	_, _, err := s.find(ctx, secret)
	return err
}

// await waits until then. Starting it may have taken all the time: on AWS that is when an
// execution with an output runs.
func (s *Service) await(ctx context.Context, x execution.Execution, until time.Time) (Answer, error) {
	waiting, cancel := context.WithTimeout(ctx, until.Sub(s.Now()))
	defer cancel()
	ended, err := s.Executions.Await(waiting, x)
	if err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			return Answer{Execution: x}, nil // it goes on; the caller gets its id
		}
		return Answer{}, fmt.Errorf("awaiting the output: %w", err)
	}
	return Answer{Execution: ended, Finished: ended.Status != execution.Running}, nil
}

func (s *Service) find(ctx context.Context, secret string) (workflow.Workflow, *workflow.Document, error) {
	nothing := fault.New(fault.NotFound, "There is no webhook at this address.").
		WithHint("Copy the URL from the workflow; it works while the workflow is published.")
	w, err := s.Workflows.ByHook(ctx, secret)
	if fault.Is(err, fault.NotFound) || (err == nil && w.Published == 0) {
		return w, nil, nothing
	}
	if err != nil {
		return w, nil, fmt.Errorf("finding workflow: %w", err)
	}
	v, err := s.Workflows.Version(ctx, w.Account, w.ID, w.Published)
	if err != nil {
		return w, nil, fmt.Errorf("reading version: %w", err)
	}
	doc, _, err := s.parsed.Of(v)
	if err != nil {
		return w, nil, err
	}
	if doc.Trigger == nil || doc.Trigger.Type != workflow.TriggerWebhook {
		return w, nil, nothing
	}
	return w, doc, nil
}

// hidden are headers that carry the caller's own secrets: no workflow sees them.
var hidden = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// triggerOf is as whom a workflow's trigger acts.
func triggerOf(w workflow.Workflow) string { return "trigger:" + w.ID }

// requestData makes what templates see as the trigger. The body is as it came; of what
// came along, secrets are hidden: senders put a key into the address as well, and proxies
// pass headers on under other names, while whoever may read the execution sees them. The
// webhook's own address is hidden in all of it: proxies tell it in headers, and it may be
// all that starting the workflow takes.
func requestData(r Request, auth workflow.WebhookAuth, secrets *secret.Redactor) (map[string]any, error) {
	address := secret.NewRedactor(secret.New(r.Secret))
	if bytes.Contains(r.Body, []byte(r.Secret)) { // before it is decoded: most have up to 5 MiB without it
		r.Body = []byte(address.Text(string(r.Body)))
	}
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	headers := make(map[string]any, len(r.Header))
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	for _, name := range hidden {
		delete(headers, strings.ToLower(name))
	}
	if auth.Type == workflow.AuthToken {
		delete(headers, strings.ToLower(auth.Header))
	}
	hide := func(v any) any { return address.Value(secrets.Value(v)) }
	return map[string]any{"body": body, "headers": hide(headers), "query": hide(flat(r.Query)), "method": r.Method}, nil
}

// bodyOf reads the body as its content type says: JSON, a form, or text. Without a
// content type it is JSON if it can be read as such; and a "form" that is a JSON
// object is one, because that is what curl -d sends.
func bodyOf(r Request) (any, error) {
	if len(r.Body) == 0 {
		return nil, nil
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isJSON := mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
	switch {
	case mediaType == "application/x-www-form-urlencoded" && !looksLikeJSON(r.Body):
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return nil, fault.New(fault.BadRequest, "The body is not a valid form.")
		}
		return flat(form), nil
	case isJSON || mediaType == "" || mediaType == "application/x-www-form-urlencoded":
		v, err := exact.Decode(r.Body)
		switch {
		case err == nil && countable(v):
			return v, nil
		case err == nil:
			return nil, fault.New(fault.BadRequest, "The body has a number beyond all that can be calculated with, such as 1e400.")
		}
		if isJSON {
			return nil, fault.New(fault.BadRequest, "The body is not valid JSON.").Because(err)
		}
	}
	if !utf8.Valid(r.Body) {
		return nil, fault.New(fault.UnsupportedMediaType, "The body is neither JSON, nor a form, nor text.")
	}
	return string(r.Body), nil
}

// countable says whether all numbers of a value are ones that can be calculated with:
// JSON can write others, which are refused where an execution is started otherwise.
func countable(v any) bool {
	switch v := v.(type) {
	case json.Number:
		_, err := v.Float64()
		return err == nil
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !countable(item) })
	case map[string]any:
		for _, member := range v {
			if !countable(member) {
				return false
			}
		}
	}
	return true
}

func looksLikeJSON(body []byte) bool {
	trimmed := bytes.TrimSpace(body)
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid(trimmed)
}

// flat gives a value that is there once as text, and one that is there several times as a list.
func flat(values url.Values) map[string]any {
	out := make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			out[name] = list[0]
			continue
		}
		all := make([]any, len(list))
		for i, v := range list {
			all[i] = v
		}
		out[name] = all
	}
	return out
}
