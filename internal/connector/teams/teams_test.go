package teams_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/teams"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

var accepted = connectortest.Answer(connector.ExampleResponse{Status: 202})

func run(t testing.TB, action string, config map[string]any, answer http.HandlerFunc) connectortest.Exchange {
	t.Helper()
	return connectortest.Setup{Action: action, Config: config, Data: credential}.Run(t, teams.New(), answer)
}

// content gives the card within what was sent.
func content(t testing.TB, e connectortest.Exchange) map[string]any {
	t.Helper()
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	var sent struct {
		Attachments []struct{ Content map[string]any }
	}
	if err := json.Unmarshal([]byte(e.Sent[0].Body), &sent); err != nil || len(sent.Attachments) != 1 {
		t.Fatalf("sent %s: %v; want one card", e.Sent[0].Body, err)
	}
	return sent.Attachments[0].Content
}

// Every part of the address that lets one post is kept out of what is shown, also
// where the other side repeats it.
func TestAddressStaysHidden(t *testing.T) {
	e := run(t, "post_message", map[string]any{"text": "Hello"}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("no access to " + r.RequestURI + ", signature " + r.URL.Query().Get("sig") + ", query " + r.URL.RawQuery))
	})
	if len(e.Sent) != 1 || e.Sent[0].Target != path+"?"+query {
		t.Fatalf("sent = %+v, want one request to the address as it is", e.Sent)
	}
	f := fault.Of(e.Err)
	if f == nil || f.Code != fault.AuthFailed || !strings.Contains(f.Message, "no access to") {
		t.Fatalf("fault = %+v, want %s in the service's words", f, fault.AuthFailed)
	}
	for _, secret := range []string{signature, "canary", "0a1b2c3d4e5f"} {
		if text := f.Error() + f.Hint; strings.Contains(text, secret) {
			t.Errorf("%q is in %q", secret, text)
		}
	}
}

// Without an upstream the webhook's own host is called, and may be.
func TestHost(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.RequestURI
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	con := teams.New()
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: "post_message", Config: map[string]any{"text": "Hello"}, CredentialType: "teams_webhook", Data: map[string]any{"url": server.URL + "/hook?sig=canary-signature"},
	})
	action, _ := con.Action("post_message")
	if _, err := action.Run(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimPrefix(server.URL, "http://") + "/hook?sig=canary-signature"; asked != want {
		t.Errorf("it called %s, want %s", asked, want)
	}
}

