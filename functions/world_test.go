package functions_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/dynamo"
	"switchboard/internal/dynamotest"
	"switchboard/internal/lambdahost"
	"switchboard/internal/mototest"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

const (
	machinePrefix   = "arn:aws:states:eu-central-1:123456789012:stateMachine:sb"
	machineRole     = "arn:aws:iam::123456789012:role/sb-machines"
	functionPrefix  = "sb-"
	connectorPrefix = functionPrefix + "connector-"
	table           = "sb-switchboard"
	patience        = 28 * time.Second // of an invocation
)

// world is a deployment: Amazon's DynamoDB Local; moto for KMS, Step Functions,
// EventBridge and Scheduler; and, behind Lambda's Invoke API, the connectors' own
// bootstraps and those that state machines call, whose services are one stub.
type world struct {
	t        testing.TB
	store    *dynamo.Store
	vault    *vault.Vault
	former   *vault.Vault // under the key that was replaced
	cfg      aws.Config   // of clients of moto
	settings map[string]string
	service  *stub
	built    string // the folder of the bootstraps
	fence    *fence
	express  string // the proxy behind which is what moto does not have: see serveExpress

	mu     sync.Mutex
	called map[string]*sandbox // functions that others call, by name
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, service: newStub(t), called: map[string]*sandbox{}}
	invoke := httptest.NewServer(http.HandlerFunc(w.serveInvoke))
	t.Cleanup(invoke.Close)
	database := dynamotest.Need(t)
	moto := startMoto(t, invoke.URL)
	// Building takes minutes after a change, so it is done before anything waits for a function.
	built, err := bootstraps()
	if err != nil {
		t.Fatal(err)
	}
	w.built = built
	if _, err := database.Client().CreateTable(t.Context(), dynamotest.Table(table)); err != nil {
		t.Fatal(err)
	}
	w.store = dynamo.New(dynamodb.New(database.Config()), dynamo.Options{Table: table})
	w.fence = newFence(t, map[string]string{"dynamodb": database.Endpoint, "kms": moto})
	express := httptest.NewServer(http.HandlerFunc(w.serveExpress))
	t.Cleanup(express.Close)
	w.express = express.URL
	w.cfg = aws.Config{Region: mototest.Region, Credentials: mototest.Credentials(), BaseEndpoint: aws.String(moto)}
	key, err := sdk.NewFromConfig(w.cfg).CreateKey(t.Context(), &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	w.vault = vault.New(awskms.New(kms.New(w.cfg), *key.KeyMetadata.Arn))
	former, err := sdk.NewFromConfig(w.cfg).CreateKey(t.Context(), &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	w.former = vault.New(awskms.New(kms.New(w.cfg), *former.KeyMetadata.Arn))
	w.settings = map[string]string{
		"AWS_REGION": mototest.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
		"AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_ENDPOINT_URL": moto, "AWS_ENDPOINT_URL_LAMBDA": invoke.URL,
		lambdahost.Table: table, lambdahost.KMSKey: *key.KeyMetadata.Arn, lambdahost.OtherKMSKey: *former.KeyMetadata.Arn, lambdahost.StateMachinePrefix: machinePrefix,
		lambdahost.StateMachineRole:     machineRole,
		lambdahost.StateMachineLogGroup: "arn:aws:logs:eu-central-1:123456789012:log-group:sb-machines:*",
		lambdahost.ConnectorPrefix:      connectorPrefix, lambdahost.ScheduleGroup: "sb", lambdahost.EventBus: "sb",
		lambdahost.ScheduleRole:      "arn:aws:iam::123456789012:role/sb-schedules",
		lambdahost.ApprovalsFunction: functionPrefix + "approvals", lambdahost.ChildrenFunction: functionPrefix + "children",
		lambdahost.TriggersFunction: "arn:aws:lambda:eu-central-1:123456789012:function:sb-triggers",
		lambdahost.DeadLetters:      "arn:aws:sqs:eu-central-1:123456789012:sb-triggers", lambdahost.PublicURL: "https://api.example.com",
		lambdahost.Issuer: "https://login.example.com", lambdahost.Audience: "switchboard", lambdahost.SignInScope: "openid", lambdahost.TokenOrigin: "https://tokens.example.com",
		task.AppVariable("google", "ID"): appClient, lambdahost.AllowNet: "127.0.0.0/8",
	}
	if _, err := scheduler.NewFromConfig(w.cfg).CreateScheduleGroup(t.Context(), &scheduler.CreateScheduleGroupInput{Name: aws.String("sb")}); err != nil {
		t.Fatal(err)
	}
	if _, err := eventbridge.NewFromConfig(w.cfg).CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("sb")}); err != nil {
		t.Fatal(err)
	}
	return w
}

