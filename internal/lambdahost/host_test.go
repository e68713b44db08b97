package lambdahost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/account"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/fault"
	"switchboard/internal/request"
)

// settings are an environment.
type settings map[string]string

func (s settings) lookup(name string) (string, bool) {
	value, ok := s[name]
	return value, ok
}

// inLambda is what Lambda sets.
func inLambda(more settings) settings {
	s := settings{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "token",
		"AWS_LAMBDA_FUNCTION_NAME": "switchboard-agents", "AWS_LAMBDA_FUNCTION_VERSION": "7",
	}
	for name, value := range more {
		s[name] = value
	}
	return s
}

// lines reads a log.
func lines(t *testing.T, log *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(log.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

func invocationContext(t *testing.T) context.Context {
	t.Helper()
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "0198f2c4-a1b2-7d3e-8f90-123456789abc"})
	return context.WithValue(ctx, "x-amzn-trace-id", "Root=1-2-3") //nolint:staticcheck // the runtime library's key
}

func TestInvoke(t *testing.T) {
	invoke := func(t *testing.T, h Handler) (answer []byte, log []map[string]any, err error) {
		t.Helper()
		var out bytes.Buffer
		f := function{newHost(inLambda(nil).lookup, &out), h}
		answer, err = f.Invoke(invocationContext(t), []byte(`{}`))
		return answer, lines(t, &out), err
	}
	t.Run("OK", func(t *testing.T) {
		answer, log, err := invoke(t, func(ctx context.Context, _ []byte) ([]byte, error) {
			ForAccount(ctx, "acc_1")
			return []byte(`"well"`), nil
		})
		if err != nil || string(answer) != `"well"` {
			t.Fatalf("answer %s, %v", answer, err)
		}
		line := log[len(log)-1]
		for name, want := range map[string]any{
			"level": "INFO", "msg": "invocation", "requestId": "0198f2c4-a1b2-7d3e-8f90-123456789abc", "xrayTraceId": "Root=1-2-3",
			"account": "acc_1", "function": "switchboard-agents", "version": "7", "cold": true, "failures": 0.0,
		} {
			if line[name] != want {
				t.Errorf("%s = %v, want %v", name, line[name], want)
			}
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(line["timestamp"])); err != nil {
			t.Errorf("timestamp: %v", err)
		}
	})
	t.Run("ItsLastLineIsAMetric", func(t *testing.T) {
		_, log, _ := invoke(t, func(context.Context, []byte) ([]byte, error) {
			return nil, fmt.Errorf("running a task: %w", fault.New(fault.RateLimited, "Slow down."))
		})
		line := log[len(log)-1]
		text, err := json.Marshal(line["_aws"])
		if err != nil {
			t.Fatal(err)
		}
		var embedded struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		}
		if err := json.Unmarshal(text, &embedded); err != nil || embedded.Timestamp == 0 || len(embedded.CloudWatchMetrics) != 2 {
			t.Fatalf("%s: %v", text, err)
		}
		for _, d := range embedded.CloudWatchMetrics {
			for _, set := range d.Dimensions {
				for _, name := range set {
					if _, ok := line[name].(string); !ok {
						t.Errorf("the line has no text %q, which is a dimension", name)
					}
				}
			}
			for _, m := range d.Metrics {
				if _, ok := line[m.Name].(float64); !ok {
					t.Errorf("the line has no number %q, which is a metric", m.Name)
				}
			}
		}
		if line["failure"] != "Connector.RateLimited" || line["failures"] != 1.0 {
			t.Errorf("failure %v, failures %v", line["failure"], line["failures"])
		}
	})
	t.Run("WrappedFaultKeepsItsName", func(t *testing.T) {
		_, log, err := invoke(t, func(context.Context, []byte) ([]byte, error) {
			return nil, fmt.Errorf("calling: %w", fault.New(fault.AuthFailed, "Slack does not know the token.").WithHint("Make a new one.").Because(errors.New("invalid_auth")))
		})
		want := messages.InvokeResponse_Error{Type: "Connector.AuthFailed", Message: "Slack does not know the token.\nMake a new one."}
		if err != nil && err.Error() != want.Error() {
			t.Errorf("failure %v, want %v", err, want)
		}
		if got, ok := err.(messages.InvokeResponse_Error); !ok || got.Type != want.Type || got.Message != want.Message { //nolint:errorlint // the runtime's library looks at the type itself
			t.Errorf("failure %#v, want %#v", err, want)
		}
		if line := log[len(log)-1]; line["level"] != "WARN" || !strings.Contains(fmt.Sprint(line["error"]), "invalid_auth") {
			t.Errorf("the log does not tell the cause: %v", line)
		}
	})
	t.Run("PanicIsAFailureThatTellsNothing", func(t *testing.T) {
		_, log, err := invoke(t, func(context.Context, []byte) ([]byte, error) { panic("xoxb-secret") })
		var failure messages.InvokeResponse_Error
		if !errors.As(err, &failure) || failure.Type != "internal" || strings.Contains(failure.Message, "xoxb") || failure.ShouldExit {
			t.Errorf("failure %#v", err)
		}
		if log[0]["msg"] != "invocation panicked" || !strings.Contains(fmt.Sprint(log[0]["stack"]), "host_test.go") {
			t.Errorf("log %v", log[0])
		}
	})
	t.Run("SecondInvocationIsWarm", func(t *testing.T) {
		var out bytes.Buffer
		f := function{newHost(inLambda(nil).lookup, &out), func(context.Context, []byte) ([]byte, error) { return nil, nil }}
		for range 2 {
			if _, err := f.Invoke(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if log := lines(t, &out); log[0]["cold"] != true || log[1]["cold"] != false {
			t.Errorf("log %v", log)
		}
	})
	t.Run("LineThatTellsTheAccountTellsItOnce", func(t *testing.T) {
		var out bytes.Buffer
		h := newHost(inLambda(nil).lookup, &out)
		f := function{h, func(ctx context.Context, _ []byte) ([]byte, error) {
			ForAccount(ctx, "acc_1")
			h.Log.WarnContext(ctx, "task failed", "account", "acc_2")
			return nil, nil
		}}
		if _, err := f.Invoke(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(out.String(), "\n")
		if strings.Count(first, `"account"`) != 1 || !strings.Contains(first, "acc_2") {
			t.Errorf("line %s", first)
		}
	})
}

// TestTask: what a state machine calls writes its lines on behalf of the request that
// its payload names, and what is called by that as well.
func TestTask(t *testing.T) {
	for payload, want := range map[string]string{
		`{"request": "req-1", "account": "acc_1"}`: "req-1", `{}`: "0198f2c4-a1b2-7d3e-8f90-123456789abc",
	} {
		var out bytes.Buffer
		h := newHost(inLambda(nil).lookup, &out)
		f := function{h, Task(func(ctx context.Context, _ []byte) (json.RawMessage, error) {
			h.Log.InfoContext(ctx, "working")
			return json.RawMessage(`"` + request.ID(ctx) + `"`), nil
		})}
		answer, err := f.Invoke(invocationContext(t), []byte(payload))
		if err != nil || string(answer) != `"`+want+`"` {
			t.Errorf("%s: the request is %s, %v; want %s", payload, answer, err, want)
		}
		for _, line := range lines(t, &out) {
			if line["request_id"] != want || line["requestId"] != "0198f2c4-a1b2-7d3e-8f90-123456789abc" {
				t.Errorf("%s: line %v, want request_id %s", payload, line, want)
			}
		}
	}
}

func TestDeadline(t *testing.T) {
	for _, tt := range []struct {
		name       string
		left, work time.Duration
	}{
		{"Margin", 29 * time.Second, 28 * time.Second},
		{"HalfOfLittle", time.Second, 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.left)
				defer cancel()
				var out bytes.Buffer
				started := time.Now()
				f := function{newHost(inLambda(nil).lookup, &out), func(ctx context.Context, _ []byte) ([]byte, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}}
				_, err := f.Invoke(ctx, nil)
				var failure messages.InvokeResponse_Error
				if worked := time.Since(started); worked != tt.work || !errors.As(err, &failure) || failure.Type != "unavailable" {
					t.Errorf("worked for %s, failure %v; want %s, unavailable", worked, err, tt.work)
				}
			})
		})
	}
}

