// Package local is the whole system in one process: the same services, connectors
// and definitions that run on AWS, on a database file, a key file and an
// interpreter of the Amazon States Language.
//
// How much of an execution a crash can take depends on what was promised. A start
// that was answered with an id, or made with a key, is on disk, and so is every step
// before it counts: it goes on at the next start. While a webhook's caller waits for
// the output, nothing was promised, and nothing waits for the disk: what happened is
// written within 50 ms, and after a crash the execution ends as interrupted, as an
// Express execution does on AWS. An execution that was answered in the last 50 ms
// before a crash may be missing from the list. A caller who has waited for too long,
// or who is there when the stack is stopped, gets the id, and from then on it is
// like all others.
//
// What bounds it, by infra/bench and the benchmarks here, for two calls, a set and a
// condition: the processor. An execution whose caller waits takes some 0.45 ms of it,
// the called service included, and leaves 120 KB of garbage: the tasks with their
// HTTP calls are a third, interpreting a fifth, the database and the webhook a tenth
// each, and most of the rest is garbage collection. A durable one takes 0.7 ms, a
// fifth of it in commits, and alone it waits for four syncs. Reading one with its
// nodes takes 0.1 ms, so that polling it every millisecond costs more than running it.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/bolt"
	"switchboard/internal/bundle"
	"switchboard/internal/catalog"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/hook"
	"switchboard/internal/httpapi"
	"switchboard/internal/inputschema"
	"switchboard/internal/jwt"
	"switchboard/internal/login"
	"switchboard/internal/member"
	"switchboard/internal/metric"
	"switchboard/internal/oauth"
	"switchboard/internal/page"
	"switchboard/internal/quota"
	"switchboard/internal/spelling"
	"switchboard/internal/task"
	"switchboard/internal/usage"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
	"switchboard/internal/workflow"
)

// Account is the one account of a local stack.
const Account = "acc_local"

// The files of a data folder.
const (
	databaseFile = "switchboard.db"
	keyFile      = "key"
	tokenFile    = "token"
	runningFile  = "running" // see Admin
)

// How much is done at once, of all accounts together.
const (
	placesOfCalls  = 4_000 // calls to services
	placesOfStarts = 512   // executions that are being stored
)

// Retention is how long ended executions are kept.
const Retention = 30 * 24 * time.Hour

// Config says how to run.
type Config struct {
	Data      string // folder of the database, the key and the token
	Token     string // of the owner; "" uses the one that is kept in the folder
	PublicURL string // what webhook URLs start with
	Upstreams map[string]*url.URL
	AllowNets []netip.Prefix
	Apps      map[string]task.App // the deployment's OAuth clients, by provider
	Quotas    quota.Settings      // what one account may take
	Issuer    string              // of the JSON Web Tokens by which people log in; "" for none
	Audience  string              // for which those tokens have to be
	Log       *slog.Logger
	// CheckCredentials is how often services are asked whether stored credentials still
	// work; 0 is never.
	CheckCredentials time.Duration
}

// Stack is a running system.
type Stack struct {
	Handler http.Handler
	Token   string
	Resumed int // executions that went on

	store          *bolt.Store
	rotation       *rotation
	runner         *Runner
	metrics        *metric.Registry
	usage          *usage.Counter
	credentials    *credential.Service
	bundles        *bundle.Service
	triggers       *Triggers
	network        *outbound.Network
	runningFile    string
	background     sync.WaitGroup
	stopBackground context.CancelFunc
}

// UserError is a mistake in how the stack is started: a message and what to do.
type UserError struct{ Message, Hint string }

func (e *UserError) Error() string { return e.Message + " " + e.Hint }

