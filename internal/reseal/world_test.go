package reseal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"

	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	"switchboard/internal/dynamotest"
	"switchboard/internal/execution"
	"switchboard/internal/mototest"
	"switchboard/internal/page"
	"switchboard/internal/reseal"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

const (
	account  = "acc_1"
	canary   = "token-canary"
	bellType = "bell_token"
)

// world is a table, two keys, and the functions that may open what is in the table.
type world struct {
	*dynamo.Store
	former, present string // ARNs
	before, now     *vault.Vault
	functions       *functions
	log             bytes.Buffer
	clock           time.Time
}

// functions stands for those of Lambda: real hosts, asked in JSON.
type functions struct {
	opener vault.Opener
	sealer vault.Sealer
	// during is called while a function has the secret; its error is the function's.
	during func(at vault.Place) error

	mu    sync.Mutex
	asked []string // ids
}

func (f *functions) Reseal(ctx context.Context, at vault.Place, sealed vault.Sealed) (vault.Sealed, error) {
	f.mu.Lock()
	f.asked = append(f.asked, at.Credential)
	f.mu.Unlock()
	r := task.Resealing{Account: at.Account, Credential: at.Credential, CredentialType: at.CredentialType, Sealed: sealed}
	answer, err := f.answer(ctx, r)
	if err == nil && f.during != nil {
		err = f.during(at)
	}
	if err != nil {
		return vault.Sealed{}, err
	}
	return task.ReadReply[vault.Sealed](answer)
}

func (f *functions) answer(ctx context.Context, r task.Resealing) (json.RawMessage, error) {
	payload, err := json.Marshal(task.Request{Reseal: &r})
	if err != nil {
		return nil, err
	}
	bell := connector.Connector{Name: "bell", Title: "Bell", CredentialTypes: []connector.CredentialType{{Name: bellType}}}
	return task.NewHost(task.Config{Connector: bell, Opener: f.opener, Sealer: f.sealer, Log: slog.New(slog.DiscardHandler)}).Answer(ctx, payload)
}

// taken gives what functions were asked for since the last time, sorted.
func (f *functions) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	slices.Sort(asked)
	return asked
}

// peers is what all tests run on: DynamoDB Local, and moto for KMS.
type peers struct {
	database *dynamotest.Server
	moto     string
}

// TestOnPeers starts the peers once for all tests.
func TestOnPeers(t *testing.T) {
	p := peers{dynamotest.Need(t), mototest.Start(t)}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"SealsAllAnew", sealsAllAnew},
		{"SealsLinksAnew", sealsLinksAnew},
		{"GoesOnWhereItWas", goesOnWhereItWas},
		{"OthersWin", othersWin},
		{"TellsOfWhatFails", tellsOfWhatFails},
		{"FunctionsOfTheFormerKey", functionsOfTheFormerKey},
		{"BelievesItself", believesItself},
		{"FindsFirst", findsFirst},
		{"TwoAtOnce", twoAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, p.newWorld(t, "sb-"+test.name)) })
	}
}

