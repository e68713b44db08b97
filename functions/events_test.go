package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/usage"
	"switchboard/internal/vault"
)

// eventsFolder has a sample event for every function: <function>/<case>.json.
const eventsFolder = "../events"

// want is what a function has to answer to an event.
type want struct {
	status int      // of HTTP functions
	parts  []string // of the answer's body
	answer string   // the whole answer of other functions, or else parts of it
	after  func(t *testing.T, w *world)
}

// wants are the answers to all events of functions that are no connector's.
var wants = map[string]want{
	"agents/create":             {status: 201, parts: []string{`"id":"agt_`, `"name":"Support"`}},
	"agents/get":                {status: 200, parts: []string{`"id":"agt_example"`, `"name":"Example"`}},
	"agents/list":               {status: 200, parts: []string{`"items":[{"id":"agt_`}},
	"agents/unknown_member":     {status: 422, parts: []string{`"code":"validation_failed"`, `"pointer":"/colour"`}},
	"agents/another_account":    {status: 404, parts: []string{`"code":"not_found"`}},
	"agents/without_authorizer": {status: 401, parts: []string{`"code":"unauthorized"`}},

	"catalog/connectors":    {status: 200, parts: []string{`"name":"slack"`, `"name":"smtp"`}},
	"catalog/connector":     {status: 200, parts: []string{`"title":"Slack"`, `post_message`}},
	"catalog/description":   {status: 200, parts: []string{`"openapi":"3.1.0"`, `/v1/connectors`, `/v1/executions/{id}`, `/hooks/{secret}`, `https://api.example.com`}},
	"catalog/health":        {status: 200, parts: []string{`"status":"ok"`}},
	"catalog/nothing_there": {status: 404, parts: []string{`"code":"not_found"`}},

	"credentials/create":         {status: 201, parts: []string{`"id":"cred_`, `"type":"slack_bot_token"`, `"hint":"oken"`}},
	"credentials/verify":         {status: 200, parts: []string{`"ok":true`, `Example`}},
	"credentials/verify_stored":  {status: 200, parts: []string{`"ok":true`, `Example`}},
	"credentials/verify_refused": {status: 200, parts: []string{`"ok":false`, `"detail":"`}},
	"credentials/options":        {status: 200, parts: []string{`"items":[{"value":"C1","label":"#orders"`}},
	"credentials/check":          {answer: `null`, after: checked},
	"credentials/problems":       {status: 200, parts: []string{`"items":[`}},
	"credentials/reseal":         {parts: []string{`"state":"running"`, `"changed":1,"left":0,"unreadable":0`}, after: resealed},
	"credentials/integrations":   {status: 200, parts: []string{`"connected":[{`, `"cred_slack"`, `"available":[{`}},

	"access/list_keys":      {status: 200, parts: []string{`"id":"key_example"`, `"hint":"abcd"`}},
	"access/audit":          {status: 200, parts: []string{`"items":[`}},
	"access/export":         {status: 200, parts: []string{`"chain":"`, `"hash":"`}},
	"access/too_small_role": {status: 403, parts: []string{`"code":"forbidden"`}},
	"access/me":             {status: 200, parts: []string{`"account":"acc_example"`, `"role":"owner"`}},
	"authorizer/api_key":    {answer: `{"isAuthorized":true,"context":{"account":"acc_example","actor":"key:key_example","role":"viewer"}}`},
	"authorizer/no_token":   {answer: `{"isAuthorized":true,"context":{"refused":"The request has no bearer token."}}`},
	"authorizer/wrong_key":  {answer: `{"isAuthorized":true,"context":{"refused":"The API key is not valid.","hint":"It may have been deleted, or copied without its end."}}`},

	"workflows/create":     {status: 201, parts: []string{`"id":"wf_`, `"name":"Hello"`}},
	"workflows/check":      {status: 200, parts: []string{`"severity":"error"`, `/nodes/0/config/text`}},
	"workflows/quotas":     {status: 200, parts: []string{`"name":"executions_per_minute","limit":`}},
	"workflows/publish":    {status: 201, parts: []string{`"version":1`, `"next_runs":["`}, after: hasSchedule("sb-wf_draft", "cron(0 8 ? * MON,TUE,WED,THU,FRI *)")},
	"workflows/trial":      {status: 201, parts: []string{`"version":10737418`}},
	"workflows/unpublish":  {status: 200, parts: []string{`"wf_retired"`}, after: hasNoRule("sb-wf_retired")},
	"workflows/export":     {status: 200, parts: []string{`"format":"switchboard.bundle"`, `"id":"agt_example"`, `"type":"slack_bot_token"`, `"published":true`}},
	"workflows/import":     {status: 200, parts: []string{`"dry_run":true`, `"renamed_from":"Example"`, `"result":"missing"`, `"result":"created"`}},
	"workflows/definition": {status: 200, parts: []string{`"QueryLanguage":"JSONata"`, `sb-connector-slack`}},

	"executions/start":     {status: 202, parts: []string{`"id":"exe_`}, after: saidHello},
	"executions/usage":     {status: 200, parts: []string{`"total":{`, `"counts":[`}},
	"executions/get":       {status: 200, parts: []string{`"id":"exe_done"`, `"status":"succeeded"`, `"nodes":[`}},
	"executions/test_node": {status: 200, parts: []string{`"ok":true`, `"ts":"1767323045.000100"`, `"text":"Hello"`}},

	"approvals/answer":       {status: 200, parts: []string{`"status":"approved"`, `"decision":"approved"`}, after: answered},
	"approvals/answer_again": {status: 409, parts: []string{`"code":"already_answered"`}},
	"approvals/ask":          {answer: `{}`, after: asked},
	"approvals/list":         {status: 200, parts: []string{`"execution_id":"exe_asks"`, `"url":"https://api.example.com/approvals/`}},
	"approvals/reseal":       {parts: []string{`"state":"running"`, `"changed":1,"left":0,"unreadable":0`}, after: resealedLink},
	"approvals/page":         {status: 200, parts: []string{"Pay 5 EUR?", "<h1>Approved</h1>"}},
	"approvals/unknown":      {status: 404, parts: []string{`"code":"not_found"`}},

	"children/run":          {answer: `{}`, after: hasChild("other")},
	"children/run_and_wait": {answer: `{"say": {"channel": "C1", "ts": "1767323045.000100"}}`, after: hasChild("waits")},

	"oauth/app_secret":         {answer: `null`, after: hasAppSecret},
	"oauth/authorize_with_app": {status: 200, parts: []string{`"url":"http`, `client_id=` + appClient}},
	"oauth/authorize":          {status: 200, parts: []string{`"url":"http`, `code_challenge=`, `redirect_uri=https%3A%2F%2Fapi.example.com%2Fv1%2Foauth%2Fcallback`}},
	"oauth/callback":           {status: 200, parts: []string{`data-ok="true"`, `data-credential="cred_granted"`}, after: hasGrant},
	"oauth/callback_unknown":   {status: 400, parts: []string{`data-ok="false"`}},

	"hooks/when_finished":   {status: 200, parts: []string{`"ts":"1767323045.000100"`}, after: answeredWithTraces},
	"hooks/signed":          {status: 202, parts: []string{`"id":"exe_`}, after: started("wf_webhook")},
	"hooks/wrong_signature": {status: 401, parts: []string{`"code":"unauthorized"`}},
	"hooks/unknown":         {status: 404, parts: []string{`"code":"not_found"`}},

	"events/put": {status: 202, parts: []string{`"id":"evt_`, `"executions":[]`}},

	"triggers/schedule":         {answer: `null`, after: started("wf_nightly")},
	"triggers/event":            {answer: `null`, after: started("wf_orders")},
	"triggers/deleted_workflow": {answer: `null`},

	"outcomes/succeeded": {answer: `null`, after: succeeded("exe_told")},
	"outcomes/not_ours":  {answer: `null`},
	"outcomes/sweep":     {answer: `null`, after: swept},

	"console/page":          {status: 200, parts: []string{"<title>Switchboard</title>"}},
	"console/asset":         {status: 200},
	"console/sign_in":       {status: 200, parts: []string{`{"issuer":"https://login.example.com","client_id":"switchboard","scope":"openid"}`}},
	"console/nothing_there": {status: 404},
}

