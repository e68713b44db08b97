package functions_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/catalog"
	"switchboard/internal/compile"
	"switchboard/internal/credential"
	ourevents "switchboard/internal/eventbridge"
	"switchboard/internal/execution"
	"switchboard/internal/mototest"
	"switchboard/internal/oauth"
	"switchboard/internal/stepfn"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// What the events in ../events speak of.
const (
	exampleAccount = "acc_example"
	exampleAgent   = "agt_example"
	slackToken     = "xoxb-123456-example-token"
	hookSecret     = "example-secret-of-a-webhook"
	approvalToken  = "example-token-of-an-approval"
	oauthState     = "example-state"
	appClient      = "5678-deployment.apps.googleusercontent.com"
	apiKeyHash     = "ea92ab39da5628cc65594ba736c613514be3fd7abeb07d11d3a0a2f0a9b269f9" // SHA-256 of the key in authorizer/api_key.json
	appSecret      = "example-secret-of-the-deployment"
)

var owner = account.Principal{Account: exampleAccount, Actor: "owner", Role: account.Owner}

// seed stores what the events speak of, and deploys it.
func (w *world) seed(t *testing.T) {
	t.Helper()
	w.must(t, w.store.CreateAgent(t.Context(), agent.Agent{ID: exampleAgent, Account: exampleAccount, Name: "Example"}))
	w.must(t, w.store.CreateAgent(t.Context(), agent.Agent{ID: "agt_of_another_account", Account: "acc_other", Name: "Other"}))
	w.must(t, w.store.CreateAPIKey(t.Context(), apikey.Key{
		ID: "key_example", Account: exampleAccount, Name: "Example", Role: account.Viewer, Hint: "abcd", Hash: apiKeyHash, CreatedBy: "owner",
	}))
	w.seal(t, "cred_slack", "slack_bot_token", map[string]any{"token": slackToken})
	w.seal(t, "cred_hook", "webhook_secret", map[string]any{"secret": hookSecret})
	w.service.answers("slack", slack)

	machines := stepfn.Machines{Partition: "aws", Region: mototest.Region, Account: mototest.Account, Prefix: "sb"}
	workflows := w.workflows(t, machines)
	ask := `[{"id":"ask","type":"approval","config":{"message":"Pay 5 EUR?","timeout_seconds":3600}}],"edges":[{"from":"trigger","to":"ask"}]`
	say := `[{"id":"say","type":"slack.post_message","credential":"cred_slack","config":{"channel":"#orders","text":"Hello"}}],"edges":[{"from":"trigger","to":"say"}]`
	for id, trigger := range map[string]string{
		"wf_draft":   `{"type":"schedule","config":{"cron":"0 8 * * 1-5","timezone":"Europe/Berlin"}}`,
		"wf_retired": `{"type":"event","config":{"source":"shop","detail_type":"order.created"}}`,
		"wf_hello":   `{"type":"manual"}`,
		"wf_asks":    `{"type":"manual"}`,
		"wf_webhook": `{"type":"webhook","config":{"auth":{"type":"hmac_sha256","header":"X-Signature","credential":"cred_hook"}}}`,
		"wf_answers": `{"type":"webhook","config":{"respond":"when_finished"}}`,
		"wf_nightly": `{"type":"schedule","config":{"rate":"1 day"}}`,
		"wf_orders":  `{"type":"event","config":{"source":"shop"}}`,
	} {
		nodes := say
		if id == "wf_asks" {
			nodes = ask
		}
		made := workflow.Workflow{
			ID: id, Account: exampleAccount, Agent: exampleAgent, Name: id, Trigger: triggerType(trigger), Revision: 1,
			Document: []byte(`{"name":"` + id + `","trigger":` + trigger + `,"nodes":` + nodes + `}`),
		}
		switch id {
		case "wf_webhook":
			made.HookSecret = "example-hook-secret"
		case "wf_answers":
			made.HookSecret = "example-answering-secret"
		}
		w.must(t, w.store.CreateWorkflow(t.Context(), made, 0))
		if id != "wf_draft" {
			_, _, err := workflows.Publish(t.Context(), owner, id, nil)
			w.must(t, err)
		}
	}
	w.seedExecutions(t, machines)
	w.seedApproval(t, machines)
	w.seedFormer(t)
	w.seedGrant(t)
}

func triggerType(trigger string) string {
	return strings.Split(trigger, `"`)[3]
}