// newWorld makes a table and two keys.
func (p peers) newWorld(t *testing.T, table string) *world {
	t.Helper()
	if _, err := p.database.Client().CreateTable(t.Context(), dynamotest.Table(table)); err != nil {
		t.Fatal(err)
	}
	cfg := aws.Config{Region: mototest.Region, Credentials: mototest.Credentials(), BaseEndpoint: &p.moto}
	w := &world{clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.Store = dynamo.New(dynamodb.New(p.database.Config()), dynamo.Options{Table: table, Now: func() time.Time { return w.clock }})
	for _, arn := range []*string{&w.former, &w.present} {
		key, err := sdk.NewFromConfig(cfg).CreateKey(t.Context(), &sdk.CreateKeyInput{})
		if err != nil {
			t.Fatal(err)
		}
		*arn = *key.KeyMetadata.Arn
	}
	w.before = vault.New(awskms.New(kms.New(cfg), w.former))
	w.now = vault.New(awskms.New(kms.New(cfg), w.present))
	both := vault.New(awskms.New(kms.New(cfg), w.present, w.former))
	w.functions = &functions{opener: both, sealer: both}
	return w
}

// process is a Resealer as an invocation makes one.
func (w *world) process() *reseal.Resealer {
	return &reseal.Resealer{
		Kind: reseal.Credentials, Store: w.Store, Functions: w.functions, KeyID: w.present, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Now: func() time.Time { return w.clock },
	}
}

// pass goes on to the end of a pass.
func (w *world) pass(t *testing.T) reseal.Progress {
	t.Helper()
	p, err := w.process().Continue(t.Context(), false)
	if err != nil || p.EndedAt.IsZero() {
		t.Fatalf("Continue = %+v, %v; want the end of a pass", p, err)
	}
	return p
}

func placeOf(id string) vault.Place {
	return vault.Place{Account: account, Credential: id, CredentialType: bellType}
}

func seal(t *testing.T, v *vault.Vault, at vault.Place, text string) vault.Sealed {
	t.Helper()
	s, err := v.Seal(t.Context(), at, map[string]any{"token": text, "n": json.Number("12345678901234567890")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// create stores credentials with these ids, sealed by v.
func (w *world) create(t *testing.T, v *vault.Vault, places ...vault.Place) {
	t.Helper()
	for _, at := range places {
		c := credential.Credential{
			ID: at.Credential, Account: at.Account, Type: at.CredentialType, Name: "Bell", Revision: 1, CreatedAt: w.clock,
			Condition: credential.Condition{Status: credential.Failing, Detail: "Refused."},
		}
		if err := w.CreateCredential(t.Context(), c, seal(t, v, at, canary)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) stored(t *testing.T, at vault.Place) vault.Sealed {
	t.Helper()
	sealed, _, err := w.Sealed(t.Context(), at.Account, at.CredentialType, at.Credential, "")
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// wantOpens says that the present key alone opens what is stored, and to what.
func (w *world) wantOpens(t *testing.T, at vault.Place, sealed vault.Sealed, want string) {
	t.Helper()
	data, err := w.now.Open(t.Context(), at, sealed)
	if err != nil || data["token"] != want || data["n"] != json.Number("12345678901234567890") || sealed.KeyID != w.present {
		t.Errorf("%s, said to be under %s, opens to %d members, %v", at.Credential, sealed.KeyID, len(data), err)
	}
}

type counts struct{ secrets, resealed, changed, left, unreadable int }

func wantProgress(t *testing.T, p reseal.Progress, state reseal.State, want counts) {
	t.Helper()
	if got := (counts{p.Secrets, p.Resealed, p.Changed, p.Left, p.Unreadable}); p.State != state || got != want {
		t.Errorf("progress %s %+v, want %s %+v (%+v)", p.State, got, state, want, p.Failures)
	}
}

// here calls during after it has sealed.
type here struct {
	reseal.Here
	during func(vault.Place) error
}

func (h here) Reseal(ctx context.Context, at vault.Place, sealed vault.Sealed) (vault.Sealed, error) {
	fresh, err := h.Here.Reseal(ctx, at, sealed)
	if err == nil {
		err = h.during(at)
	}
	return fresh, err
}

// asks stores a running execution with an approval that it waits for.
func (w *world) asks(t *testing.T, name string) approval.Approval {
	t.Helper()
	x := execution.Execution{ID: name, Account: account, Workflow: "wf_1", Version: 1, Status: execution.Running, StartedAt: w.clock}
	if _, _, err := w.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	a := approval.Approval{
		ID: "apr_" + name, Account: account, Execution: name, Node: "ask", State: approval.Waiting, TokenHash: "hash of " + name,
		AskedAt: w.clock, ExpiresAt: w.clock.Add(time.Hour),
	}
	a.Token = seal(t, w.before, vault.Place{Account: account, Credential: a.ID, CredentialType: approval.CredentialType}, canary)
	if _, _, err := w.CreateApproval(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) wantAudited(t *testing.T, id string, want int) {
	t.Helper()
	found, err := w.Audit(t.Context(), account, audit.Filter{Resource: id}, page.Query{})
	if err != nil || len(found.Items) != want {
		t.Fatalf("the audit has %d entries of %s, %v; want %d", len(found.Items), id, err, want)
	}
	for _, e := range found.Items {
		if text, err := json.Marshal(e); err != nil || e.Action != audit.ResealCredential || e.Actor != "system" || strings.Contains(string(text), canary) {
			t.Errorf("entry %s, %v", text, err)
		}
	}
}