// TestEvents has every function answer its sample events, in its own process, as
// sam local invoke -e does.
func TestEvents(t *testing.T) {
	w := newWorld(t)
	w.seed(t)
	w.settings["LAMBDA_TASK_ROOT"] = taskRoot(t)
	for _, function := range names(t) {
		if strings.HasPrefix(function, "connectors/") {
			continue
		}
		t.Run(function, func(t *testing.T) {
			s := w.start(t, function, nil)
			for _, name := range eventsOf(t, function) {
				t.Run(name, func(t *testing.T) { w.answerTo(t, s, function+"/"+name) })
			}
			checkLog(t, s)
		})
	}
	t.Run("connectors", func(t *testing.T) { testConnectors(t, w) })
}

func (w *world) answerTo(t *testing.T, s *sandbox, name string) {
	t.Helper()
	expected, ok := wants[name]
	if !ok {
		t.Fatalf("%s has no expectation in this test", name)
	}
	if name == "outcomes/sweep" {
		w.awaitEnd(t, "wf_hello", "exe_lost")
		w.must(t, w.store.Count(t.Context(), refusal))
	}
	answer, failed, err := s.invoke(t.Context(), eventNamed(t, name), patience)
	if err != nil || failed != nil {
		t.Fatalf("failure %+v, %v", failed, err)
	}
	switch {
	case expected.status != 0:
		checkResponse(t, answer, expected)
	case expected.answer != "" && string(answer) != expected.answer:
		t.Errorf("answer %s, want %s", answer, expected.answer)
	default:
		checkParts(t, string(answer), expected.parts)
	}
	if expected.after != nil {
		expected.after(t, w)
	}
}

