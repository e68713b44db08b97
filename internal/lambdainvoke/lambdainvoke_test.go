package lambdainvoke_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/awscall"
	"switchboard/internal/bolt"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
	"switchboard/internal/lambdainvoke"
	"switchboard/internal/schema"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

var (
	fieldText  = schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true, Options: "phrases"}
	fieldToken = schema.Field{Name: "token", Kind: schema.Secret, Title: "Token", Required: true}
)

// bell is a connector that takes one token and says what it is told.
func bell() connector.Connector {
	return connector.Connector{
		Name: "bell", Title: "Bell", Base: "https://bell.example",
		CredentialTypes: []connector.CredentialType{{
			Name: "bell_token", Title: "Bell token", Fields: schema.Fields{fieldToken},
			Verify: func(_ context.Context, call *connector.Call) (connector.Identity, error) {
				if token := call.Credential.Data.Secret(fieldToken).Reveal(); token != "right" {
					return connector.Identity{}, fault.New(fault.AuthFailed, "The bell does not know %s.", token).WithHint("Make a new token.")
				}
				return connector.Identity{Name: "tower", Detail: map[string]any{"bells": 3}}, nil
			},
		}, {
			Name: "bell_oauth2", Title: "Bell account", Fields: append(schema.Fields{connector.ClientID, connector.ClientSecret}, connector.GrantFields()...),
			OAuth: &connector.OAuth{
				AuthorizeURL: func(connector.Credential) string { return "https://bell.example/authorize" },
				TokenURL:     func(connector.Credential) string { return "https://bell.example/token" },
			},
		}},
		Options: map[string]connector.OptionLoader{"phrases": func(_ context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
			if token := call.Credential.Data.Secret(fieldToken).Reveal(); token != "right" {
				return connector.OptionPage{}, fault.New(fault.AuthFailed, "The bell does not know %s.", token).WithHint("Make a new token.")
			}
			return connector.OptionPage{Items: []connector.Option{{Value: "ding", Label: "Ding " + q.Search}}, Next: "2"}, nil
		}},
		Actions: []connector.Action{{Name: "ring", Title: "Ring", Input: schema.Fields{fieldText}, Run: func(_ context.Context, call *connector.Call) (connector.Output, error) {
			if text := call.Input.Text(fieldText); text != "crack" {
				return connector.Output{"said": text, "n": json.Number("12345678901234567890")}, nil
			}
			f := fault.New(fault.RateLimited, "Too loud.").WithHint("Wait.")
			f.RetryAfter = 90 * time.Second
			return nil, f
		}}},
	}
}

// lambdaAPI stands for Lambda's Invoke API: it runs a real host, and reports its
// failures as our functions do.
//
// Source: AWS Lambda API reference, "Invoke".
type lambdaAPI struct {
	host   *task.Host
	first  []http.HandlerFunc // what the first requests get instead
	calls  atomic.Int32
	invoke atomic.Pointer[http.Request]
}

func (l *lambdaAPI) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n := int(l.calls.Add(1))
	l.invoke.Store(req)
	payload, err := io.ReadAll(req.Body)
	if err != nil || req.URL.Path != "/2015-03-31/functions/sb-bell/invocations" {
		refuse("ResourceNotFoundException", http.StatusNotFound)(w, req)
		return
	}
	if n <= len(l.first) {
		l.first[n-1](w, req)
		return
	}
	answer, err := l.host.Answer(req.Context(), payload)
	if err != nil {
		f := fault.Of(err)
		fail(string(f.Code), f.Message+"\n"+f.Hint)(w, req)
		return
	}
	_, _ = w.Write(answer)
}

