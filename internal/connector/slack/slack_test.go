package slack_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/slack"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// workspace is a Slack that gives one answer and notes what it was asked.
type workspace struct {
	*httptest.Server
	asked url.Values // the arguments of the last call
	paths []string
}

func startWorkspace(t testing.TB, status int, header map[string]string, body string) *workspace {
	t.Helper()
	w := &workspace{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("the request can't be read: %v", err)
		}
		w.asked, w.paths = r.Form, append(w.paths, r.Method+" "+r.URL.Path)
		for name, value := range header {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body) // a client that has gone fails its own test
	}))
	t.Cleanup(w.Close)
	return w
}

func run(ctx context.Context, t testing.TB, w *workspace, action string, config map[string]any) (connector.Output, error) {
	t.Helper()
	con := slack.New()
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: action, Config: config, CredentialType: "slack_bot_token", Data: credential, Upstream: w.URL,
	})
	a, _ := con.Action(action)
	return a.Run(ctx, call)
}

const posted = `{"ok":true,"channel":"C1","ts":"1.000100"}`

func TestVerify(t *testing.T) {
	verify := func(t *testing.T, w *workspace) (connector.Identity, error) {
		t.Helper()
		con := slack.New()
		call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "slack_bot_token", Data: credential, Upstream: w.URL})
		credentialType, _ := con.CredentialType("slack_bot_token")
		return credentialType.Verify(t.Context(), call)
	}
	t.Run("OK", func(t *testing.T) {
		identity, err := verify(t, startWorkspace(t, 200, map[string]string{"X-OAuth-Scopes": "chat:write, reactions:write"}, whoami))
		if err != nil {
			t.Fatal(err)
		}
		want := connector.Identity{Name: "Subarachnoid Workspace", Detail: map[string]any{
			"user": "grace", "team_id": "T12345678", "url": "https://subarachnoid.slack.com/", "scopes": []string{"chat:write", "reactions:write"},
		}}
		if diff := cmp.Diff(want, identity); diff != "" {
			t.Errorf("identity (-want +got):\n%s", diff)
		}
	})
	t.Run("ErrTokenRevoked", func(t *testing.T) {
		_, err := verify(t, startWorkspace(t, 200, nil, `{"ok":false,"error":"token_revoked"}`))
		wantFault(t, err, fault.AuthFailed, "token_revoked", "Install the app again", false)
	})
}

func TestTokenOfAnotherKind(t *testing.T) {
	credentialType, _ := slack.New().CredentialType("slack_bot_token")
	for _, token := range []string{"xoxp-1-2", "xapp-1-2", "xoxe.xoxb-1-2", "https://hooks.slack.com/services/T0/B0/X", "xoxb-", "Bearer xoxb-1", "xoxb-1\nX: y"} {
		_, problems := credentialType.Fields.Decode(map[string]any{"token": token})
		if len(problems) != 1 || !strings.Contains(problems[0].Hint, "OAuth & Permissions") {
			t.Errorf("token %q: problems = %+v, want one with a hint where the right one is", token, problems)
		}
	}
}