func checkResponse(t *testing.T, answer []byte, expected want) {
	t.Helper()
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	if response.StatusCode != expected.status {
		t.Errorf("status %d, want %d: %s", response.StatusCode, expected.status, response.Body)
	}
	checkParts(t, response.Body, expected.parts)
}

func checkParts(t *testing.T, text string, parts []string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the body has no %s:\n%.2000s", part, text)
		}
	}
	if strings.Contains(text, slackToken) || strings.Contains(text, hookSecret) {
		t.Errorf("the answer shows a secret:\n%s", text)
	}
}

// checkLog holds that the log is lines of JSON that tell where they are from, and
// show no secret.
func checkLog(t *testing.T, s *sandbox) {
	t.Helper()
	// The line of an invocation is written before its answer, but comes by another way.
	await(t.Context(), t, "the log tells of all invocations", func() bool {
		return strings.Count(s.log.String(), `"msg":"invocation"`) == s.answered()
	})
	log := s.log.String()
	for _, secret := range []string{slackToken, hookSecret, "xoxb-", appSecret, "example-client-secret", "example-access-token", approvalToken} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows a secret:\n%s", log)
		}
	}
	for line := range strings.Lines(log) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("a line of the log is not JSON: %s", line)
		} else if v["msg"] == "invocation" && (v["requestId"] == "" || v["function"] == "" || v["_aws"] == nil) {
			t.Errorf("line %s", line)
		}
	}
}

// TestEventsAreComplete: every function has an event, every event a function, and
// every expectation above an event.
func TestEventsAreComplete(t *testing.T) {
	functions := names(t)
	for _, function := range functions {
		if len(eventsOf(t, function)) == 0 {
			t.Errorf("functions/%s has no sample event in events/%s", function, function)
		}
	}
	for _, pattern := range []string{"*/*.json", "connectors/*/*.json"} {
		files, err := filepath.Glob(filepath.Join(eventsFolder, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no events: %v", err)
		}
		for _, file := range files {
			function, err := filepath.Rel(eventsFolder, filepath.Dir(file))
			if err != nil || !slices.Contains(functions, filepath.ToSlash(function)) {
				t.Errorf("%s is for no function", file)
			}
		}
	}
	for name := range wants {
		if _, err := os.Stat(filepath.Join(eventsFolder, name+".json")); err != nil {
			t.Errorf("there is no event %s", name)
		}
	}
}

func eventsOf(t *testing.T, function string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(eventsFolder, function, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		all = append(all, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	return all
}

func eventNamed(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(eventsFolder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// taskRoot is where Lambda unpacks the console's function.
func taskRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"ui/index.html": "<!doctype html><title>Switchboard</title>", "ui/assets/index-AbCdEf12.js": strings.Repeat("export const a = 1;\n", 200),
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func hasSchedule(name, expression string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		found, err := scheduler.NewFromConfig(w.cfg).GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: &name, GroupName: aws.String("sb")})
		if err != nil || aws.ToString(found.ScheduleExpression) != expression {
			t.Errorf("schedule %s, %v; want %s", aws.ToString(found.ScheduleExpression), err, expression)
		}
	}
}

func hasNoRule(name string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		found, err := eventbridge.NewFromConfig(w.cfg).ListRules(t.Context(), &eventbridge.ListRulesInput{EventBusName: aws.String("sb")})
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range found.Rules {
			if aws.ToString(rule.Name) == name {
				t.Errorf("the rule %s is still there", name)
			}
		}
	}
}

// started says that the workflow has an execution.
func started(id string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		found, err := w.store.Executions(t.Context(), exampleAccount, execution.Filter{Workflow: id}, page.Query{Limit: 10})
		if err != nil || len(found.Items) != 1 {
			t.Errorf("%s has %d executions, %v; want one", id, len(found.Items), err)
		}
	}
}

