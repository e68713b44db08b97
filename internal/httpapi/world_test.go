package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/bolt"
	"switchboard/internal/bundle"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/webhook"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/hook"
	"switchboard/internal/httpapi"
	"switchboard/internal/inputschema"
	"switchboard/internal/local"
	"switchboard/internal/login"
	"switchboard/internal/member"
	"switchboard/internal/oauth"
	"switchboard/internal/task"
	"switchboard/internal/usage"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
	"switchboard/internal/workflow"
)

const publicURL = "https://switchboard.example"

// Tokens of two accounts that have nothing to do with each other.
const (
	ownToken      = "token-of-the-account"
	strangerToken = "token-of-another-account"
	roleToken     = "role:" // of somebody with a role in the account: role:viewer, or role:viewer@agt_1 for a key of one agent
)

// world is the whole system behind a real HTTP server, with a fake service behind
// the connector "chat".
type world struct {
	testing.TB
	url     string
	handler http.Handler
	chat    *chatService
	mail    *mailService
	cfg     httpapi.Config
	log     *logBuffer
	spec    *description
	runner  *local.Runner
	passed  *atomic.Int64 // by how much the clock of what is kept is ahead
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.passed.Load())) }

// newWorld starts one. change may change what the API is made of.
func newWorld(t testing.TB, change ...func(*httpapi.Config)) *world {
	t.Helper()
	w := &world{TB: t, chat: newChatService(t), mail: newMailService(t), log: &logBuffer{}, passed: &atomic.Int64{}}
	w.cfg = w.wire(t)
	for _, c := range change {
		c(&w.cfg)
	}
	w.handler = httpapi.New(w.cfg)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.spec = readDescription(t, server.URL)
	return w
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) wire(t testing.TB) httpapi.Config {
	t.Helper()
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	store := must(bolt.Open(filepath.Join(dir, "switchboard.db"), bolt.Options{Log: log}))(t)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	secrets := vault.New(must(keyfile.Open(filepath.Join(dir, "key")))(t))
	offered := must(connector.NewCatalog(chatConnector(), httpconnector.New(), webhook.New(), mailConnector()))(t)
	upstream := must(url.Parse(w.chat.url))(t)
	upstreams := map[string]*url.URL{"chat": upstream, "mail": must(url.Parse(w.mail.url))(t)}
	network := must(outbound.New(outbound.Config{Upstreams: upstreams}))(t)
	t.Cleanup(network.CloseIdleConnections)
	hosts := functions{}
	used := usage.NewCounter(time.Now)
	for _, con := range offered.All() {
		hosts[con.Name] = task.NewHost(task.Config{
			Connector: con, Records: store, Secrets: store, Opener: secrets, Network: network, Log: log, Now: time.Now,
			Grants: store, Sealer: secrets, Meter: used,
		})
	}
	ends := execution.NewEnds(store)
	runner := local.NewRunner(ends, hosts, log, time.Now)
	w.runner = runner
	t.Cleanup(func() {
		if err := runner.Close(context.Background()); err != nil {
			t.Errorf("closing the runner: %v", err)
		}
	})
	triggers := local.NewTriggers(log, time.Now)
	agents := agent.NewService(store, time.Now)
	workflows := workflow.NewService(workflow.Config{
		Repository: store, Agents: agents, Credentials: store, Triggers: triggers, Compiler: compile.New(offered, local.Functions()), Deployer: runner, Misses: store, Now: time.Now,
	})
	credentials := credential.NewService(credential.Config{
		Repository: store, Agents: agents, Sealer: secrets, Verifier: hosts, Usage: workflows, Catalog: offered, Log: log, Now: time.Now,
	})
	approvals := approval.NewService(approval.Config{
		Repository: store, Executions: store, Records: store, Tokens: runner.Answers(), Sealer: secrets, Opener: secrets, Notifier: hosts, PublicURL: publicURL, Log: log, Now: time.Now,
	})
	executions := execution.NewService(execution.Config{
		Repository: store, Workflows: store, Records: store, Runner: runner, Credentials: store, Tester: hosts, Approvals: approvals, CheckInput: inputschema.Validate, Now: time.Now,
	})
	children := execution.NewChildren(executions, runner.Answers())
	runner.Connect(approvals, children)
	ends.Connect(func(_ context.Context, x execution.Execution) { used.Ended(x.Account, x.Status == execution.Succeeded) }, children.Ended)
	triggers.Connect(executions, store)
	secretType, _ := offered.CredentialType(workflow.TypeWebhookSecret)
	hooks := hook.NewService(hook.Config{
		Workflows: store, Executions: executions, Secrets: store, Opener: secrets, Secret: secretType, Counts: store, MaxWait: 10 * time.Second, Log: log,
	})
	options := credential.NewOptions(credential.OptionsConfig{Repository: store, Loader: hosts, Catalog: offered, Now: w.now})
	people := &login.Service{
		Keys:    apikey.NewService(apikey.Config{Repository: store, Agents: agents, Log: log, Now: w.now}),
		Members: member.NewService(store, time.Now),
	}
	return httpapi.Config{
		Agents: agents, Credentials: credentials, Workflows: workflows, Executions: executions, Hooks: hooks, Approvals: approvals, Events: triggers, Catalog: offered, Options: options,
		OAuth: oauth.NewService(oauth.Config{
			Repository: store, Credentials: credentials, Agents: agents, Keys: store, Sealer: secrets, Functions: hosts, Catalog: offered,
			PublicURL: publicURL, Upstreams: upstreams, Now: time.Now,
		}),
		APIKeys: people.Keys, Members: people.Members, Audit: store, Counts: store,
		Bundles: bundle.NewService(bundle.Config{Agents: agents, Workflows: workflows, Credentials: credentials, Audit: store, Now: time.Now}),
		Authenticate: func(ctx context.Context, bearer string) (account.Principal, error) {
			p, err := authenticate(ctx, bearer)
			if fault.Is(err, fault.Unauthorized) {
				return people.Authenticate(ctx, bearer)
			}
			return p, err
		},
		Owners: store, PublicURL: publicURL, Log: log,
		Usage: &usage.Service{Repository: store, Flush: func(ctx context.Context) error { return used.Flush(ctx, store) }, Now: time.Now},
	}
}

