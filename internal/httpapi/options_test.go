package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOptions(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	id := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, id)
	path := func(id, rest string) string {
		return "/v1/credentials/" + id + "/options?connector=chat&action=post_message&" + rest
	}

	t.Run("SchemaSaysWhichFields", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/connectors/chat").want(http.StatusOK).
			wantAt("/actions/0/input_schema/properties/channel/x-options", `true`).
			wantAt("/actions/0/input_schema/properties/channel/x-options-depends", "").
			wantAt("/actions/0/input_schema/properties/thread/x-options-depends", `["channel"]`).
			wantAt("/actions/0/input_schema/properties/text/x-options", "")
	})
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		answer := w.get(path(id, "field=channel&query=gen+eral&cursor=a%26b")).want(http.StatusOK).
			wantAt("/items/0/value", `"C1"`).wantAt("/next_cursor", `"page-2"`)
		if diff := cmp.Diff([]string{"channel=&cursor=a%26b&q=gen+eral"}, w.chat.listed()); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(string(answer.body), goodToken) {
			t.Errorf("the token is in the answer: %s", answer.body)
		}
	})
	t.Run("OKDependent", func(t *testing.T) {
		w := w.in(t)
		w.get(path(id, "field=thread&agent="+agent+"&values="+url.QueryEscape(`{"channel": "#a/b", "text": "not sent"}`))).want(http.StatusOK)
		all := w.chat.listed()
		if got, want := all[len(all)-1], "channel=%23a%2Fb&cursor=&q="; got != want {
			t.Errorf("query = %s, want %s", got, want)
		}
	})
	t.Run("KeptForFiveMinutes", func(t *testing.T) {
		w := w.in(t)
		ask := func() string {
			return w.get(path(id, "field=channel&query=kept")).want(http.StatusOK).text("/items/0/value")
		}
		first := ask()
		w.passed.Add(int64(4 * time.Minute))
		if again := ask(); again != first {
			t.Errorf("value = %s, then %s", first, again)
		}
		w.passed.Add(int64(2 * time.Minute))
		later := ask()
		if later == first {
			t.Error("it is still kept")
		}
		w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + id, body: map[string]any{"data": map[string]any{"token": goodToken}}}).want(http.StatusOK)
		if rotated := ask(); rotated == later {
			t.Error("what another secret listed is shown")
		}
	})
	t.Run("ErrUnlinked", func(t *testing.T) {
		w := w.in(t)
		loose := w.credential("chat_token", map[string]any{"token": goodToken})
		w.get(path(loose, "field=channel")).wantProblem(http.StatusNotFound, "not_found")
		w.link(agent, loose)
		w.get(path(loose, "field=channel")).want(http.StatusOK)
		w.get(path(loose, "field=channel&agent="+w.agent())).wantProblem(http.StatusNotFound, "not_found")
		w.delete("/v1/agents/" + agent + "/links/" + loose).want(http.StatusNoContent)
		w.get(path(loose, "field=channel")).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("ErrForeign", func(t *testing.T) {
		w.in(t).do(request{method: http.MethodGet, path: path(id, "field=channel"), token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("ErrRefused", func(t *testing.T) {
		w := w.in(t)
		bad := w.credential("chat_token", map[string]any{"token": badToken})
		w.link(agent, bad)
		answer := w.get(path(bad, "field=channel")).wantProblem(http.StatusBadGateway, "Connector.AuthFailed")
		if detail := answer.text("/detail"); !strings.Contains(detail, "invalid_auth") || strings.Contains(detail, badToken) {
			t.Errorf("detail = %s", detail)
		}
	})
	for name, tt := range map[string]struct{ query, pointer string }{
		"ErrConnector":      {"?connector=chatt&action=post_message&field=channel", "/query/connector"},
		"ErrOtherConnector": {"?connector=webhook&action=send&field=url", "/query/connector"},
		"ErrAction":         {"?connector=chat&action=post&field=channel", "/query/action"},
		"ErrField":          {"?connector=chat&action=post_message&field=text", "/query/field"},
		"ErrNothing":        {"", "/query/connector"},
		"ErrValues":         {"?connector=chat&action=post_message&field=thread&values=[1]", "/query/values"},
		"ErrMissingValue":   {"?connector=chat&action=post_message&field=thread", "/query/values"},
		"ErrWrongValue":     {"?connector=chat&action=post_message&field=thread&values=" + url.QueryEscape(`{"channel": {}}`), "/query/values"},
		"ErrVariable":       {"?connector=chat&action=post_message&field=thread&values=" + url.QueryEscape(`{"channel": "{{x}}"}`), "/query/values"},
		"ErrLongQuery":      {"?connector=chat&action=post_message&field=channel&query=" + strings.Repeat("x", 3000), "/query/query"},
	} {
		t.Run(name, func(t *testing.T) {
			w.in(t).get("/v1/credentials/"+id+"/options"+tt.query).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(tt.pointer)
		})
	}
}

func TestImportCurl(t *testing.T) {
	w := newWorld(t)
	const path = "/v1/connectors/http/import-curl"
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		answer := w.post(path, map[string]any{"curl": `curl -k https://api.example.com/orders -H "Authorization: Bearer ` + badToken + `" --json '{"id": 12345678901234567890}'`}).want(http.StatusOK).
			wantAt("/type", `"http.request"`).wantAt("/config/method", `"POST"`).wantAt("/credential/type", `"http_bearer"`)
		if got := string(answer.body); !strings.Contains(got, "12345678901234567890") || !strings.Contains(got, "certificate") {
			t.Errorf("answer = %s", got)
		}
		if strings.Contains(string(answer.body)+w.log.String(), badToken) {
			t.Errorf("the token is in the answer or the log: %s", answer.body)
		}
	})
	t.Run("OKNothingToSay", func(t *testing.T) {
		w.in(t).post(path, map[string]any{"curl": "curl https://api.example.com"}).want(http.StatusOK).
			wantAt("/warnings", `[]`).wantAt("/credential", "").wantAt("/timeout_seconds", "")
	})
	t.Run("ErrUnreadable", func(t *testing.T) {
		w.in(t).post(path, map[string]any{"curl": "curl 'https://" + badToken}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/curl")
	})
	t.Run("ErrTooLong", func(t *testing.T) {
		w.in(t).post(path, map[string]any{"curl": "curl https://a.example -d " + strings.Repeat("x", 64<<10)}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/curl")
	})
	if strings.Contains(w.log.String(), badToken) {
		t.Error("the token is in the log")
	}
}