func (w *world) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seal stores a credential and links it to the agent.
func (w *world) seal(t *testing.T, id, credentialType string, data map[string]any) {
	t.Helper()
	sealed, err := w.vault.Seal(t.Context(), vault.Place{Account: exampleAccount, Credential: id, CredentialType: credentialType}, data)
	w.must(t, err)
	w.must(t, w.store.CreateCredential(t.Context(), credential.Credential{ID: id, Account: exampleAccount, Type: credentialType, Name: id, Revision: 1}, sealed))
	w.must(t, w.store.Link(t.Context(), exampleAccount, exampleAgent, id, time.Now()))
}

// seedFormer stores a credential, and an approval that an execution waits for, sealed
// under the former key.
func (w *world) seedFormer(t *testing.T) {
	t.Helper()
	at := vault.Place{Account: exampleAccount, Credential: "cred_former", CredentialType: "slack_bot_token"}
	sealed, err := w.former.Seal(t.Context(), at, map[string]any{"token": slackToken})
	w.must(t, err)
	w.must(t, w.store.CreateCredential(t.Context(), credential.Credential{
		ID: at.Credential, Account: at.Account, Type: at.CredentialType, Name: "Former", Revision: 1,
	}, sealed))
	at.Credential, at.CredentialType = "apr_former", approval.CredentialType
	if sealed, err = w.former.Seal(t.Context(), at, map[string]any{"token": "former"}); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.store.CreateApproval(t.Context(), approval.Approval{
		ID: at.Credential, Account: at.Account, Execution: "exe_parent", Node: "former", State: approval.Waiting, TokenHash: sha256Of("former"),
		AskedAt: time.Now().UTC(), ExpiresAt: time.Now().Add(time.Hour).UTC(), Token: sealed,
	})
	w.must(t, err)
}

// workflows is the service that publishes, with its parts on moto.
func (w *world) workflows(t *testing.T, machines stepfn.Machines) *workflow.Service {
	t.Helper()
	offered, err := catalog.New()
	w.must(t, err)
	return workflow.NewService(workflow.Config{
		Repository: w.store, Agents: agent.NewService(w.store, time.Now), Credentials: w.store, Now: time.Now,
		Compiler: compile.New(offered, compile.Functions{
			Connector: func(connector string) string { return connectorPrefix + connector }, Approvals: functionPrefix + "approvals", Workflows: functionPrefix + "children",
		}),
		Deployer: stepfn.NewDeployer(stepfn.DeployConfig{Client: w.stepFunctions(), Machines: machines, Role: machineRole, Now: time.Now}),
		Triggers: ourevents.NewTriggers(ourevents.Config{
			Scheduler: scheduler.NewFromConfig(w.cfg), Rules: eventbridge.NewFromConfig(w.cfg), Workflows: w.store, Prefix: "sb", Group: "sb", Bus: "sb",
			Function: "arn:aws:lambda:eu-central-1:123456789012:function:sb-triggers", Role: "arn:aws:iam::123456789012:role/sb-schedules", Now: time.Now,
		}),
	})
}

// seedExecutions stores executions: one that has ended, one whose end Step Functions
// will tell, one that runs other workflows and asks people, and one whose end nobody
// was told.
func (w *world) seedExecutions(t *testing.T, machines stepfn.Machines) {
	t.Helper()
	started := time.Now().Add(-time.Hour).UTC()
	for _, id := range []string{"exe_done", "exe_told", "exe_parent"} {
		x := execution.Execution{
			ID: id, Account: exampleAccount, Agent: exampleAgent, Workflow: "wf_hello", Version: 1, Status: execution.Running,
			StartedAt: started, StartedBy: "owner", Input: []byte(`{"trigger":{"input":{"name":"Ann"}}}`),
		}
		_, _, err := w.store.StartExecution(t.Context(), x)
		w.must(t, err)
		if id == "exe_done" {
			x.Status, x.StoppedAt, x.Output = execution.Succeeded, started.Add(time.Second), []byte(`{"say":{"ts":"1"}}`)
			w.must(t, w.store.FinishExecution(t.Context(), x))
		}
	}
	w.launch(t, machines, "wf_hello", "exe_lost")
}

