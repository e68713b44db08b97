package lambdahost

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// event is a request as API Gateway sends it.
func event(change func(*events.APIGatewayV2HTTPRequest)) []byte {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RawPath: "/v1/agents",
		Headers: map[string]string{"content-type": "application/json", "host": "api.example.com", "x-forwarded-for": "192.0.2.1"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			Stage: "$default", DomainName: "abc.execute-api.eu-central-1.amazonaws.com",
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "GET", SourceIP: "192.0.2.1"},
		},
	}
	if change != nil {
		change(&e)
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return text
}

func answerTo(t *testing.T, payload []byte, h http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	var out bytes.Buffer
	host := newHost(inLambda(nil).lookup, &out)
	text, err := function{host, host.HTTP(h)}.Invoke(invocationContext(t), payload)
	if err != nil {
		t.Fatal(err)
	}
	var a events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRequest: what the handler sees of an event.
func TestRequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*events.APIGatewayV2HTTPRequest)
		show   func(*http.Request) any
		want   any
	}{
		{"Path", nil, func(r *http.Request) any { return r.Method + " " + r.URL.Path }, "GET /v1/agents"},
		{"Stage", func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath, e.RequestContext.Stage = "/prod/v1/agents", "prod"
		}, func(r *http.Request) any { return r.URL.Path }, "/v1/agents"},
		{"StageThatOnlyLooksLikeOne", func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath, e.RequestContext.Stage = "/v1/agents", "v"
		}, func(r *http.Request) any { return r.URL.Path }, "/v1/agents"},
		{"StageAlone", func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath, e.RequestContext.Stage = "/prod", "prod"
		}, func(r *http.Request) any { return r.URL.Path }, "/"},
		{"EscapedPath", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/agents/a%2Fb" },
			func(r *http.Request) any { return r.URL.Path + " " + r.URL.EscapedPath() }, "/v1/agents/a/b /v1/agents/a%2Fb"},
		{"UnescapedPath", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/agents/100 %" },
			func(r *http.Request) any { return r.URL.Path }, "/v1/agents/100 %"},
		{"QueryKeepsItsOrderAndRepeats", func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "b=2&a=1&b=3%2C4" },
			func(r *http.Request) any { return r.URL.RawQuery + fmt.Sprint(r.URL.Query()["b"]) }, "b=2&a=1&b=3%2C4[2 3,4]"},
		{"HeaderByAnyCase", nil, func(r *http.Request) any { return r.Header.Get("X-Forwarded-For") }, "192.0.2.1"},
		{"Host", nil, func(r *http.Request) any { return r.Host + r.Header.Get("Host") }, "api.example.com"},
		{"Cookies", func(e *events.APIGatewayV2HTTPRequest) { e.Cookies = []string{"a=1", "b=2"} },
			func(r *http.Request) any { return fmt.Sprint(r.Cookies()) }, "[a=1 b=2]"},
		{"Body", func(e *events.APIGatewayV2HTTPRequest) { e.Body = `{"name":"Ä"}` },
			func(r *http.Request) any {
				b, err := io.ReadAll(r.Body)
				return fmt.Sprint(string(b), r.ContentLength, err)
			}, `{"name":"Ä"}13 <nil>`},
		{"BinaryBody", func(e *events.APIGatewayV2HTTPRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte{0xff, 0}), true
		},
			func(r *http.Request) any {
				b, err := io.ReadAll(r.Body)
				return fmt.Sprintf("% x %d %v", b, r.ContentLength, err)
			}, "ff 00 2 <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got any
			answerTo(t, event(tt.change), func(_ http.ResponseWriter, r *http.Request) { got = tt.show(r) })
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	t.Run("TextAndHeaders", func(t *testing.T) {
		a := answerTo(t, event(nil), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Add("Vary", "Accept")
			w.Header().Add("Vary", "Origin")
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.WriteHeader(http.StatusCreated)
			w.Header().Set("Too-Late", "x")
			_, _ = io.WriteString(w, `{"name":"<Ä>"}`)
		})
		if a.StatusCode != http.StatusCreated || a.Body != `{"name":"<Ä>"}` || a.IsBase64Encoded || a.Headers["Vary"] != "Accept, Origin" ||
			a.Headers["Too-Late"] != "" || fmt.Sprint(a.Cookies) != "[a=1 b=2]" {
			t.Errorf("answer %+v", a)
		}
	})
	t.Run("Bytes", func(t *testing.T) {
		a := answerTo(t, event(nil), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0xd8}) })
		if !a.IsBase64Encoded || a.Body != "/9g=" || a.StatusCode != http.StatusOK {
			t.Errorf("answer %+v", a)
		}
	})
	t.Run("CompressedTextIsBytes", func(t *testing.T) {
		a := answerTo(t, event(nil), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "as if")
		})
		if !a.IsBase64Encoded {
			t.Errorf("answer %+v", a)
		}
	})
	for _, tt := range []struct {
		name, detail string
		status       int
		payload      []byte
		handler      http.HandlerFunc
	}{
		{"ErrTooLarge", "at most 6291456", 500, event(nil), func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", maxAnswer))
		}},
		{"ErrPanic", "our side", 500, event(nil), func(http.ResponseWriter, *http.Request) { panic("boom") }},
		{"ErrOtherEvent", "payload format 2.0", 400, []byte(`{"version":"1.0","httpMethod":"GET"}`), nil},
		{"ErrNotJSON", "payload format 2.0", 400, []byte(`nonsense`), nil},
		{"ErrBase64", "base64", 400, event(func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = "%", true }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := answerTo(t, tt.payload, tt.handler)
			var p struct{ Detail, Instance string }
			if err := json.Unmarshal([]byte(a.Body), &p); err != nil || a.StatusCode != tt.status || a.Headers["Content-Type"] != "application/problem+json" ||
				!strings.Contains(p.Detail, tt.detail) || p.Instance != "urn:uuid:0198f2c4-a1b2-7d3e-8f90-123456789abc" {
				t.Errorf("answer %+v, %v", a, err)
			}
		})
	}
}

// FuzzRequest: whatever comes is answered.
func FuzzRequest(f *testing.F) {
	f.Add(event(nil))
	f.Add([]byte(`{"rawPath":"/%zz","requestContext":{"stage":"%","http":{"method":"POST"}},"isBase64Encoded":true,"body":"eA=="}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		a := answerTo(t, payload, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/") {
				t.Errorf("path %q", r.URL.Path)
			}
			_, _ = io.WriteString(w, r.URL.String())
		})
		if a.StatusCode != http.StatusOK && a.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", a.StatusCode)
		}
	})
}