func TestSettings(t *testing.T) {
	t.Run("AllThatAreMissingAreTold", func(t *testing.T) {
		h := newHost(settings{"AWS_REGION": "x", KMSKey: "  "}.lookup, &bytes.Buffer{})
		_, err := h.wired(func(h *Host) (Handler, error) {
			h.AWS()
			_, _, _ = h.Setting(Table), h.Setting(Table), h.Setting(KMSKey)
			return nil, errors.New("another thing")
		})
		want := "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, SWITCHBOARD_KMS_KEY, SWITCHBOARD_TABLE."
		if !strings.HasSuffix(fault.Of(err).Message, want) {
			t.Errorf("err = %v, want it to end in %s", err, want)
		}
	})
	t.Run("Upstream", func(t *testing.T) {
		h := newHost(settings{"SWITCHBOARD_UPSTREAM_WHATSAPP_CLOUD": "http://127.0.0.1:9/x", "SWITCHBOARD_UPSTREAM_SLACK": "nonsense"}.lookup, &bytes.Buffer{})
		if u, err := h.Upstream("whatsapp_cloud"); err != nil || u.String() != "http://127.0.0.1:9/x" {
			t.Errorf("upstream %v, %v", u, err)
		}
		if u, err := h.Upstream("jira"); err != nil || u != nil {
			t.Errorf("upstream %v, %v", u, err)
		}
		if _, err := h.Upstream("slack"); err == nil || !strings.Contains(err.Error(), "SWITCHBOARD_UPSTREAM_SLACK") {
			t.Errorf("err = %v, want it to name the setting", err)
		}
	})
	t.Run("AllowedNets", func(t *testing.T) {
		h := newHost(settings{AllowNet: "10.1.2.3/8, ::1/128"}.lookup, &bytes.Buffer{})
		nets, err := h.AllowedNets()
		if err != nil || fmt.Sprint(nets) != "[10.0.0.0/8 ::1/128]" {
			t.Errorf("nets %v, %v", nets, err)
		}
		if _, err := newHost(settings{AllowNet: "home"}.lookup, &bytes.Buffer{}).AllowedNets(); err == nil || !strings.Contains(err.Error(), "home") {
			t.Errorf("err = %v, want it to quote the mistake", err)
		}
	})
}

