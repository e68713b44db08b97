package httpconnector_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
)

func TestRetryStatus(t *testing.T) {
	tests := map[string]struct {
		status int
		config map[string]any
		header string
		code   fault.Code
		wait   time.Duration
	}{
		"Locked":       {423, map[string]any{"retry_status": "423, 409"}, "7", fault.ServiceUnavailable, 7 * time.Second},
		"Accepted":     {202, map[string]any{"retry_status": []any{"202"}}, "", fault.ServiceUnavailable, 0},
		"RateLimit":    {429, map[string]any{"retry_status": "4xx"}, "3", fault.RateLimited, 3 * time.Second},
		"Gateway":      {504, map[string]any{"retry_status": "504"}, "", fault.ServiceUnavailable, 0},
		"NotNamed":     {423, map[string]any{"retry_status": "409"}, "7", fault.UnexpectedStatus, 0},
		"AlsoExpected": {404, map[string]any{"retry_status": "404", "expect_status": "2xx,404"}, "", fault.ServiceUnavailable, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.config["method"] = "POST"
			_, err := run(t, tt.config, func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
			})
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != tt.code || f.RetryAfter != tt.wait || f.Unsettled {
				t.Errorf("fault = %+v, want %s after %s", f, tt.code, tt.wait)
			}
		})
	}
	t.Run("OKOtherSuccess", func(t *testing.T) {
		out, err := run(t, map[string]any{"retry_status": "202"}, func(http.ResponseWriter, *http.Request) {})
		if err != nil || out["status"] != 200 {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
}

func TestRedirects(t *testing.T) {
	hop := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/path" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "arrived")
	}
	t.Run("OKFollow", func(t *testing.T) {
		out, err := run(t, nil, hop)
		if err != nil || out["body"] != "arrived" {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
	t.Run("OKStop", func(t *testing.T) {
		out, err := run(t, map[string]any{"redirects": "stop", "expect_status": "3xx"}, hop)
		if err != nil || out["status"] != 302 || out["headers"].(map[string]any)["location"] != "/there" {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
	t.Run("ErrStop", func(t *testing.T) {
		_, err := run(t, map[string]any{"redirects": "stop"}, hop)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.UnexpectedStatus || !strings.Contains(f.Hint, "expect_status") {
			t.Errorf("error = %+v", err)
		}
	})
}

func TestResponseType(t *testing.T) {
	tests := map[string]struct {
		as, contentType, body string
		want                  map[string]any // nil for a fault
	}{
		"JSONWithoutLabel": {"json", "text/plain", "\ufeff{\"a\": 1}", map[string]any{"body": map[string]any{"a": json.Number("1")}}},
		"ErrJSON":          {"json", "application/json", "<html>", nil},
		"TextOfJSON":       {"text", "application/json", `{"a": 1}`, map[string]any{"body": `{"a": 1}`}},
		"TextOfBytes":      {"text", "application/octet-stream", "a\xff", map[string]any{"body": "a\ufffd"}},
		"Base64OfText":     {"base64", "text/plain", "Hello.", map[string]any{"body": "SGVsbG8u", "body_encoding": "base64"}},
		"Base64OfNothing":  {"base64", "text/plain", "", map[string]any{"body": "", "body_encoding": "base64"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, map[string]any{"response_type": tt.as}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				_, _ = io.WriteString(w, tt.body)
			})
			if tt.want == nil {
				if !fault.Is(err, fault.BadResponse) {
					t.Errorf("error = %v, want %s", err, fault.BadResponse)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			delete(out, "status")
			delete(out, "headers")
			if diff := cmp.Diff(tt.want, map[string]any(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerIsCapped(t *testing.T) {
	for name, tt := range map[string]struct {
		size int
		ok   bool
	}{"OKTenMegabytes": {10 << 20, true}, "ErrOneMore": {10<<20 + 1, false}} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", tt.size)) })
			if tt.ok && (err != nil || len(out["body"].(string)) != tt.size) || !tt.ok && !fault.Is(err, fault.OutputTooLarge) {
				t.Errorf("error = %v", err)
			}
		})
	}
}
