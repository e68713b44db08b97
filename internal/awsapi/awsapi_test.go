package awsapi_test

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"switchboard/internal/awsapi"
	"switchboard/internal/awscall"
)

var service = awsapi.Service{ID: "DynamoDB", Name: "dynamodb", Target: "DynamoDB_20120810", Version: "1.0"}

var credentials = aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret", SessionToken: "token"}

// config is that of a client that does not wait before it tries again.
func config(endpoint string) aws.Config {
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

// serve is a service that answers with each of these in turn, and with the last one
// from then on.
func serve(t *testing.T, answers ...http.HandlerFunc) (client *awsapi.Client, calls *int) {
	t.Helper()
	calls = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		answers[min(*calls, len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return awsapi.New(config(server.URL), service), calls
}

func say(status int, text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for n := 0; n < len(headers); n += 2 {
			w.Header().Set(headers[n], headers[n+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

func checksum(of string) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(of))), 10)
}

type said struct{ Said string }

func TestCall(t *testing.T) {
	const answer = `{"Said":"hello"}`
	ok := say(200, answer)
	for name, tt := range map[string]struct {
		answers []http.HandlerFunc
		calls   int
		err     string // a part of it; "" is none
	}{
		"OK":         {[]http.HandlerFunc{ok}, 1, ""},
		"Checked":    {[]http.HandlerFunc{say(200, answer, "X-Amz-Crc32", checksum(answer))}, 1, ""},
		"Throttled":  {[]http.HandlerFunc{say(400, `{"__type":"ThrottlingException"}`), ok}, 2, ""},
		"BadGateway": {[]http.HandlerFunc{say(502, `<html>`), ok}, 2, ""},
		"Damaged":    {[]http.HandlerFunc{say(200, `{"Said":"hullo"}`, "X-Amz-Crc32", checksum(answer)), ok}, 2, ""},
		"CutOff":     {[]http.HandlerFunc{say(200, answer[:5], "Content-Length", "16"), ok}, 2, ""},
		"HungUp":     {[]http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ok}, 2, ""},

		"ErrRefused":   {[]http.HandlerFunc{say(400, `{"__type":"x#ValidationException","message":"no"}`), ok}, 1, "ValidationException: no"},
		"ErrThrottled": {[]http.HandlerFunc{say(400, `{"__type":"ThrottlingException"}`)}, 3, "ThrottlingException"},
		"ErrDamaged":   {[]http.HandlerFunc{say(200, answer, "X-Amz-Crc32", "1")}, 3, "checksum"},
		"ErrNonsense":  {[]http.HandlerFunc{say(200, `nonsense`)}, 1, "decoding"},
		"ErrElsewhere": {[]http.HandlerFunc{say(307, ``, "Location", "http://127.0.0.1:1/"), ok}, 1, "status 307"},
	} {
		t.Run(name, func(t *testing.T) {
			client, calls := serve(t, tt.answers...)
			var out said
			err := client.Call(t.Context(), "GetItem", struct{}{}, &out)
			if *calls != tt.calls || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("after %d calls: %v; want %q after %d", *calls, err, tt.err, tt.calls)
			}
			if err == nil && out.Said != "hello" {
				t.Errorf("answer %q", out.Said)
			}
		})
	}
	t.Run("ErrNoConnection", func(t *testing.T) {
		err := awsapi.New(config("http://127.0.0.1:1"), service).Call(t.Context(), "GetItem", struct{}{}, &said{})
		if _, ok := errors.AsType[*awsapi.NoAnswer](err); !ok || !awscall.Passing(err) {
			t.Errorf("err = %v, want one that may pass", err)
		}
	})
	t.Run("ErrCancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			cancel()
			say(400, `{"__type":"ThrottlingException"}`)(w, nil)
		})
		if err := client.Call(ctx, "GetItem", struct{}{}, &said{}); err == nil || *calls != 1 {
			t.Errorf("after %d calls: %v, want an error after one", *calls, err)
		}
	})
	t.Run("ErrCredentials", func(t *testing.T) {
		cfg := config("http://127.0.0.1:1")
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, io.EOF })
		if err := awsapi.New(cfg, service).Call(t.Context(), "GetItem", struct{}{}, &said{}); !errors.Is(err, io.EOF) {
			t.Errorf("err = %v", err)
		}
	})
}