// TestAWS: what clients send, the SDK's and ours, bears the function's credentials and
// the trace, goes where the settings say, and is sent again when it is throttled.
func TestAWS(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "switchboard-agents") // the clients look for these themselves
	t.Setenv("_X_AMZN_TRACE_ID", "Root=1-2-3")
	for name, call := range map[string]func(context.Context, aws.Config) error{
		"states": func(ctx context.Context, c aws.Config) error {
			_, err := sfn.NewFromConfig(c).ListStateMachines(ctx, &sfn.ListStateMachinesInput{MaxResults: 1})
			return err
		},
		"dynamodb": func(ctx context.Context, c aws.Config) error {
			_, err := dynamodb.New(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: "t", Key: dynamodb.Item{"pk": dynamodb.Text("a")}})
			return err
		},
		"kms": func(ctx context.Context, c aws.Config) error {
			_, err := kms.New(c).Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: []byte{1}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { testAWS(t, name, call) })
	}
}

func testAWS(t *testing.T, service string, call func(context.Context, aws.Config) error) {
	var requests []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r)
		if len(requests) == 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ThrottlingException","message":"slow down"}`))
			return
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	setting := map[string]string{"states": "SFN", "dynamodb": "DYNAMODB", "kms": "KMS"}[service]
	h := newHost(inLambda(settings{"AWS_ENDPOINT_URL_" + setting: server.URL, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).lookup, &bytes.Buffer{})
	if err := call(t.Context(), h.AWS()); err != nil {
		t.Fatal(err)
	}
	if len(requests) != 2 {
		t.Fatalf("%d requests, want 2", len(requests))
	}
	got := requests[1].Header
	if !strings.Contains(got.Get("Authorization"), "Credential=AKIA/") || !strings.Contains(got.Get("Authorization"), "/eu-central-1/"+service+"/") ||
		got.Get("X-Amz-Security-Token") != "token" || got.Get("X-Amzn-Trace-Id") != "Root=1-2-3" {
		t.Errorf("headers %v", got)
	}
}

func TestAuthenticate(t *testing.T) {
	known := account.Principal{Account: "acc_1", Actor: "key:k", Role: account.Editor, Agent: "agt_1"}
	expired := fault.New(fault.Unauthorized, "The API key has expired.").WithHint("Make a new one.")
	for _, tt := range []struct {
		name, header string
		found        account.Principal
		err          error
		refused      string
	}{
		{"OK", "Bearer token", known, nil, ""},
		{"AnyCase", "bearer  token", known, nil, ""},
		{"ErrExpired", "Bearer token", account.Principal{}, expired, "The API key has expired."},
		{"ErrNoScheme", "token", known, nil, "The request has no bearer token."},
		{"ErrNothing", "", known, nil, "The request has no bearer token."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			payload, err := json.Marshal(events.APIGatewayV2CustomAuthorizerV2Request{Headers: map[string]string{"authorization": tt.header}})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := Authorizer(func(_ context.Context, bearer string) (account.Principal, error) {
				if bearer != "token" {
					t.Errorf("bearer = %q", bearer)
				}
				return tt.found, tt.err
			})(t.Context(), payload)
			if err != nil {
				t.Fatal(err)
			}
			var told struct {
				IsAuthorized bool
				Context      map[string]any
			}
			if err := json.Unmarshal(answer, &told); err != nil || !told.IsAuthorized {
				t.Fatalf("answer = %s, %v", answer, err)
			}
			got, err := Authenticate(withCaller(t.Context(), told.Context), "ignored")
			if tt.refused == "" && (err != nil || got != known) {
				t.Errorf("%+v, %v; want %+v", got, err, known)
			}
			if tt.refused != "" && (!fault.Is(err, fault.Unauthorized) || fault.Of(err).Message != tt.refused || got != (account.Principal{})) {
				t.Errorf("%+v, %v; want %q", got, err, tt.refused)
			}
		})
	}
	t.Run("ErrNoAuthorizer", func(t *testing.T) {
		for name, ctx := range map[string]context.Context{"none": t.Context(), "empty": withCaller(t.Context(), map[string]any{}), "no actor": withCaller(t.Context(), map[string]any{"account": "acc_1", "role": "owner"})} {
			if got, err := Authenticate(ctx, ""); !fault.Is(err, fault.Unauthorized) || got != (account.Principal{}) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
	t.Run("ErrUnavailable", func(t *testing.T) {
		down := func(context.Context, string) (account.Principal, error) {
			return account.Principal{}, fault.New(fault.Unavailable, "Down.")
		}
		if answer, err := Authorizer(down)(t.Context(), []byte(`{"headers":{"authorization":"Bearer token"}}`)); !fault.Is(err, fault.Unavailable) {
			t.Errorf("answer %s, %v", answer, err)
		}
	})
}