// answeredWithTraces says that an execution whose caller waited is stored with its end, and
// that the opening of the credential is in the audit, and the execution in the usage.
func answeredWithTraces(t *testing.T, w *world) {
	t.Helper()
	found, err := w.store.Executions(t.Context(), exampleAccount, execution.Filter{Workflow: "wf_answers"}, page.Query{Limit: 10})
	if err != nil || len(found.Items) != 1 || found.Items[0].Status != execution.Succeeded {
		t.Fatalf("stored are %+v, %v; want one that succeeded", found.Items, err)
	}
	id := found.Items[0].ID
	entries, err := w.store.Audit(t.Context(), exampleAccount, audit.Filter{Resource: "cred_slack"}, page.Query{Limit: 100})
	if err != nil || !slices.ContainsFunc(entries.Items, func(e audit.Entry) bool {
		return e.Action == audit.OpenCredential && e.Execution == id && e.Node == "say"
	}) {
		t.Errorf("the audit of cred_slack has no opening for %s: %+v, %v", id, entries.Items, err)
	}
	today := usage.DayOf(time.Now())
	days, err := w.store.UsageDays(t.Context(), exampleAccount, today, today)
	if err != nil || len(days) != 1 || days[0].Executions == 0 {
		t.Errorf("the usage of today is %+v, %v; want the execution counted", days, err)
	}
}

// checked says that the schedule had the stored credential verified.
func checked(t *testing.T, w *world) {
	t.Helper()
	entries, err := w.store.Audit(t.Context(), exampleAccount, audit.Filter{Resource: "cred_slack", Actor: "system"}, page.Query{Limit: 10})
	if err != nil || len(entries.Items) == 0 || entries.Items[0].Action != audit.VerifyCredential {
		t.Errorf("the audit of cred_slack has %+v, %v", entries.Items, err)
	}
}

// resealed says that the key of now alone opens the credential that was sealed under
// the former one.
func resealed(t *testing.T, w *world) {
	t.Helper()
	at := vault.Place{Account: exampleAccount, Credential: "cred_former", CredentialType: "slack_bot_token"}
	sealed, _, err := w.store.Sealed(t.Context(), at.Account, at.CredentialType, at.Credential, "")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := w.vault.Open(t.Context(), at, sealed); err != nil || data["token"] != slackToken {
		t.Errorf("the secret opens to %d members, %v", len(data), err)
	}
}