func TestPostMessageContent(t *testing.T) {
	list := []any{map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": "<https://x.org|a & b>"}, "new_member": 1.5}}
	const encoded = `[{"new_member":1.5,"text":{"text":"<https://x.org|a & b>","type":"mrkdwn"},"type":"section"}]`
	tests := map[string]struct {
		config map[string]any
		want   url.Values
	}{
		"Text":             {map[string]any{"channel": " #orders ", "text": "Größe <@U1> ✓"}, url.Values{"channel": {"#orders"}, "text": {"Größe <@U1> ✓"}}},
		"BlocksAsList":     {map[string]any{"channel": "C1", "blocks": list}, url.Values{"channel": {"C1"}, "blocks": {encoded}}},
		"BlocksAsText":     {map[string]any{"channel": "C1", "text": "fallback", "blocks": encoded}, url.Values{"channel": {"C1"}, "text": {"fallback"}, "blocks": {encoded}}},
		"BlocksOfBuilder":  {map[string]any{"channel": "C1", "blocks": `{"blocks": ` + encoded + `}`}, url.Values{"channel": {"C1"}, "blocks": {encoded}}},
		"DigitsAreKept":    {map[string]any{"channel": "C1", "blocks": `[{"type":"x","n":12345678901234567890}]`}, url.Values{"channel": {"C1"}, "blocks": {`[{"n":12345678901234567890,"type":"x"}]`}}},
		"EmptyBlocksText":  {map[string]any{"channel": "C1", "text": "a", "blocks": " "}, url.Values{"channel": {"C1"}, "text": {"a"}}},
		"EmptyThread":      {map[string]any{"channel": "C1", "text": "a", "thread_ts": ""}, url.Values{"channel": {"C1"}, "text": {"a"}}},
		"InAThread":        {map[string]any{"channel": "C1", "text": "a", "thread_ts": "1.2"}, url.Values{"channel": {"C1"}, "text": {"a"}, "thread_ts": {"1.2"}}},
		"BlocksAreRemoved": {map[string]any{"channel": "C1", "text": "a", "blocks": []any{}}, url.Values{"channel": {"C1"}, "text": {"a"}, "blocks": {"[]"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := startWorkspace(t, 200, nil, posted)
			out, err := run(t.Context(), t, w, "post_message", test.config)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, w.asked); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(connector.Output{"ts": "1.000100", "channel": "C1"}, out); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPostMessageBadContent(t *testing.T) {
	many := make([]any, 51)
	for i := range many {
		many[i] = map[string]any{"type": "divider"}
	}
	tests := map[string]struct {
		config  map[string]any
		says    string
		pointer string
	}{
		"Empty":          {map[string]any{}, "empty", "/text"},
		"EmptyBlocks":    {map[string]any{"blocks": []any{}}, "empty", "/text"},
		"NotJSON":        {map[string]any{"blocks": "[{"}, "not JSON", "/blocks"},
		"MoreThanJSON":   {map[string]any{"blocks": "[] []"}, "not JSON", "/blocks"},
		"NotAList":       {map[string]any{"blocks": map[string]any{"blocks": "x"}}, "not a list", "/blocks"},
		"ANumber":        {map[string]any{"blocks": 7}, "not a list", "/blocks"},
		"BlockNotObject": {map[string]any{"blocks": []any{map[string]any{"type": "divider"}, "x"}}, "number 2", "/blocks"},
		"BlockNoType":    {map[string]any{"blocks": `[{"text":"x"}]`}, "number 1", "/blocks"},
		"TooMany":        {map[string]any{"blocks": many}, "there are 51", "/blocks"},
	}
	for name, test := range tests {
		for _, action := range []string{"post_message", "update_message"} {
			t.Run(name+"/"+action, func(t *testing.T) {
				config := map[string]any{"channel": "C1"}
				if action == "update_message" {
					config["ts"] = "1.2"
				}
				for k, v := range test.config {
					config[k] = v
				}
				w := startWorkspace(t, 200, nil, posted)
				_, err := run(t.Context(), t, w, action, config)
				wantFault(t, err, fault.InvalidInput, test.says, "", false)
				if fields := fault.Of(err).Fields; len(fields) != 1 || fields[0].Pointer != test.pointer {
					t.Errorf("fields = %+v, want one at %s", fields, test.pointer)
				}
				if len(w.paths) > 0 {
					t.Errorf("Slack was asked %v although the input is bad", w.paths)
				}
			})
		}
	}
}

func TestBlocksAreEscapedByTheirForm(t *testing.T) {
	action, _ := slack.New().Action("post_message")
	blocks, _ := action.Input.Lookup("blocks")
	if got := blocks.Target(map[string]any{"blocks": `[{"text":"{{trigger.body.x}}"}]`}); got != template.TargetJSON {
		t.Errorf("in JSON text a variable is escaped as %q, want %q", got, template.TargetJSON)
	}
	if got := blocks.Target(map[string]any{"blocks": []any{}}); got != template.TargetSlack {
		t.Errorf("in a list a variable is escaped as %q, want %q", got, template.TargetSlack)
	}
}

func TestAddReactionNames(t *testing.T) {
	for name, want := range map[string]string{"tada": "tada", ":tada:": "tada", "\t:+1:": "+1", ":thumbsup::skin-tone-3:": "thumbsup::skin-tone-3"} {
		w := startWorkspace(t, 200, nil, `{"ok":true}`)
		if _, err := run(t.Context(), t, w, "add_reaction", map[string]any{"channel": "C1", "ts": "1.2", "name": name}); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
		if got := w.asked.Get("name"); got != want {
			t.Errorf("name %q is sent as %q, want %q", name, got, want)
		}
	}
	action, _ := slack.New().Action("add_reaction")
	for _, name := range []string{"two words", ":tada: :tada:", "::"} {
		if _, problems := action.Input.Decode(map[string]any{"channel": "C1", "ts": "1.2", "name": name}); len(problems) != 1 {
			t.Errorf("name %q: problems = %+v, want one", name, problems)
		}
	}
}

func TestFindUserByEmailOfGuest(t *testing.T) {
	w := startWorkspace(t, 200, nil, `{"ok":true,"user":{"id":"W1","name":"ann","profile":{"real_name":"Ann Lee"}}}`)
	out, err := run(t.Context(), t, w, "find_user_by_email", map[string]any{"email": " ann@example.com "})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(connector.Output{"id": "W1", "name": "ann", "real_name": "Ann Lee"}, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if got := w.asked.Get("email"); got != "ann@example.com" {
		t.Errorf("email = %q, want it without spaces", got)
	}
}

func wantFault(t testing.TB, err error, code fault.Code, says, hints string, unsettled bool) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("error = %v, want a fault with code %s", err, code)
	}
	if f.Code != code || !strings.Contains(f.Message, says) || f.Unsettled != unsettled {
		t.Errorf("fault = %v (unsettled %t), want %s that says %q (unsettled %t)", f, f.Unsettled, code, says, unsettled)
	}
	if f.Hint == "" || !strings.Contains(f.Hint, hints) {
		t.Errorf("hint = %q, want one that says %q", f.Hint, hints)
	}
}
