package twilio_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/twilio"
	"switchboard/internal/fault"
)

func send(t testing.TB, config map[string]any, answer connector.ExampleResponse) connectortest.Exchange {
	t.Helper()
	return connectortest.Setup{Action: "send_sms", Config: config}.Run(t, twilio.New(), connectortest.Answer(answer))
}

func verify(t testing.TB, answer string) connectortest.Exchange {
	t.Helper()
	return connectortest.Setup{}.Run(t, twilio.New(), connectortest.Answer(connector.ExampleResponse{Body: answer}))
}

func TestSender(t *testing.T) {
	tests := map[string]struct {
		from string // of the step
		want url.Values
	}{
		"OfTheCredential":  {"", url.Values{"From": {"+15017122661"}}},
		"OfTheStep":        {"+4915112345678", url.Values{"From": {"+4915112345678"}}},
		"ShortCode":        {"12345", url.Values{"From": {"12345"}}},
		"Name":             {"My Shop 24", url.Values{"From": {"My Shop 24"}}},
		"NameLikeAService": {"MGM", url.Values{"From": {"MGM"}}},
		"MessagingService": {"MG0123456789abcdef0123456789abcdef", url.Values{"MessagingServiceSid": {"MG0123456789abcdef0123456789abcdef"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := send(t, map[string]any{"to": "+15558675310", "body": "Hello", "from": tt.from},
				connector.ExampleResponse{Status: 201, Body: `{"sid": "SM1", "status": "queued", "to": "+15558675310"}`})
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			got, err := url.ParseQuery(e.Sent[0].Body)
			if err != nil {
				t.Fatal(err)
			}
			tt.want["To"], tt.want["Body"] = []string{"+15558675310"}, []string{"Hello"}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInput(t *testing.T) {
	action, _ := twilio.New().Action("send_sms")
	with := func(name string, value any) map[string]any {
		config := map[string]any{"to": "+15558675310", "body": "Hello"}
		config[name] = value
		return config
	}
	tests := map[string]struct {
		config  map[string]any
		pointer string // "" for no problem
	}{
		"OK":                {with("to", "+15558675310"), ""},
		"OKList":            {with("to", []any{"+15558675310"}), ""},
		"OKLongest":         {with("body", strings.Repeat("é", 1600)), ""},
		"ErrNoCountryCode":  {with("to", "01511234567"), "/to/0"},
		"ErrSpaces":         {with("to", "+49 151 1234567"), "/to/0"},
		"ErrName":           {with("to", "Ann"), "/to/0"},
		"ErrTwoRecipients":  {with("to", []any{"+15558675310", "+15558675311"}), "/to"},
		"ErrNoRecipient":    {with("to", []any{}), "/to"},
		"ErrTooLong":        {with("body", strings.Repeat("é", 1601)), "/body"},
		"ErrEmpty":          {with("body", ""), "/body"},
		"ErrMediaNoAddress": {with("media_url", "photo.jpg"), "/media_url/0"},
		"ErrManyMedia":      {with("media_url", slices.Repeat([]any{"https://example.com/a.jpg"}, 11)), "/media_url"},
		"ErrSender":         {with("from", "+1 501"), "/from"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, problems := action.Input.Decode(tt.config)
			if tt.pointer == "" {
				if len(problems) != 0 {
					t.Errorf("problems = %+v, want none", problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Pointer != tt.pointer {
				t.Errorf("problems = %+v, want one at %s", problems, tt.pointer)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"NotANumber": {
			400, `{"code": 21211, "message": "The 'To' number +1555 is not a valid phone number.", "more_info": "https://www.twilio.com/docs/errors/21211", "status": 400}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio answered 400 Bad Request: The 'To' number +1555 is not a valid phone number. (Twilio error 21211)", Hint: "country code"},
		},
		"Unsubscribed": {
			400, `{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio answered 400 Bad Request: Attempt to send to unsubscribed recipient...", Hint: "START"},
		},
		"QueueFull": {
			400, `{"code": 21611, "message": "This 'From' number has exceeded the maximum number of queued messages", "status": 400}`,
			connectortest.Refusal{Code: fault.RateLimited, Message: "Twilio answered 400...", Hint: "messaging service"},
		},
		"WrongToken": {
			401, `{"code": 20003, "message": "Authenticate", "status": 401}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Twilio answered 401 Unauthorized: Authenticate (Twilio error 20003)", Hint: "rotated"},
		},
		"UnknownCode": {
			400, `{"code": 99999, "message": "Something new", "status": 400}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio answered 400 Bad Request: Something new (Twilio error 99999)", Hint: "https://www.twilio.com/docs/errors/99999"},
		},
		"NotTwilio": {
			400, `{"error": "proxy says no"}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio answered 400 Bad Request: proxy says no"},
		},
		"FailedAtOnce": {
			201, `{"sid": "SM1", "status": "failed", "to": "+1", "error_code": 63016, "error_message": "Outside messaging window"}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio refused the request: Outside messaging window (Twilio error 63016)", Hint: "24 hours"},
		},
		"AnswerOfAnother": {
			200, `{"hello": "world"}`,
			connectortest.Refusal{Code: fault.BadResponse, Message: "Twilio took the message, but did not say under which SID.", Hint: "proxy", Unsettled: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := send(t, map[string]any{"to": "+15558675310", "body": "Hello"}, connector.ExampleResponse{Status: tt.status, Body: tt.body})
			tt.want.Check(t, e.Err)
		})
	}
}

func TestVerify(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		e := verify(t, account)
		if e.Err != nil {
			t.Fatal(e.Err)
		}
		want := connector.Identity{Name: "Example Shop", Detail: map[string]any{
			"account_sid": "AC0123456789abcdef0123456789abcdef", "status": "active", "type": "Full",
		}}
		if diff := cmp.Diff(want, e.Identity); diff != "" {
			t.Errorf("identity (-want +got):\n%s", diff)
		}
	})
	t.Run("ErrSuspended", func(t *testing.T) {
		e := verify(t, strings.Replace(account, `"active"`, `"suspended"`, 1))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "The Twilio account is suspended.", Hint: "Console"}.Check(t, e.Err)
	})
}

// The senders that a credential may name.
func TestCredentialFields(t *testing.T) {
	tests := map[string]struct {
		name, value string
		ok          bool
	}{
		"OKNumber":        {"from_number", "+15017122661", true},
		"OKService":       {"from_number", "MG0123456789abcdef0123456789abcdef", true},
		"OKName":          {"from_number", "Shop24", true},
		"ErrNational":     {"from_number", "01511234567", false},
		"ErrAddress":      {"from_number", "whatsapp:+15017122661", false},
		"ErrKeySID":       {"account_sid", "SK0123456789abcdef0123456789abcdef", false},
		"ErrTokenOfLines": {"auth_token", "abc\ndef", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data := map[string]any{"account_sid": "AC0123456789abcdef0123456789abcdef", "auth_token": "canary-token", "from_number": "+15017122661"}
			data[tt.name] = tt.value
			if _, problems := twilio.CredentialType().Fields.Decode(data); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %+v, want ok = %t", problems, tt.ok)
			}
		})
	}
}