// Open starts everything. Executions that had not ended go on.
func Open(ctx context.Context, cfg Config) (_ *Stack, err error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	if err := checkUpstreams(offered, cfg.Upstreams); err != nil {
		return nil, err
	}
	store, keys, token, err := openData(cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, store.Close())
		}
	}()
	network, err := outbound.New(outbound.Config{AllowNets: cfg.AllowNets, Upstreams: cfg.Upstreams, Log: cfg.Log})
	if err != nil {
		return nil, &UserError{err.Error() + ".", "Give -upstream as NAME=URL, such as slack=http://127.0.0.1:9000."}
	}
	s := &Stack{Token: token, store: store, network: network}
	v := vault.New(keys)
	s.rotation = newRotation(store, keys, v, cfg.Log)
	s.wire(offered, v, cfg)
	if s.Resumed, err = s.runner.Resume(ctx, store, store); err != nil {
		return nil, fmt.Errorf("resuming executions: %w", err)
	}
	if err = s.triggers.Load(ctx, localAccount{store}); err != nil {
		return nil, fmt.Errorf("setting triggers: %w", err)
	}
	background, stop := context.WithCancel(context.Background())
	s.stopBackground = stop
	s.background.Go(func() { s.sweep(background, cfg.Log) })
	s.background.Go(func() { s.triggers.Run(background) })
	s.background.Go(func() { s.rotation.run(background) })
	s.background.Go(func() { s.countUsage(background, cfg.Log) })
	s.background.Go(func() { s.noteCounts(background, cfg.Log) })
	if cfg.CheckCredentials > 0 {
		s.background.Go(func() { s.checkCredentials(background, cfg) })
	}
	return s, nil
}

func checkUpstreams(offered *connector.Catalog, upstreams map[string]*url.URL) error {
	var names []string
	for _, con := range offered.All() {
		names = append(names, con.Name)
	}
	for name := range upstreams {
		if !slices.Contains(names, name) {
			return &UserError{fmt.Sprintf("There is no connector %q for -upstream.", name), spelling.Hint(name, names, "The connectors are")}
		}
	}
	return nil
}

// openData opens what is kept in the data folder. Each file is made whole or not at
// all, the key before the database: whenever a first start is cut off, the next one
// goes on from there, and a database without a key has lost it.
func openData(cfg Config) (*bolt.Store, *keyfile.Key, string, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, nil, "", folderError(cfg.Data, err)
	}
	database, key := filepath.Join(cfg.Data, databaseFile), filepath.Join(cfg.Data, keyFile)
	if exists(database) && !exists(key) {
		return nil, nil, "", &UserError{
			fmt.Sprintf("The key file %s is missing, but the database it belongs to is there.", key),
			"Put the key back from your backup; without it no stored credential can be opened. To begin anew, name another folder with -data.",
		}
	}
	keys, err := keyfile.Open(key)
	if err != nil {
		return nil, nil, "", folderError(cfg.Data, err)
	}
	store, err := bolt.Open(database, bolt.Options{Log: cfg.Log})
	if err != nil {
		if errors.Is(err, bolt.ErrInUse) {
			return nil, nil, "", &UserError{fmt.Sprintf("The data folder %s is in use by another Switchboard.", cfg.Data), "Stop that one, or name another folder with -data."}
		}
		return nil, nil, "", folderError(cfg.Data, err)
	}
	token := cfg.Token
	if token == "" {
		if token, err = keptToken(filepath.Join(cfg.Data, tokenFile)); err != nil {
			return nil, nil, "", errors.Join(folderError(cfg.Data, err), store.Close())
		}
	}
	return store, keys, token, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// folderError says what is wrong with the data folder: in the words of what found
// it out, where it has some for people.
func folderError(folder string, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Hint != "" {
		return &UserError{f.Message, f.Hint}
	}
	if bolt.IsFull(err) {
		return &UserError{fmt.Sprintf("The disk is full; the data folder %s cannot be used.", folder), "Make room on the disk with the data folder, then start Switchboard again."}
	}
	return &UserError{fmt.Sprintf("The data folder %s cannot be used: %v.", folder, err), "Check that it is a folder that you may read and write, or name another one with -data."}
}