func TestParagraphs(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"OneLine":      {"Hello", "Hello"},
		"Lines":        {"a\nb\r\nc", "a\n\nb\n\nc"},
		"Paragraphs":   {"a\n\nb", "a\n\nb"},
		"List":         {"- a\n- b\n- c", "- a\n- b\n- c"},
		"NumberedList": {"1. a\n2. b", "1. a\n2. b"},
		"TextAndList":  {"a\n* b\n* c\nd", "a\n\n* b\n* c\n\nd"},
		"NoList":       {"-1 degrees\n-2 degrees", "-1 degrees\n\n-2 degrees"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			card := content(t, run(t, "post_message", map[string]any{"text": tt.text}, accepted))
			want := []any{map[string]any{"type": "TextBlock", "text": tt.want, "wrap": true}}
			if diff := cmp.Diff(want, card["body"]); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCard(t *testing.T) {
	want := map[string]any{"type": "AdaptiveCard", "version": "1.2", "body": []any{map[string]any{"type": "TextBlock", "text": "a"}}}
	tests := map[string]struct {
		card any
		want map[string]any
	}{
		"Object":         {want, want},
		"Text":           {` {"type": "AdaptiveCard", "version": "1.2", "body": [{"type": "TextBlock", "text": "a"}]} `, want},
		"WithoutVersion": {map[string]any{"type": "AdaptiveCard"}, map[string]any{"type": "AdaptiveCard", "version": "1.4"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, content(t, run(t, "post_card", map[string]any{"card": tt.card}, accepted))); diff != "" {
				t.Errorf("card (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadMessage(t *testing.T) {
	tests := map[string]struct {
		action  string
		config  map[string]any
		message string
		pointer string
	}{
		"ErrNotJSON":     {"post_card", map[string]any{"card": "Hello"}, "The card can't be used: the text is not JSON.", "/card"},
		"ErrTrailing":    {"post_card", map[string]any{"card": `{"type": "AdaptiveCard"}, {}`}, "The card can't be used: the text is not JSON.", "/card"},
		"ErrList":        {"post_card", map[string]any{"card": []any{}}, "The card can't be used: it is not an object.", "/card"},
		"ErrType":        {"post_card", map[string]any{"card": map[string]any{"body": []any{}}}, "The card can't be used: its type is not AdaptiveCard.", "/card"},
		"ErrMessage":     {"post_card", map[string]any{"card": map[string]any{"type": "message", "attachments": []any{}}}, "The card can't be used: it is a whole message...", "/card"},
		"ErrMessageCard": {"post_card", map[string]any{"card": map[string]any{"@type": "MessageCard", "text": "a"}}, "The card can't be used: it is a MessageCard...", "/card"},
		"ErrTooLarge":    {"post_message", map[string]any{"text": strings.Repeat("é", 15000)}, "The message has 30 KB; Teams takes at most 28.", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := run(t, tt.action, tt.config, connectortest.NoCall(t))
			connectortest.Refusal{Code: fault.InvalidInput, Message: tt.message, Pointer: tt.pointer}.Check(t, e.Err)
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"TurnedOff": {
			404, `{"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "Could not execute workflow trigger 'manual' with state 'Disabled'"}}`,
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Teams answered 404 Not Found: Could not execute workflow trigger 'manual' with state 'Disabled' (WorkflowTriggerIsNotEnabled)", Hint: "turn it on"},
		},
		"Deleted": {
			404, `{"error": {"code": "WorkflowNotFound", "message": "The workflow could not be found."}}`,
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Teams answered 404 Not Found: The workflow could not be found. (WorkflowNotFound)", Hint: "deleted"},
		},
		"WrongSignature": {
			401, `{"error": {"code": "DirectApiAuthorizationRequired", "message": "The request must be authenticated only by Shared Access scheme."}}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Teams answered 401 Unauthorized: The request must be authenticated...", Hint: "copy the address"},
		},
		"PageOfAGateway": {
			502, "<html>Bad gateway</html>",
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Teams answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer := connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body})
			tt.want.Check(t, run(t, "post_message", map[string]any{"text": "Hello"}, answer).Err)
		})
	}
}

func TestFields(t *testing.T) {
	con := teams.New()
	credentialType, _ := con.CredentialType("teams_webhook")
	tests := map[string]struct {
		url string
		ok  bool
	}{
		"OK":             {credential["url"].(string), true},
		"OKOnLoopback":   {"http://127.0.0.1:9000/hook?sig=1", true},
		"ErrClear":       {"http://example.com/hook?sig=1", false},
		"ErrUser":        {"https://user:password@example.com/hook", false},
		"ErrHostOnly":    {"https://example.com", false},
		"ErrNoURL":       {"sig=canary", false},
		"ErrTwoLines":    {"https://example.com/hook?sig=1\n2", false},
		"ErrOtherScheme": {"file:///etc/passwd", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, problems := credentialType.Fields.Decode(map[string]any{"url": tt.url}); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %+v, want ok = %t", problems, tt.ok)
			}
		})
	}
	t.Run("CardAsTextIsJSON", func(t *testing.T) {
		action, _ := con.Action("post_card")
		field, _ := action.Input.Lookup("card")
		if got := field.Target(map[string]any{"card": `{"text": "{{trigger.body.name}}"}`}); got != template.TargetJSON {
			t.Errorf("target = %q, want %q", got, template.TargetJSON)
		}
	})
}