func refuse(code string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"Message":"said by Lambda"}`))
	}
}

func fail(name, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_ = json.NewEncoder(w).Encode(map[string]string{"errorType": name, "errorMessage": message})
	}
}

// newConnectors returns a client of a stand-in that answers the first requests so.
func newConnectors(t *testing.T, limit time.Duration, first ...http.HandlerFunc) (*lambdainvoke.Connectors, *lambdaAPI, *vault.Vault) {
	t.Helper()
	dir := t.TempDir()
	store, err := bolt.Open(filepath.Join(dir, "db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	keys, err := keyfile.Open(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	network, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(keys)
	api := &lambdaAPI{first: first, host: task.NewHost(task.Config{
		Connector: bell(), Records: store, Secrets: store, Opener: v, Network: network, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	client := lambda.New(lambda.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
		Retryer: impatient{awscall.Retryer()},
	})
	return lambdainvoke.New(lambdainvoke.Config{Client: client, Function: lambdainvoke.Named("sb-", []string{"bell", "gong"}), Limit: limit}), api, v
}

// impatient is our retryer without its waits.
type impatient struct{ *retry.Standard }

func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

var place = vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "bell_token"}

func seal(t *testing.T, v *vault.Vault, token string) vault.Sealed {
	t.Helper()
	sealed, err := v.Seal(t.Context(), place, map[string]any{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestVerify(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		c, api, v := newConnectors(t, 0)
		identity, err := c.Verify(t.Context(), "bell", place, seal(t, v, "right"))
		want := connector.Identity{Name: "tower", Detail: map[string]any{"bells": json.Number("3")}}
		if diff := cmp.Diff(want, identity); err != nil || diff != "" {
			t.Errorf("identity (-want +got):\n%s, %v", diff, err)
		}
		if got := api.invoke.Load().Header.Get("X-Amz-Invocation-Type"); got != "RequestResponse" {
			t.Errorf("invoked as %q, which is not waited for", got)
		}
	})
	t.Run("ErrAuthFailed", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		_, err := c.Verify(t.Context(), "bell", place, seal(t, v, "wrong-canary"))
		f := fault.Of(err)
		if f.Code != fault.AuthFailed || !strings.HasPrefix(f.Message, "The bell does not know") || f.Hint != "Make a new token." {
			t.Errorf("err = %v (hint %q)", err, f.Hint)
		}
		if strings.Contains(err.Error()+f.Hint, "canary") {
			t.Errorf("%v shows the secret", err)
		}
	})
	t.Run("ErrOtherPlace", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		at := place
		at.Account = "acc_2"
		if _, err := c.Verify(t.Context(), "bell", at, seal(t, v, "right")); !fault.Is(err, fault.CredentialUnreadable) {
			t.Errorf("err = %v, want CredentialUnreadable", err)
		}
	})
}

func TestTry(t *testing.T) {
	try := func(t *testing.T, c *lambdainvoke.Connectors, text string) (task.Trial, error) {
		t.Helper()
		return c.Try(t.Context(), "bell", task.Task{
			Account: "acc_1", Execution: "test_1", Node: "n", Action: "ring", TimeoutSeconds: 5,
			Config: map[string]any{"text": text}, Variables: map[string]any{"trigger": map[string]any{"who": "Ann"}},
		})
	}
	t.Run("OK", func(t *testing.T) {
		c, _, _ := newConnectors(t, 0)
		trial, err := try(t, c, "for {{trigger.who}}")
		if err != nil || string(trial.Input) != `{"text":"for Ann"}` || string(trial.Output) != `{"n":12345678901234567890,"said":"for Ann"}` || trial.Error != nil {
			t.Errorf("trial %s, %s, %v, %v", trial.Input, trial.Output, trial.Error, err)
		}
	})
	t.Run("AFailureOfTheActionIsAResult", func(t *testing.T) {
		c, _, _ := newConnectors(t, 0)
		trial, err := try(t, c, "crack")
		if err != nil || trial.Error == nil || string(trial.Input) != `{"text":"crack"}` {
			t.Fatalf("trial %+v, %v", trial, err)
		}
		if f := trial.Error; f.Code != fault.RateLimited || f.Message != "Too loud." || f.Hint != "Wait." || f.RetryAfter != 90*time.Second {
			t.Errorf("error %+v", f)
		}
	})
	t.Run("RidesThrottling", func(t *testing.T) {
		throttled := refuse("TooManyRequestsException", http.StatusTooManyRequests)
		c, api, _ := newConnectors(t, 0, throttled, throttled, refuse("ServiceException", http.StatusInternalServerError))
		if trial, err := try(t, c, "hi"); err != nil || trial.Error != nil || api.calls.Load() != 4 {
			t.Errorf("trial %+v, %v after %d calls", trial, err, api.calls.Load())
		}
	})
}

func TestFaults(t *testing.T) {
	always := func(h http.HandlerFunc) []http.HandlerFunc {
		return []http.HandlerFunc{h, h, h, h, h}
	}
	for name, c := range map[string]struct {
		answer    http.HandlerFunc
		connector string
		limit     time.Duration
		want      fault.Code
		hint      string
		calls     int32
	}{
		"ErrThrottled":         {answer: refuse("TooManyRequestsException", 429), want: fault.Unavailable, hint: "moment", calls: awscall.MaxAttempts},
		"ErrServer":            {answer: refuse("ServiceException", 500), want: fault.Unavailable, hint: "moment", calls: awscall.MaxAttempts},
		"ErrDenied":            {answer: refuse("AccessDeniedException", 403), want: fault.Internal, hint: "role", calls: 1},
		"ErrTooLarge":          {answer: refuse("RequestTooLargeException", 413), want: fault.PayloadTooLarge, hint: "less", calls: 1},
		"ErrRefused":           {answer: refuse("InvalidParameterValueException", 400), want: fault.Internal, hint: "log", calls: 1},
		"ErrNotDeployed":       {connector: "gong", want: fault.Internal, hint: "deploy", calls: 1},
		"ErrNoSuchConnector":   {connector: "drum", want: fault.ValidationFailed, hint: "workflow"},
		"ErrOfTheTask":         {answer: fail("Connector.Unavailable", "It is down.\nTry later."), want: fault.ServiceUnavailable, hint: "Try later.", calls: 1},
		"ErrFunctionTimedOut":  {answer: fail("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 60.00 seconds"), want: fault.Unavailable, hint: "slow", calls: 1},
		"ErrFunctionCrashed":   {answer: fail("Runtime.ExitError", "exit status 2"), want: fault.Internal, hint: "function's log", calls: 1},
		"ErrCodeOfTheAPI":      {answer: fail("not_found", "said by somebody"), want: fault.Internal, hint: "function's log", calls: 1},
		"ErrFailureWithoutAny": {answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Amz-Function-Error", "Unhandled") }, want: fault.Internal, hint: "function's log", calls: 1},
		"ErrTooSlow":           {answer: func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, limit: 50 * time.Millisecond, want: fault.Unavailable, hint: "slow", calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if c.connector == "" {
				c.connector = "bell"
			}
			connectors, api, v := newConnectors(t, c.limit, always(c.answer)...)
			_, err := connectors.Verify(t.Context(), c.connector, place, seal(t, v, "right"))
			f := fault.Of(err)
			if f.Code != c.want || !strings.Contains(f.Hint, c.hint) || api.calls.Load() != c.calls {
				t.Errorf("err = %v (hint %q) after %d calls, want %s with %q after %d", err, f.Hint, api.calls.Load(), c.want, c.hint, c.calls)
			}
			if strings.Contains(f.Message+f.Hint, "said by") {
				t.Errorf("%q: Lambda's words belong into the log", f.Message)
			}
		})
	}
}