// wire joins the services. It is the one place where that is done.
func (s *Stack) wire(offered *connector.Catalog, v *vault.Vault, cfg Config) {
	now := time.Now
	s.metrics, s.usage = metric.New(), usage.NewCounter(now)
	hosts := make(hosts)
	for _, con := range offered.All() {
		hosts[con.Name] = task.NewHost(task.Config{
			Connector: con, Records: s.store, Secrets: s.store, Opener: v, Network: s.network, Log: cfg.Log, Now: now,
			Grants: s.store, Sealer: v, App: appOf(con, cfg.Apps), Meter: task.Meters{s.metrics, s.usage, attemptLog{cfg.Log}},
		})
	}
	ends := execution.NewEnds(s.store)
	s.runner = NewRunner(ends, hosts, cfg.Log, now)
	s.triggers = NewTriggers(cfg.Log, now)
	s.runner.Share(quota.NewTurns(placesOfCalls, func(account string) int { return cfg.Quotas.Of(account, quota.ConcurrentCalls) }))
	agents := agent.NewService(s.store, now)
	workflows := workflow.NewService(workflow.Config{
		Repository: s.store, Agents: agents, Credentials: s.store, Compiler: compile.New(offered, Functions()), Deployer: s.runner, Triggers: s.triggers,
		Quotas: cfg.Quotas, Misses: s.store, Now: now,
	})
	credentials := credential.NewService(credential.Config{
		Repository: s.store, Agents: agents, Sealer: v, Verifier: hosts, Usage: workflows, Catalog: offered, Log: cfg.Log, Now: now,
	})
	s.credentials = credentials
	approvals := approval.NewService(approval.Config{
		Repository: s.store, Executions: s.store, Records: s.store, Tokens: s.runner.Answers(), Sealer: v, Opener: v, Notifier: hosts,
		PublicURL: cfg.PublicURL, Log: cfg.Log, Now: now,
	})
	executions := execution.NewService(execution.Config{
		Repository: s.store, Workflows: s.store, Left: s.store, Records: s.store, Runner: s.runner, Credentials: s.store, Tester: hosts, Approvals: approvals,
		CheckInput: inputschema.Validate, Now: now,
		Quotas: quota.NewAdmission(quota.Config{
			Settings: cfg.Quotas, Starts: &quota.Memory{}, Running: s.runner, Turns: quota.NewTurns(placesOfStarts, nil), Now: now,
		}),
	})
	children := execution.NewChildren(executions, s.runner.Answers())
	s.runner.Connect(approvals, children)
	ends.Connect(func(_ context.Context, x execution.Execution) {
		s.metrics.Ended(string(x.Status))
		s.usage.Ended(x.Account, x.Status == execution.Succeeded)
	}, children.Ended)
	s.triggers.Connect(executions, s.store)
	secretType, _ := offered.CredentialType(workflow.TypeWebhookSecret)
	hooks := hook.NewService(hook.Config{Workflows: s.store, Executions: executions, Secrets: s.store, Opener: v, Secret: secretType, Counts: s.store, Log: cfg.Log})
	s.bundles = bundlesOf(s.store, agents, workflows, credentials)
	options := credential.NewOptions(credential.OptionsConfig{Repository: s.store, Loader: hosts, Catalog: offered, Now: now})
	people := logins(cfg, s.store, agents)
	s.Handler = httpapi.New(httpapi.Config{
		Agents: agents, Credentials: credentials, Workflows: workflows, Executions: executions, Hooks: hooks, Approvals: approvals, Events: s.triggers, Catalog: offered, Options: options,
		OAuth: oauth.NewService(oauth.Config{
			Repository: s.store, Credentials: credentials, Agents: agents, Keys: s.store, Sealer: v, Functions: hosts, Catalog: offered,
			PublicURL: cfg.PublicURL, Apps: providers(cfg.Apps), Upstreams: cfg.Upstreams, Now: now,
		}),
		APIKeys: people.Keys, Members: people.Members, Audit: s.store, Bundles: s.bundles, Counts: s.store,
		Authenticate: ownerOr(s.Token, people), Owners: s.store, PublicURL: cfg.PublicURL, Log: cfg.Log, Quotas: cfg.Quotas,
		Usage:  &usage.Service{Repository: s.store, Flush: func(ctx context.Context) error { return s.usage.Flush(ctx, s.store) }, Now: now},
		Checks: s.checks(v), Metrics: s.writeMetrics,
		Health: s.store.Readable,
	})
}

