package rest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

func TestStatus(t *testing.T) {
	for status, want := range map[int]fault.Code{
		302: fault.UnexpectedStatus, 400: fault.InvalidInput, 401: fault.AuthFailed, 402: fault.UnexpectedStatus,
		403: fault.AuthFailed, 404: fault.ServiceNotFound, 408: fault.ServiceUnavailable, 409: fault.ServiceConflict,
		410: fault.ServiceNotFound, 413: fault.InvalidInput, 418: fault.UnexpectedStatus, 422: fault.InvalidInput,
		429: fault.RateLimited, 500: fault.ServiceUnavailable, 502: fault.ServiceUnavailable, 503: fault.ServiceUnavailable, 599: fault.ServiceUnavailable,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			call := newCall(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, `{"message": "No more things."}`)
			})
			_, err := things.Do(t.Context(), call, rest.Request{Path: "/v1", JSON: map[string]any{}})
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != want || f.Unsettled {
				t.Fatalf("error = %v, want %s, settled", err, want)
			}
			if wantMessage := strings.TrimSpace(fmt.Sprintf("Things answered %d %s", status, http.StatusText(status))) + ": No more things."; f.Message != wantMessage {
				t.Errorf("message = %q, want %q", f.Message, wantMessage)
			}
		})
	}
}

// TestGatewayTimeout: whoever answers so has not heard from the service, which may have
// acted. It is as unsettled as where nobody answers in time.
func TestGatewayTimeout(t *testing.T) {
	call := newCall(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGatewayTimeout) })
	_, err := things.Do(t.Context(), call, rest.Request{Path: "/v1", JSON: map[string]any{}})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.ServiceUnavailable || !f.Unsettled {
		t.Errorf("error = %v, want it unsettled", err)
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "1.2": 2 * time.Second, "-5": 0,
		"Fri, 02 Jan 2026 03:04:16 GMT": 11 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
		"99999999999999999999": 24 * time.Hour, "Fri, 02 Jan 2099 03:04:16 GMT": 24 * time.Hour,
		"soon": 0, "NaN": 0, "Inf": 24 * time.Hour, "1e999": 0,
	} {
		t.Run(value, func(t *testing.T) {
			if got := rest.RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
				t.Errorf("RetryAfter(%q) = %s, want %s", value, got, want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"7", "-1", "1e400", "NaN", "Fri, 02 Jan 2026 03:04:16 GMT", "Friday, 02-Jan-26 03:04:16 GMT", "0x10p4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := rest.RetryAfter(http.Header{"Retry-After": {value}}, now); got < 0 || got > 24*time.Hour {
			t.Errorf("RetryAfter(%q) = %s", value, got)
		}
	})
}

// TestWaitOfLimit: the forms in which services say how long a limit lasts, each as
// the service named documents it.
func TestWaitOfLimit(t *testing.T) {
	const date = "Fri, 02 Jan 2026 04:00:00 GMT" // the service's clock, which is not ours
	tests := map[string]struct {
		header map[string]string
		status int
		want   time.Duration
	}{
		"RetryAfterFirst":    {map[string]string{"Retry-After": "3", "X-RateLimit-Reset": "60"}, 429, 3 * time.Second},
		"RetryAfterOfNow":    {map[string]string{"Retry-After": "0", "X-RateLimit-Reset": "60"}, 429, 0},
		"RetryAfterMoment":   {map[string]string{"Retry-After": "1767323055"}, 429, 10 * time.Second},
		"EpochSeconds":       {map[string]string{"Date": date, "X-RateLimit-Reset": "1767326410"}, 429, 10 * time.Second}, // GitHub, SendGrid, ServiceNow
		"EpochMilliseconds":  {map[string]string{"Date": date, "X-RateLimit-Reset": "1767326410500"}, 429, 11 * time.Second},
		"EpochWithFraction":  {map[string]string{"Date": date, "X-RateLimit-Reset": "1767326410.25"}, 429, 11 * time.Second}, // Discord
		"EpochGoneBy":        {map[string]string{"Date": date, "X-RateLimit-Reset": "1767326000"}, 429, 0},
		"EpochWithoutDate":   {map[string]string{"X-RateLimit-Reset": "1767323055"}, 429, 10 * time.Second},                 // by our own clock
		"Seconds":            {map[string]string{"X-RateLimit-Reset": "2"}, 429, 2 * time.Second},                           // Pipedrive
		"SecondsOfTheDraft":  {map[string]string{"RateLimit-Reset": "41"}, 429, 41 * time.Second},                           // Zendesk
		"Minute":             {map[string]string{"Date": date, "X-RateLimit-Reset": "2026-01-02T04:01Z"}, 429, time.Minute}, // Jira
		"Instant":            {map[string]string{"Date": date, "X-RateLimit-Reset": "2026-01-02T04:00:30+00:00"}, 429, 30 * time.Second},
		"Duration":           {map[string]string{"X-RateLimit-Reset": "1m30s"}, 429, 90 * time.Second}, // OpenAI
		"DurationOfMillis":   {map[string]string{"X-RateLimit-Reset": "20ms"}, 429, time.Second},
		"LongerThanADay":     {map[string]string{"X-RateLimit-Reset": "48h"}, 429, 24 * time.Hour},
		"OfNoLimit":          {map[string]string{"X-RateLimit-Reset": "2"}, 503, 0},
		"NoneOfOurBusiness":  {map[string]string{"X-RateLimit-Reset": "2"}, 400, 0},
		"Words":              {map[string]string{"X-RateLimit-Reset": "soon"}, 429, 0},
		"OnlyRetryAfterEver": {map[string]string{"Retry-After": "soon", "X-RateLimit-Reset": "2"}, 429, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			call := newCall(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
			})
			_, err := things.Do(t.Context(), call, rest.Request{})
			if f := fault.Of(err); f.RetryAfter != tt.want {
				t.Errorf("error = %v with a wait of %s, want %s", err, f.RetryAfter, tt.want)
			}
		})
	}
}