// seedApproval has a state machine wait for an answer, and stores the approval again
// under a link that is known.
func (w *world) seedApproval(t *testing.T, machines stepfn.Machines) {
	t.Helper()
	w.launch(t, machines, "wf_asks", "exe_asks")
	var waiting []approval.Approval
	await(t.Context(), t, "the state machine asks", func() bool {
		var err error
		waiting, err = w.store.ApprovalsOf(t.Context(), exampleAccount, "exe_asks")
		return err == nil && len(waiting) == 1
	})
	a := waiting[0]
	a.ID, a.Node, a.TokenHash = "apr_example", "again", sha256Of(approvalToken)
	sealed, err := w.vault.Seal(t.Context(), vault.Place{Account: exampleAccount, Credential: a.ID, CredentialType: approval.CredentialType}, map[string]any{"token": approvalToken})
	w.must(t, err)
	a.Token = sealed
	_, _, err = w.store.CreateApproval(t.Context(), a)
	w.must(t, err)
}

// launch stores an execution that runs on moto.
func (w *world) launch(t *testing.T, machines stepfn.Machines, workflowID, id string) {
	t.Helper()
	x := execution.Execution{
		ID: id, Account: exampleAccount, Agent: exampleAgent, Workflow: workflowID, Version: 1, Status: execution.Running,
		StartedAt: time.Now().Add(-time.Hour).UTC(), StartedBy: "owner", Input: []byte(`{"trigger":{"input":{"name":"Ann"}}}`),
	}
	_, _, err := w.store.StartExecution(t.Context(), x)
	w.must(t, err)
	v, err := w.store.Version(t.Context(), exampleAccount, workflowID, 1)
	w.must(t, err)
	runner := stepfn.NewRunner(stepfn.RunConfig{Client: w.stepFunctions(), Machines: machines, Executions: w.store, Versions: w.store, Now: time.Now})
	w.must(t, runner.Launch(t.Context(), x, v))
}

// seedGrant stores a grant that a person was asked for, and has Google take its code.
func (w *world) seedGrant(t *testing.T) {
	t.Helper()
	at := vault.Place{Account: exampleAccount, Credential: "cred_granted", CredentialType: "google_oauth2"}
	client, err := w.vault.Seal(t.Context(), at, map[string]any{"client_id": "1234-example", "client_secret": "example-client-secret"})
	w.must(t, err)
	verifier, err := w.vault.Seal(t.Context(), at, map[string]any{task.VerifierMember: "example-verifier"})
	w.must(t, err)
	w.must(t, w.store.KeepPending(t.Context(), sha256Of(oauthState), oauth.Pending{
		Account: exampleAccount, Actor: "owner", Connector: "gmail", Agent: exampleAgent, Verifier: verifier, ExpiresAt: time.Now().Add(oauth.Patience),
		Draft: credential.Draft{ID: at.Credential, Type: at.CredentialType, Name: "Mail", Sealed: &client},
	}))
	w.service.answers("gmail", google)
}

// google is Google's token endpoint, and tells whose a token is.
func google(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = r.ParseForm()
	switch {
	case strings.HasSuffix(r.URL.Path, "/token") && r.PostForm.Get("code") == "example-code" && r.PostForm.Get("code_verifier") == "example-verifier":
		_, _ = io.WriteString(w, `{"access_token":"example-access-token","refresh_token":"example-refresh-token","expires_in":3599,"token_type":"Bearer"}`)
	case r.Header.Get("Authorization") == "Bearer example-access-token":
		_, _ = io.WriteString(w, `{"sub":"1","email":"ann@example.com"}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
	}
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// slack is Slack: it knows one token.
func slack(w http.ResponseWriter, r *http.Request) {
	answer := `{"ok":false,"error":"token_revoked"}`
	switch {
	case r.Header.Get("Authorization") != "Bearer "+slackToken:
	case strings.HasSuffix(r.URL.Path, "/auth.test"):
		answer = `{"ok":true,"url":"https://example.slack.com/","team":"Example","user":"bot","team_id":"T1","user_id":"U1","bot_id":"B1"}`
	case strings.HasSuffix(r.URL.Path, "/conversations.list"):
		answer = `{"ok":true,"channels":[{"id":"C1","name":"orders","is_member":true}],"response_metadata":{"next_cursor":""}}`
	case strings.HasSuffix(r.URL.Path, "/chat.postMessage"):
		answer = `{"ok":true,"channel":"C1","ts":"1767323045.000100","message":{"text":"Hello"}}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, answer)
}

// await waits until a condition holds.
func await(ctx context.Context, t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