// logins tells who comes with something else than the owner's token.
func logins(cfg Config, store *bolt.Store, agents *agent.Service) *login.Service {
	l := &login.Service{
		Keys:    apikey.NewService(apikey.Config{Repository: store, Agents: agents, Log: cfg.Log, Now: time.Now}),
		Members: member.NewService(store, time.Now), Account: Account,
	}
	if cfg.Issuer != "" {
		client := &http.Client{Timeout: issuerTimeout}
		l.Tokens = &jwt.Verifier{
			Issuer: cfg.Issuer, Audience: cfg.Audience, Keys: jwt.NewPublished(cfg.Issuer, client, time.Now), Now: time.Now,
		}
	}
	return l
}

// issuerTimeout is how long an issuer may take to show its keys.
const issuerTimeout = 5 * time.Second

// hosts are the connectors' functions of this process, by connector.
type hosts map[string]*task.Host

// Verify asks a connector, as Lambda would be asked on AWS.
func (h hosts) Verify(ctx context.Context, connectorName string, at vault.Place, sealed vault.Sealed) (connector.Identity, error) {
	return h[connectorName].Verify(ctx, task.Verification{
		Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed,
	})
}

// Try runs a task alone.
func (h hosts) Try(ctx context.Context, connectorName string, t task.Task) (task.Trial, error) {
	host, ok := h[connectorName]
	if !ok {
		return task.Trial{}, fault.New(fault.ValidationFailed, "There is no connector %q.", connectorName).
			WithHint("Check the workflow to see what the node's type could be.").At("/path/node", "is of a connector that there is not")
	}
	return host.Try(ctx, t), nil
}

// Notify tells people of an approval, by a connector's action.
func (h hosts) Notify(ctx context.Context, connectorName string, t task.Task) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encoding a task: %w", err)
	}
	host, ok := h[connectorName]
	if !ok {
		return fault.New(fault.InvalidInput, "There is no connector %q.", connectorName).WithHint("Publish the workflow again.")
	}
	_, err = host.Run(ctx, payload)
	return err
}

// localAccount is the store as that of the one account of a local stack.
type localAccount struct{ *bolt.Store }

// AllWorkflows lists the account's.
func (l localAccount) AllWorkflows(ctx context.Context, q page.Query) (page.Of[workflow.Workflow], error) {
	return l.Workflows(ctx, Account, "", q)
}

// sweep removes what is older than Retention, once an hour.
func (s *Stack) sweep(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		if n, err := s.store.Sweep(ctx, time.Now().Add(-Retention)); err != nil && ctx.Err() == nil {
			log.Error("removing old executions", "error", err)
		} else if n > 0 {
			log.Info("removed old executions", "count", n)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Full is closed when nothing more can be stored because the disk is full. What is
// stored can still be read; once there is room, a stack that is opened anew goes on.
func (s *Stack) Full() <-chan struct{} { return s.store.Full() }

// StopRunning stops all executions without ending them: they go on at the next
// start. It returns when nothing runs any more, or ctx is done.
func (s *Stack) StopRunning(ctx context.Context) error {
	if err := s.runner.Close(ctx); err != nil {
		return fmt.Errorf("stopping executions: %w", err)
	}
	return nil
}

// Close releases everything. StopRunning comes before it.
func (s *Stack) Close() error {
	s.stopBackground()
	s.background.Wait()
	s.network.CloseIdleConnections()
	flushed := s.usage.Flush(context.Background(), s.store)
	if s.runningFile != "" {
		_ = os.Remove(s.runningFile) // commands would be told that nobody answers
	}
	if err := errors.Join(flushed, s.store.Close()); err != nil {
		return fmt.Errorf("closing the store: %w", err)
	}
	return nil
}

// Owner is who the local token stands for.
func Owner() account.Principal {
	return account.Principal{Account: Account, Actor: "owner", Role: account.Owner}
}