func TestRetryAfterOfUnavailable(t *testing.T) {
	call := newCall(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err := things.Do(t.Context(), call, rest.Request{})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.RetryAfter != 30*time.Second {
		t.Errorf("error = %v, want a wait of 30 s", err)
	}
}

func TestWords(t *testing.T) {
	call := callTo(t, outbound.Config{})
	long := strings.Repeat("ü ", 400)
	tests := map[string]struct {
		text string
		want string
	}{
		"OK":              {"Name is missing.", "Name is missing."},
		"Lines":           {" Name\r\n\tis\x00 missing. ", "Name is missing."},
		"Secret":          {"Bad token " + canary + ".", "Bad token [redacted]."},
		"NotUTF8":         {"bad \xff byte", "bad byte"},
		"SecretAtTheEdge": {strings.Repeat("x", 495) + canary, strings.Repeat("x", 495) + "[reda …"},
		"Long":            {long, strings.TrimSpace(strings.Repeat("ü ", 250)) + " …"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := rest.Words(call, tt.text)
			if got != tt.want {
				t.Errorf("Words = %q, want %q", got, tt.want)
			}
			if !utf8.ValidString(got) {
				t.Error("it is no valid UTF-8")
			}
		})
	}
}

func TestCommonProblem(t *testing.T) {
	tests := map[string]struct {
		contentType, body, want string
	}{
		"Message":          {"application/json", `{"message": "Not here."}`, "Not here."},
		"ErrorText":        {"application/json", `{"error": "invalid_grant", "error_description": "The token has expired."}`, "The token has expired."},
		"ErrorObject":      {"application/json", `{"error": {"code": 400, "message": "Invalid range.", "status": "INVALID_ARGUMENT"}}`, "Invalid range."},
		"ErrorsOfObjects":  {"application/json", `{"errors": [{"message": "From is not verified.", "field": "from"}, {"message": "To is empty."}]}`, "From is not verified.; To is empty."},
		"ErrorsByField":    {"application/json", `{"errorMessages": [], "errors": {"summary": "You must give a summary."}}`, "summary: You must give a summary."},
		"MessageAndErrors": {"application/json", `{"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "title", "code": "missing"}]}`, "Validation Failed: code: missing; field: title; resource: Issue"},
		"List":             {"application/json", `[{"errorCode": "INVALID_FIELD", "message": "No such column."}]`, "No such column."},
		"ProblemJSON":      {"application/problem+json", `{"type": "about:blank", "title": "Bad", "detail": "The amount is negative."}`, "The amount is negative."},
		"NoWords":          {"application/json", `{"code": 7}`, ""},
		"JSONText":         {"application/json", `"Nope."`, "Nope."},
		"PlainText":        {"text/plain", " Quota exceeded \n", "Quota exceeded"},
		"HTML":             {"text/html", "<html><h1>502</h1></html>", ""},
		"HTMLUnlabelled":   {"", "<!doctype html><title>x</title>", ""},
		"Binary":           {"", "\x00\x01\x02", ""},
		"Empty":            {"", "", ""},
		"DeepNesting":      {"application/json", strings.Repeat(`{"error":`, 50) + `"x"` + strings.Repeat("}", 50), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := rest.CommonProblem(rest.Response{Status: 400, Header: http.Header{"Content-Type": {tt.contentType}}, Body: []byte(tt.body)})
			if got.Message != tt.want || got.Code != "" {
				t.Errorf("problem = %+v, want the message %q", got, tt.want)
			}
		})
	}
}

// A service may say more than its status: a code, a wait, a hint; and may say no
// with a 2xx.
func TestExplain(t *testing.T) {
	own := things
	own.Refused = func(r rest.Response) bool { return strings.Contains(string(r.Body), `"ok":false`) }
	own.Explain = func(rest.Response) rest.Problem {
		return rest.Problem{Message: "slow down " + canary, Hint: "Ask " + canary + " for a larger plan.", Code: fault.RateLimited, RetryAfter: 3 * time.Second}
	}
	call := newCall(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":false}`) })
	_, err := own.Do(t.Context(), call, rest.Request{})
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.RateLimited || f.RetryAfter != 3*time.Second || f.Unsettled {
		t.Fatalf("error = %+v", err)
	}
	if f.Message != "Things refused the request: slow down [redacted]" || f.Hint != "Ask [redacted] for a larger plan." {
		t.Errorf("message = %q, hint = %q", f.Message, f.Hint)
	}
}
