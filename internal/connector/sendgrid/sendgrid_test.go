package sendgrid_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/sendgrid"
	"switchboard/internal/fault"
)

func setup(config map[string]any) connectortest.Setup {
	return connectortest.Setup{Action: "send_email", Config: config}
}

// mail is a config that is fine but for what is changed in it.
func mail(changes map[string]any) map[string]any {
	config := map[string]any{"from": "shop@example.com", "to": "ann@example.org", "subject": "Hello", "body": "Hello Ann"}
	for name, value := range changes {
		config[name] = value
	}
	return config
}

func TestRecipients(t *testing.T) {
	type people = []any
	ann, bob := map[string]any{"email": "ann@example.org"}, map[string]any{"email": "bob@example.org", "name": "Bob Ray"}
	tests := map[string]struct {
		config map[string]any
		want   map[string]any
	}{
		"Text":             {map[string]any{"to": "ann@example.org"}, map[string]any{"to": people{ann}}},
		"TextOfSeveral":    {map[string]any{"to": "ann@example.org, Bob Ray <bob@example.org>,"}, map[string]any{"to": people{ann, bob}}},
		"List":             {map[string]any{"to": []any{"ann@example.org", "Bob Ray <bob@example.org>"}}, map[string]any{"to": people{ann, bob}}},
		"EmptyOnesLeftOut": {map[string]any{"to": []any{"ann@example.org", ""}, "cc": []any{" "}}, map[string]any{"to": people{ann}}},
		"NobodyTwice": {
			map[string]any{"to": "ann@example.org", "cc": "ANN@example.org, Bob Ray <bob@example.org>", "bcc": []any{"bob@example.org"}},
			map[string]any{"to": people{ann}, "cc": people{bob}},
		},
		"QuotedComma": {
			map[string]any{"to": `"Ray, Bob" <bob@example.org>`},
			map[string]any{"to": people{map[string]any{"email": "bob@example.org", "name": "Ray, Bob"}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := setup(mail(tt.config)).Run(t, sendgrid.New(), connectortest.Answer(connector.ExampleResponse{Status: 202}))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			var sent struct{ Personalizations []map[string]any }
			if err := json.Unmarshal([]byte(e.Sent[0].Body), &sent); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]map[string]any{tt.want}, sent.Personalizations); diff != "" {
				t.Errorf("personalizations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadAddresses(t *testing.T) {
	crowd := make([]any, 1001)
	for i := range crowd {
		crowd[i] = strings.Repeat("a", i%50+1) + strings.Repeat("b", i/50+1) + "@example.org"
	}
	tests := map[string]struct {
		config   map[string]any
		pointers []string
	}{
		"ErrNoAt":         {map[string]any{"to": "Ann Lee"}, []string{"/to"}},
		"ErrEveryBadOne":  {map[string]any{"from": "shop", "to": []any{"ann@example.org", "bob"}, "bcc": "@"}, []string{"/from", "/to/1", "/bcc"}},
		"ErrTwoSenders":   {map[string]any{"from": "a@example.com, b@example.com"}, []string{"/from"}},
		"ErrNobody":       {map[string]any{"to": []any{" "}}, []string{"/to"}},
		"ErrLineBreak":    {map[string]any{"to": "\"Ann\r\n Bcc: x\" <ann@example.org>"}, []string{"/to"}},
		"ErrTooMany":      {map[string]any{"to": crowd}, []string{"/to"}},
		"ErrReplyAddress": {map[string]any{"reply_to": "nobody"}, []string{"/reply_to"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(setup(mail(tt.config)).Run(t, sendgrid.New(), connectortest.NoCall(t)).Err)
			if f == nil || f.Code != fault.InvalidInput || f.Hint == "" {
				t.Fatalf("fault = %+v, want %s with a hint", f, fault.InvalidInput)
			}
			var pointers []string
			for _, field := range f.Fields {
				pointers = append(pointers, field.Pointer)
			}
			if diff := cmp.Diff(tt.pointers, pointers); diff != "" {
				t.Errorf("pointers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	now := connectortest.Now().Format(http.TimeFormat)
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"SenderNotVerified": {
			connector.ExampleResponse{Status: 403, Body: `{"errors":[{"message":"The from address does not match a verified Sender Identity.","field":"from","help":"https://sendgrid.com/docs"}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "SendGrid answered 403 Forbidden: The from address does not match a verified Sender Identity. (from)", Hint: "Sender Authentication"},
		},
		"MayNotSend": {
			connector.ExampleResponse{Status: 403, Body: `{"errors":[{"field":null,"message":"access forbidden"}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "SendGrid answered 403 Forbidden: access forbidden", Hint: "permission Mail Send"},
		},
		"WrongKey": {
			connector.ExampleResponse{Status: 401, Body: `{"errors":[{"field":null,"message":"authorization required"}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "SendGrid answered 401 Unauthorized: authorization required", Hint: "region eu"},
		},
		"NoCredits": {
			connector.ExampleResponse{Status: 401, Body: `{"errors":[{"message":"Maximum credits exceeded","field":null}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "SendGrid answered 401 Unauthorized: Maximum credits exceeded", Hint: "change the plan"},
		},
		"TwoErrors": {
			connector.ExampleResponse{Status: 400, Body: `{"errors":[{"message":"Does not contain a valid address.","field":"from.email"},{"message":"Invalid type.","field":"subject"}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "SendGrid answered 400 Bad Request: Does not contain a valid address. (from.email); Invalid type. (subject)"},
		},
		"TooLarge": {
			connector.ExampleResponse{Status: 413, Body: `{"errors":[{"message":"Payload too large"}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "SendGrid answered 413 Request Entity Too Large: Payload too large", Hint: "30 MB"},
		},
		"RateLimited": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"X-RateLimit-Reset": "1767323057", "Date": now}, Body: `{"errors":[{"field":null,"message":"too many requests"}]}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "SendGrid answered 429 Too Many Requests: too many requests", Wait: 12 * time.Second},
		},
		"RateLimitedLongAgo": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"X-RateLimit-Reset": "1392815263", "Date": now}, Body: `{"errors":[{"field":null,"message":"too many requests"}]}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "SendGrid answered 429 Too Many Requests: too many requests"},
		},
		"PageOfAGateway": {
			connector.ExampleResponse{Status: 502, Body: "<html>Bad gateway</html>"},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "SendGrid answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, setup(mail(nil)).Run(t, sendgrid.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestVerify(t *testing.T) {
	verify := func(t *testing.T, scopes string) connectortest.Exchange {
		t.Helper()
		return connectortest.Setup{}.Run(t, sendgrid.New(), connectortest.Answer(connector.ExampleResponse{Body: scopes}))
	}
	t.Run("OK", func(t *testing.T) {
		e := verify(t, `{"scopes": ["mail.send", "alerts.read"]}`)
		if e.Err != nil {
			t.Fatal(e.Err)
		}
		want := map[string]any{"region": "global", "scopes": []string{"alerts.read", "mail.send"}}
		if diff := cmp.Diff(want, e.Identity.Detail); diff != "" {
			t.Errorf("detail (-want +got):\n%s", diff)
		}
	})
	t.Run("ErrMayNotSend", func(t *testing.T) {
		e := verify(t, `{"scopes": ["alerts.read"]}`)
		connectortest.Refusal{Code: fault.AuthFailed, Message: "SendGrid knows the key, but the key may not send mail.", Hint: "Mail Send"}.Check(t, e.Err)
	})
}

// The key of a region works at that region's host only.
func TestRegion(t *testing.T) {
	for region, host := range map[string]string{"global": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"} {
		t.Run(region, func(t *testing.T) {
			con := sendgrid.New()
			s := setup(mail(nil))
			s.CredentialType, s.Data = "sendgrid", map[string]any{"api_key": "SG.canary.key", "region": region}
			call, _ := connectortest.Call(t, con, s)
			var asked string
			call.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.Host
				return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody, Request: r}, nil
			})
			action, _ := con.Action("send_email")
			if _, err := action.Run(t.Context(), call); err != nil {
				t.Fatal(err)
			}
			if asked != host {
				t.Errorf("it called %s, want %s", asked, host)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// FuzzAddresses: whatever an address holds, either it is refused, or what is sent
// to SendGrid is an address of one line.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"ann@example.org", "Ann <ann@example.org>", `"a, b" <c@d>`, "a@b,c@d", "=?utf-8?q?a=0Ab?= <a@b>", "(c) a@b", ",", "a@b\r\nBcc: c@d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		people, err := sendgrid.Addresses(text)
		if err != nil {
			return
		}
		for _, p := range people {
			if !strings.Contains(p[0], "@") || strings.ContainsAny(p[0]+p[1], "\r\n\x00") {
				t.Errorf("%q gives %q", text, p)
			}
		}
	})
}
