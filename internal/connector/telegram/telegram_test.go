package telegram_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/telegram"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

func send(t testing.TB, config map[string]any, answer connector.ExampleResponse) connectortest.Exchange {
	t.Helper()
	return connectortest.Setup{Action: "send_message", Config: config, Data: credential}.Run(t, telegram.New(), connectortest.Answer(answer))
}

var hello = map[string]any{"chat_id": "42", "text": "Hello"}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ChatNotFound": {
			connector.ExampleResponse{Status: 400, Body: `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Telegram answered 400 Bad Request: chat not found", Hint: "start the bot"},
		},
		"Formatting": {
			connector.ExampleResponse{Status: 400, Body: `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: Can't find end of Italic entity at byte offset 5"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Telegram answered 400 Bad Request: can't parse entities...", Hint: "MarkdownV2"},
		},
		"Migrated": {
			connector.ExampleResponse{Status: 400, Body: `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Telegram answered 400 Bad Request: group chat was upgraded...", Hint: "-1001234567890"},
		},
		"Blocked": {
			connector.ExampleResponse{Status: 403, Body: `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Telegram answered 403 Forbidden: bot was blocked by the user", Hint: "Only they"},
		},
		"TokenUnknown": {
			connector.ExampleResponse{Status: 404, Body: `{"ok":false,"error_code":404,"description":"Not Found"}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Telegram answered 404 Not Found: Not Found", Hint: "BotFather"},
		},
		"TooMany": {
			connector.ExampleResponse{Status: 429, Body: `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Telegram answered 429...", Wait: 35 * time.Second},
		},
		"AbsurdWait": {
			connector.ExampleResponse{Status: 429, Body: `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":9223372036854775807}}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Telegram answered 429...", Wait: 24 * time.Hour},
		},
		"OnlyTheBodySaysNo": {
			connector.ExampleResponse{Body: `{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the group chat"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Telegram refused the request: Forbidden: bot was kicked from the group chat", Hint: "Add the bot"},
		},
		"AnswerOfAnother": {
			connector.ExampleResponse{Body: `{"hello":"world"}`},
			connectortest.Refusal{Code: fault.BadResponse, Message: "Telegram's answer does not say whether it is a success.", Hint: "proxy", Unsettled: true},
		},
		"WithoutResult": {
			connector.ExampleResponse{Body: `{"ok":true}`},
			connectortest.Refusal{Code: fault.BadResponse, Message: "Telegram took the message, but did not say under which id.", Hint: "proxy", Unsettled: true},
		},
		"PageOfAGateway": {
			connector.ExampleResponse{Status: 502, Body: "<html>Bad gateway</html>"},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Telegram answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { tt.want.Check(t, send(t, hello, tt.answer).Err) })
	}
}

// Services tend to repeat the address that was called; it holds the token.
func TestTokenStaysHidden(t *testing.T) {
	path := "/bot" + url.PathEscape(token) + "/sendMessage"
	e := send(t, hello, connector.ExampleResponse{Status: 404, Body: `{"ok":false,"error_code":404,"description":"Not Found: ` + path + ` of bot` + token + `"}`})
	if len(e.Sent) != 1 || e.Sent[0].Target != path {
		t.Fatalf("sent = %+v, want one request to %s", e.Sent, path)
	}
	f := fault.Of(e.Err)
	for _, secret := range []string{token, url.PathEscape(token), "canary"} {
		if text := f.Error() + f.Hint; strings.Contains(text, secret) {
			t.Errorf("%q is in %q", secret, text)
		}
	}
}

func TestText(t *testing.T) {
	sent := connector.ExampleResponse{Body: `{"ok":true,"result":{"message_id":1,"chat":{"id":42}}}`}
	t.Run("OKLongest", func(t *testing.T) {
		if e := send(t, map[string]any{"chat_id": 42, "text": strings.Repeat("é", 4096)}, sent); e.Err != nil {
			t.Error(e.Err)
		}
	})
	t.Run("OKLongWithFormatting", func(t *testing.T) { // what counts is what is left without it
		if e := send(t, map[string]any{"chat_id": 42, "text": strings.Repeat("<b>x</b>", 4096), "parse_mode": "HTML"}, sent); e.Err != nil {
			t.Error(e.Err)
		}
	})
	t.Run("ErrTooLong", func(t *testing.T) {
		e := connectortest.Setup{Action: "send_message", Config: map[string]any{"chat_id": 42, "text": strings.Repeat("é", 4097)}, Data: credential}.
			Run(t, telegram.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: "The text has 4097 characters; Telegram takes at most 4096.", Hint: "slice", Pointer: "/text"}.Check(t, e.Err)
	})
}

// A name in a variable cannot become a tag of the message.
func TestEscaping(t *testing.T) {
	action, _ := telegram.New().Action("send_message")
	field, _ := action.Input.Lookup("text")
	for mode, want := range map[any]template.Target{"HTML": template.TargetHTML, "MarkdownV2": template.TargetMarkdownV2, "Markdown": template.TargetMarkdown, nil: template.TargetText} {
		if got := field.Target(map[string]any{"parse_mode": mode}); got != want {
			t.Errorf("with parse_mode %v, values are escaped for %q, want %q", mode, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	con := telegram.New()
	action, _ := con.Action("send_message")
	credentialType, _ := con.CredentialType("telegram_bot")
	tests := map[string]struct {
		chat, token string
		ok          bool
	}{
		"OKPerson":        {"123456789", token, true},
		"OKGroup":         {"-1001234567890", token, true},
		"OKName":          {"@my_channel", token, true},
		"ErrPhone":        {"+4915112345678", token, false},
		"ErrNameWithoutA": {"my_channel", token, false},
		"ErrLink":         {"https://t.me/my_channel", token, false},
		"ErrTokenWithBot": {"1", "bot123456:ABC", false},
		"ErrTokenIsName":  {"1", "@example_bot", false},
		"ErrTokenSpaces":  {"1", "123456:ABC DEF", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, problems := action.Input.Decode(map[string]any{"chat_id": tt.chat, "text": "Hello"})
			_, more := credentialType.Fields.Decode(map[string]any{"token": tt.token})
			if ok := len(problems)+len(more) == 0; ok != tt.ok {
				t.Errorf("problems = %+v %+v, want ok = %t", problems, more, tt.ok)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	answer := connector.ExampleResponse{Body: `{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"Example alerts","username":"example_bot"}}`}
	e := connectortest.Setup{Data: credential}.Run(t, telegram.New(), connectortest.Answer(answer))
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	want := connector.Identity{Name: "@example_bot", Detail: map[string]any{"id": int64(123456), "name": "Example alerts"}}
	if diff := cmp.Diff(want, e.Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}