// startMoto runs moto with the repairs of stepfn's tests, so that what is started is
// really run, with these Lambda functions.
func startMoto(t *testing.T, functions string) string {
	t.Helper()
	evaluator := filepath.Join("..", "internal", "asl", "testdata", "peer", "jsonata.js")
	if _, err := os.Stat(filepath.Join(filepath.Dir(evaluator), "node_modules", "jsonata")); err != nil {
		mototest.Missing(t, "the reference implementation of JSONata is not installed: run npm ci in internal/asl/testdata/peer")
	}
	if _, err := exec.LookPath("node"); err != nil {
		mototest.Missing(t, "moto needs node for JSONata: %v", err)
	}
	return mototest.StartScript(t, filepath.Join("..", "internal", "stepfn", "testdata", "peer.py"), evaluator, functions)
}

// start starts a function of the deployment, with more settings where there are some.
func (w *world) start(t testing.TB, function string, more map[string]string) *sandbox {
	t.Helper()
	return startSandbox(t, w.bootstrap(function), w.settingsOf(function, more))
}

func (w *world) bootstrap(function string) string {
	return filepath.Join(w.built, filepath.Base(function))
}

func (w *world) settingsOf(function string, more map[string]string) map[string]string {
	settings := maps.Clone(w.settings)
	name := filepath.Base(function)
	if connector, ok := strings.CutPrefix(function, "connectors/"); ok {
		name = "connector-" + connector
		settings[lambdahost.UpstreamPrefix+strings.ToUpper(connector)] = w.service.address(connector)
	}
	settings["AWS_LAMBDA_FUNCTION_NAME"] = functionPrefix + name
	settings["AWS_ENDPOINT_URL_DYNAMODB"], settings["AWS_ENDPOINT_URL_KMS"] = w.fence.address(name, "dynamodb"), w.fence.address(name, "kms")
	if name == "hooks" {
		settings["HTTP_PROXY"] = w.express // the SDK puts sync- before the host's name, which leads there
	}
	maps.Copy(settings, more)
	return settings
}

// function is one that others call, which is started when it is first asked.
func (w *world) function(name string) (*sandbox, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.called[name]; s != nil {
		return s, nil
	}
	folder := name
	if connector, ok := strings.CutPrefix(name, "connector-"); ok {
		folder = "connectors/" + connector
	}
	s, err := openSandbox(w.t, w.bootstrap(folder), w.settingsOf(folder, nil))
	if err == nil {
		w.called[name] = s
	}
	return s, err
}

// serveInvoke is Lambda's Invoke API, and at the root how moto's state machines call
// functions.
//
// Source: AWS Lambda API reference, "Invoke".
func (w *world) serveInvoke(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	function, payload := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations"), body
	direct := r.URL.Path == "/"
	if direct {
		var call struct {
			Function string          `json:"function"`
			Payload  json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(body, &call); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		function, payload = call.Function, call.Payload
	}
	name, ours := strings.CutPrefix(function, functionPrefix)
	if !ours {
		http.Error(rw, `{"Type":"User","Message":"Function not found"}`, http.StatusNotFound)
		return
	}
	s, err := w.function(name)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	answer, failed, err := s.invoke(r.Context(), payload, patience)
	switch {
	case err != nil:
		http.Error(rw, err.Error(), http.StatusInternalServerError)
	case failed == nil:
		_, _ = rw.Write(answer)
	default:
		text, _ := json.Marshal(failed) // two texts
		rw.Header().Set("X-Amz-Function-Error", "Unhandled")
		if direct {
			rw.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = rw.Write(text)
	}
}

func (w *world) stepFunctions() *sfn.Client { return sfn.NewFromConfig(w.cfg) }

// stub is every service that connectors call, each below its name.
type stub struct {
	server *httptest.Server
	mu     sync.Mutex
	answer map[string]http.HandlerFunc
	calls  map[string][]*http.Request
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{answer: map[string]http.HandlerFunc{}, calls: map[string][]*http.Request{}}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		answer := s.answer[name]
		s.calls[name] = append(s.calls[name], r)
		s.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

func (s *stub) address(connector string) string { return s.server.URL + "/" + connector }

// answers says what a connector's service answers from now on, and forgets what it
// was asked before.
func (s *stub) answers(connector string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer[connector], s.calls[connector] = answer, nil
}

func (s *stub) called(connector string) []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[connector]
}