func authenticate(_ context.Context, bearer string) (account.Principal, error) {
	switch role, agent, _ := strings.Cut(strings.TrimPrefix(bearer, roleToken), "@"); {
	case bearer == ownToken:
		return account.Principal{Account: "acc_own", Actor: "owner", Role: account.Owner}, nil
	case bearer == strangerToken:
		return account.Principal{Account: "acc_stranger", Actor: "owner", Role: account.Owner}, nil
	case strings.HasPrefix(bearer, roleToken):
		return account.Principal{Account: "acc_own", Actor: "user:" + role, Role: account.Role(role), Agent: agent}, nil
	default:
		return account.Principal{}, fault.New(fault.Unauthorized, "The token is not valid.")
	}
}

// functions stand for the connectors' Lambdas.
type functions map[string]*task.Host

func (f functions) Verify(ctx context.Context, name string, at vault.Place, sealed vault.Sealed) (connector.Identity, error) {
	return f[name].Verify(ctx, task.Verification{Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed})
}

func (f functions) Options(ctx context.Context, name string, at vault.Place, sealed vault.Sealed, q credential.OptionQuestion, values map[string]any) (connector.OptionPage, error) {
	return f[name].Options(ctx, task.OptionsQuestion{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
		Action: q.Action, Field: q.Field, Search: q.Search, Cursor: q.Cursor, Values: values,
	})
}

func (f functions) Try(ctx context.Context, name string, t task.Task) (task.Trial, error) {
	return f[name].Try(ctx, t), nil
}

func (f functions) Notify(ctx context.Context, name string, t task.Task) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = f[name].Run(ctx, payload)
	return err
}

func (f functions) Authorize(ctx context.Context, name string, q task.Authorization) (string, error) {
	return f[name].Authorize(ctx, q)
}

func (f functions) Exchange(ctx context.Context, name string, x task.Exchange) (task.Exchanged, error) {
	return f[name].Exchange(ctx, x)
}

// logBuffer keeps the log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// ended waits for an execution and reads it.
func (w *world) ended(id string) response {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
	defer cancel()
	if _, err := w.cfg.Executions.Await(ctx, execution.Execution{Account: "acc_own", ID: id, Status: execution.Running}); err != nil {
		w.Fatalf("waiting for execution %s: %v", id, err)
	}
	return w.get("/v1/executions/" + id).want(http.StatusOK)
}

// Things that many tests need.

func (w *world) agent() string {
	w.Helper()
	return w.post("/v1/agents", map[string]any{"name": "Support"}).want(http.StatusCreated).text("/id")
}

func (w *world) credential(typeName string, data map[string]any) string {
	w.Helper()
	return w.post("/v1/credentials", map[string]any{"type": typeName, "name": "Mine", "data": data}).want(http.StatusCreated).text("/id")
}

func (w *world) link(agent, credential string) {
	w.Helper()
	w.put("/v1/agents/"+agent+"/links/"+credential, nil).want(http.StatusNoContent)
}

func (w *world) workflow(agent, document string) string {
	w.Helper()
	return w.post("/v1/agents/"+agent+"/workflows", document).want(http.StatusCreated).text("/id")
}

// published makes a workflow that serves, and gives the answer to publishing.
func (w *world) published(agent, document string) (id string, publication response) {
	w.Helper()
	id = w.workflow(agent, document)
	return id, w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated)
}

// republished changes the draft a little and publishes that as another version.
func (w *world) republished(id string) response {
	w.Helper()
	document := map[string]any{}
	if err := json.Unmarshal([]byte(w.get("/v1/workflows/"+id).want(http.StatusOK).at("/document")), &document); err != nil {
		w.Fatal(err)
	}
	document["description"] = fmt.Sprint(document["description"], "+")
	w.put("/v1/workflows/"+id, document, "If-Match", "*").want(http.StatusOK)
	return w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated)
}

// hookPath is the path of a webhook's URL.
func hookPath(webhookURL string) string { return strings.TrimPrefix(webhookURL, publicURL) }

// in is the same world for a subtest.
func (w *world) in(t testing.TB) *world {
	sub := *w
	sub.TB = t
	return &sub
}