// resealedLink says it of the link of an approval.
func resealedLink(t *testing.T, w *world) {
	t.Helper()
	a, err := w.store.ApprovalByToken(t.Context(), sha256Of("former"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := w.vault.Open(t.Context(), vault.Place{Account: exampleAccount, Credential: a.ID, CredentialType: approval.CredentialType}, a.Token)
	if err != nil || data["token"] != "former" || a.State != approval.Waiting {
		t.Errorf("the link opens to %d members, %v; it is %s", len(data), err, a.State)
	}
}

// answered says that the approval of the example's link is decided.
func answered(t *testing.T, w *world) {
	t.Helper()
	a, err := w.store.ApprovalByToken(t.Context(), sha256Of(approvalToken))
	if err != nil || a.State != approval.Approved || a.Comment != "Fine." || a.AnsweredBy != "" || !a.Delivered {
		t.Errorf("approval %+v, %v", a, err)
	}
	w.awaitEnd(t, "wf_asks", "exe_asks")
}

// asked says that people were told of an approval, with its link.
func asked(t *testing.T, w *world) {
	t.Helper()
	if all, err := w.store.ApprovalsOf(t.Context(), exampleAccount, "exe_parent"); err != nil || !slices.ContainsFunc(all, func(a approval.Approval) bool {
		return a.Node == "ask" && a.State == approval.Waiting && a.TaskToken == "example-task-token"
	}) {
		t.Errorf("approvals %+v, %v", all, err)
	}
	if !slices.ContainsFunc(w.service.called("slack"), func(r *http.Request) bool {
		return strings.HasPrefix(r.PostFormValue("text"), "Pay 12 EUR? https://api.example.com/approvals/")
	}) {
		t.Error("nobody was told")
	}
}

// hasChild says that a node has run a workflow.
func hasChild(node string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		found, err := w.store.Executions(t.Context(), exampleAccount, execution.Filter{Workflow: "wf_hello"}, page.Query{Limit: 100})
		if err != nil || !slices.ContainsFunc(found.Items, func(x execution.Execution) bool {
			return x.Parent != nil && x.Parent.Execution == "exe_parent" && x.Parent.Node == node
		}) {
			t.Errorf("no execution is %s's, %v", node, err)
		}
	}
}

// hasAppSecret says that the secret of the deployment's client is where connectors
// look for it.
func hasAppSecret(t *testing.T, w *world) {
	t.Helper()
	at := task.AppPlace("google_oauth2")
	sealed, _, err := w.store.Sealed(t.Context(), at.Account, at.CredentialType, at.Credential, "")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := w.vault.Open(t.Context(), at, sealed); err != nil || data["client_secret"] != appSecret {
		t.Errorf("the stored secret has %d members, %v", len(data), err)
	}
}

// hasGrant says that the credential of the example's grant is stored, and works.
func hasGrant(t *testing.T, w *world) {
	t.Helper()
	sealed, _, err := w.store.Sealed(t.Context(), exampleAccount, "google_oauth2", "cred_granted", "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := w.vault.Open(t.Context(), vault.Place{Account: exampleAccount, Credential: "cred_granted", CredentialType: "google_oauth2"}, sealed)
	if err != nil || data["access_token"] != "example-access-token" || data["refresh_token"] != "example-refresh-token" {
		t.Errorf("the stored grant has %d members, %v", len(data), err)
	}
}

func succeeded(id string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		x, err := w.store.Execution(t.Context(), exampleAccount, id)
		if err != nil || x.Status != execution.Succeeded || !strings.Contains(string(x.Output), `"ts"`) {
			t.Errorf("execution %s: %s with output %s, %v", id, x.Status, x.Output, err)
		}
	}
}

// refusal is what hooks counts, and the sweep puts into the audit.
var refusal = audit.Entry{Account: exampleAccount, Actor: "anonymous", Action: audit.RefuseWebhook, Resource: "wf_refused", Reason: "signature"}

func swept(t *testing.T, w *world) {
	t.Helper()
	succeeded("exe_lost")(t, w)
	p, err := w.store.Audit(t.Context(), exampleAccount, audit.Filter{Resource: refusal.Resource}, page.Query{})
	if err != nil || len(p.Items) != 1 || p.Items[0].Action != refusal.Action || p.Items[0].Count != 1 || p.Items[0].Reason != refusal.Reason {
		t.Errorf("the audit of what was refused is %+v, %v", p.Items, err)
	}
}

// saidHello waits until the state machine has had the connector's function post.
func saidHello(t *testing.T, w *world) {
	t.Helper()
	await(t.Context(), t, "the message is posted", func() bool {
		return slices.ContainsFunc(w.service.called("slack"), func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/chat.postMessage") })
	})
}

// awaitEnd waits until Step Functions has ended an execution.
func (w *world) awaitEnd(t *testing.T, workflow, id string) {
	t.Helper()
	arn := "arn:aws:states:eu-central-1:123456789012:execution:sb-" + exampleAccount + "-" + workflow + ":" + id
	await(t.Context(), t, "execution "+id+" has ended", func() bool {
		d, err := w.stepFunctions().DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		return err == nil && d.Status != types.ExecutionStatusRunning
	})
}

// TestRefusesToStart: without its settings a function tells Lambda all that are
// missing, and ends.
func TestRefusesToStart(t *testing.T) {
	for _, function := range names(t) {
		t.Run(function, func(t *testing.T) {
			s := startSandbox(t, bootstrap(t, function), map[string]string{"AWS_LAMBDA_FUNCTION_NAME": function})
			<-s.ended
			refused := s.refusal()
			if refused == nil || refused.Type != "Switchboard.CannotStart" || !strings.Contains(refused.Message, "not set: ") {
				t.Fatalf("it told Lambda %+v\n%s", refused, s.log)
			}
			if function != "catalog" && function != "console" && !strings.Contains(refused.Message, "AWS_REGION") {
				t.Errorf("message %s", refused.Message)
			}
			fmt.Fprintln(t.Output(), refused.Message)
		})
	}
}