// TestRequest signs again what has arrived, of the headers that say to be signed, and
// compares. So what was signed is what was sent.
func TestRequest(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"Text":"<&>ä"}` {
			t.Errorf("body %s, %v", body, err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("X-Amz-Target") != "DynamoDB_20120810.GetItem" ||
			r.Header.Get("Content-Type") != "application/x-amz-json-1.0" || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		got := r.Header.Get("Authorization")
		_, signed, _ := strings.Cut(got, "SignedHeaders=")
		signed, _, _ = strings.Cut(signed, ",")
		for _, name := range []string{"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"} {
			if !slices.Contains(strings.Split(signed, ";"), name) {
				t.Errorf("%s is not signed: %s", name, signed)
			}
		}
		again, err := http.NewRequestWithContext(t.Context(), r.Method, "http://"+r.Host+r.URL.Path, strings.NewReader(string(body)))
		if err != nil {
			t.Error(err)
			return
		}
		for name := range strings.SplitSeq(signed, ";") {
			if value := r.Header.Get(name); value != "" {
				again.Header.Set(name, value)
			}
		}
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		// echo -n '{"Text":"<&>ä"}' | sha256sum
		const hash = "e0b154130e4d63989f9290d580bf267a3166acff8b2d31e311c33ebbcaeb3337"
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, again, hash, "dynamodb", "eu-central-1", at); err != nil {
			t.Error(err)
		}
		if want := again.Header.Get("Authorization"); got != want {
			t.Errorf("signature %s\nwant      %s", got, want)
		}
		say(200, `{}`)(w, r)
	})
	if err := client.Call(t.Context(), "GetItem", struct{ Text string }{"<&>ä"}, &said{}); err != nil {
		t.Error(err)
	}
}

// source is one of the SDK's config sources.
type source map[string]string

func (s source) GetServiceBaseEndpoint(_ context.Context, id string) (string, bool, error) {
	return s[id], s[id] != "", nil
}

type recorder func(*http.Request)

func (r recorder) Do(req *http.Request) (*http.Response, error) {
	r(req)
	return nil, context.Canceled
}

func TestEndpoint(t *testing.T) {
	for name, tt := range map[string]struct {
		region, all string
		own         source
		want        string
	}{
		"Region":     {"eu-central-1", "", nil, "https://dynamodb.eu-central-1.amazonaws.com/"},
		"China":      {"cn-north-1", "", nil, "https://dynamodb.cn-north-1.amazonaws.com.cn/"},
		"GovCloud":   {"us-gov-west-1", "", nil, "https://dynamodb.us-gov-west-1.amazonaws.com/"},
		"All":        {"eu-central-1", "http://127.0.0.1:8000", nil, "http://127.0.0.1:8000/"},
		"ItsOwn":     {"eu-central-1", "http://127.0.0.1:8000", source{"DynamoDB": "https://vpce.example/"}, "https://vpce.example/"},
		"AnOthers":   {"eu-central-1", "", source{"KMS": "https://vpce.example/"}, "https://dynamodb.eu-central-1.amazonaws.com/"},
		"WithASlash": {"eu-central-1", "http://127.0.0.1:8000/", nil, "http://127.0.0.1:8000/"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			cfg := config(tt.all)
			cfg.Region, cfg.HTTPClient, cfg.ConfigSources = tt.region, recorder(func(r *http.Request) { got = r.URL.String() }), []any{"other", tt.own}
			_ = awsapi.New(cfg, service).Call(t.Context(), "GetItem", struct{}{}, &said{})
			if got != tt.want {
				t.Errorf("asked %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRetries: attempts and waits are those of the retryer, ours where none is given.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		cfg := config("http://service.test")
		cfg.Retryer, cfg.HTTPClient = nil, recorder(func(*http.Request) { calls++ })
		began := time.Now()
		err := awsapi.New(cfg, service).Call(t.Context(), "GetItem", struct{}{}, &said{})
		if took := time.Since(began); err == nil || calls != awscall.MaxAttempts || took == 0 || took > 5500*time.Millisecond {
			t.Errorf("%v after %d calls in %s", err, calls, took)
		}
	})
}

func TestRefusal(t *testing.T) {
	for name, tt := range map[string]struct {
		status       int
		body, header string
		code, text   string
		passes       bool
	}{
		"Type":          {400, `{"__type":"NotFoundException","message":"no key"}`, "", "NotFoundException", "no key", false},
		"Namespace":     {400, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","Message":"no table"}`, "", "ResourceNotFoundException", "no table", false},
		"Header":        {400, `{"message":"slow"}`, "ThrottlingException:http://internal.amazon.com/coral/", "ThrottlingException", "slow", true},
		"HeaderIsFirst": {400, `{"__type":"b"}`, "a", "a", "", false},
		"Code":          {400, `{"code":"aws.x#AccessDeniedException"}`, "", "AccessDeniedException", "", false},
		"NoJSON":        {503, `<html>`, "", "UnknownError", "", true},
		"Nothing":       {403, ``, "", "UnknownError", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, say(tt.status, tt.body, "X-Amzn-Errortype", tt.header, "X-Amzn-Requestid", "r-1"))
			err := client.Call(t.Context(), "GetItem", struct{}{}, &said{})
			refusal, ok := errors.AsType[*awsapi.Refusal](err)
			if !ok || refusal.Code != tt.code || refusal.Message != tt.text || refusal.Status != tt.status || refusal.RequestID != "r-1" {
				t.Fatalf("err = %#v", err)
			}
			if awscall.Code(err) != tt.code || awscall.Passing(err) != tt.passes {
				t.Errorf("code %s, passes: %t; want %s, %t", awscall.Code(err), awscall.Passing(err), tt.code, tt.passes)
			}
		})
	}
}
