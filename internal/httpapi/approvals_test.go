package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/httpapi"
)

// asking is a workflow that asks for an approval, with fields beside its message.
func asking(fields string) string {
	return `{"name": "Pay <bills>", "trigger": {"type": "manual"}, "nodes": [
		{"id": "ask", "type": "approval", "config": {"message": "Pay {{trigger.input.sum}} <b>EUR</b>?"` + fields + `}},
		{"id": "yes", "type": "set", "config": {"values": {"said": "{{steps.ask.decision}} {{steps.ask.comment}} {{steps.ask.by}}"}}},
		{"id": "no", "type": "set", "config": {"values": {"said": "{{steps.ask.decision}} {{steps.ask.comment}} {{steps.ask.by}}"}}},
		{"id": "late", "type": "set", "config": {"values": {"said": "{{steps.ask.decision}}"}}}],
		"edges": [{"from": "trigger", "to": "ask"}, {"from": "ask", "port": "approved", "to": "yes"},
			{"from": "ask", "port": "rejected", "to": "no"}, {"from": "ask", "port": "timed_out", "to": "late"}]}`
}

// asked starts a workflow and waits until its first node asks; it gives the
// execution and the link's path.
func (w *world) asked(workflow string) (exe, link string) {
	w.Helper()
	exe = w.post("/v1/workflows/"+workflow+"/executions", `{"input": {"sum": 12}}`).want(http.StatusAccepted).text("/id")
	shown := w.until(exe, func(r response) bool { return r.at("/nodes/0/approval_url") != "" })
	return exe, strings.TrimPrefix(shown.text("/nodes/0/approval_url"), publicURL)
}

// until reads an execution until it is as wanted.
func (w *world) until(exe string, is func(response) bool) response {
	w.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if r := w.get("/v1/executions/" + exe).want(http.StatusOK); is(r) {
			return r
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("it does not come to what is waited for: %s", w.get("/v1/executions/"+exe).body)
		}
	}
}

// byLink sends what somebody without a login sends, as JSON.
func (w *world) byLink(method, link string, body any) response {
	w.Helper()
	return w.do(request{method: method, path: link, body: body, token: "-", header: []string{"Accept", "application/json"}})
}

// browse sends what a browser sends, and gives the page.
func (w *world) browse(method, link string, form url.Values) (status int, header http.Header, page string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+link, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

func TestApprovals(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	wf, _ := w.published(agent, asking(""))

	t.Run("Approved", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		w.byLink(http.MethodGet, link, nil).want(http.StatusOK).wantAt("/status", `"waiting"`).wantAt("/decision", `null`).
			wantAt("/workflow", `"Pay \u003cbills\u003e"`).wantAt("/message", `"Pay 12 \u003cb\u003eEUR\u003c/b\u003e?"`)
		w.byLink(http.MethodPost, link, `{"decision": "approved", "comment": "go"}`).want(http.StatusOK).wantAt("/decision", `"approved"`)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/output", `{"yes":{"said":"approved go "}}`).
			wantAt("/nodes/0/status", `"succeeded"`).wantAt("/nodes/0/output/decision", `"approved"`).wantAt("/nodes/0/approval_url", "").
			wantAt("/nodes/2/status", `"skipped"`)
	})
	t.Run("RejectedWithALogin", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		w.post(link, `{"decision": "rejected"}`).want(http.StatusOK)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/output", `{"no":{"said":"rejected  owner"}}`).
			wantAt("/nodes/0/status", `"succeeded"`).wantAt("/nodes/0/output/by", `"owner"`).wantAt("/nodes/0/error", `null`).
			wantAt("/nodes/0/attempt_list/0/error", "")
	})
	t.Run("TimedOut", func(t *testing.T) {
		w := w.in(t)
		quick, _ := w.published(agent, asking(`, "timeout_seconds": 1`))
		exe, link := w.asked(quick)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/output", `{"late":{"said":"timed_out"}}`).
			wantAt("/nodes/0/status", `"timed_out"`).wantAt("/nodes/0/error", `null`).wantAt("/nodes/0/output/decision", `"timed_out"`)
		w.byLink(http.MethodGet, link, nil).wantProblem(http.StatusGone, "gone")
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).wantProblem(http.StatusGone, "gone")
	})
	t.Run("OneAnswerCounts", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		var clients sync.WaitGroup
		statuses := make(chan int, 12)
		for n := range cap(statuses) {
			clients.Go(func() {
				statuses <- w.byLink(http.MethodPost, link, map[string]any{"decision": []string{"approved", "rejected"}[n%2]}).status
			})
		}
		clients.Wait()
		close(statuses)
		counts := map[int]int{}
		for s := range statuses {
			counts[s]++
		}
		if counts[http.StatusOK] != 1 || counts[http.StatusConflict] != 11 {
			t.Errorf("statuses %v, want 200 once and 409 else", counts)
		}
		answer := w.byLink(http.MethodGet, link, nil).want(http.StatusOK).text("/decision")
		w.ended(exe).wantAt("/nodes/0/output/decision", `"`+answer+`"`)
		second := w.byLink(http.MethodPost, link, `{"decision": "approved"}`).wantProblem(http.StatusConflict, "already_answered")
		if !strings.Contains(second.text("/detail"), answer) {
			t.Errorf("it does not say what was decided: %s", second.body)
		}
	})
	t.Run("EndsWithItsExecution", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK).wantAt("/nodes/0/status", `"stopped"`).wantAt("/nodes/0/approval_url", "")
		w.byLink(http.MethodGet, link, nil).wantProblem(http.StatusGone, "gone")
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).wantProblem(http.StatusGone, "gone")
		// A redrive asks again, at the same link.
		w.post("/v1/executions/"+exe+"/redrive", nil).want(http.StatusAccepted)
		again := w.until(exe, func(r response) bool { return r.at("/nodes/0/approval_url") != "" }).text("/nodes/0/approval_url")
		if again != publicURL+link {
			t.Errorf("the link is now %s, was %s", again, link)
		}
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).want(http.StatusOK)
		w.ended(exe).wantAt("/status", `"succeeded"`)
	})
	t.Run("WithinALoop", func(t *testing.T) {
		w := w.in(t)
		each, _ := w.published(agent, `{"name": "Each", "trigger": {"type": "manual"}, "nodes": [
			{"id": "each", "type": "loop", "config": {"items": ["a", "b"], "concurrency": 2}},
			{"id": "ask", "type": "approval", "config": {"message": "{{item}}?"}}],
			"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "ask"}]}`)
		exe := w.post("/v1/workflows/"+each+"/executions", nil).want(http.StatusAccepted).text("/id")
		shown := w.until(exe, func(r response) bool {
			return r.at("/nodes/1/iterations/0/approval_url") != "" && r.at("/nodes/1/iterations/1/approval_url") != ""
		})
		for i, decision := range []string{"approved", "rejected"} {
			link := strings.TrimPrefix(shown.text("/nodes/1/iterations/"+string(rune('0'+i))+"/approval_url"), publicURL)
			w.byLink(http.MethodPost, link, map[string]any{"decision": decision}).want(http.StatusOK)
		}
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/output/each/results/0/ask/decision", `"approved"`).
			wantAt("/output/each/results/1/ask/decision", `"rejected"`)
	})
	t.Run("List", func(t *testing.T) {
		w := w.in(t)
		other := w.agent()
		theirs, _ := w.published(other, asking(""))
		exe, link := w.asked(theirs)
		list := w.get("/v1/approvals?status=waiting&agent="+other).want(http.StatusOK).wantAt("/items/1", "").
			wantAt("/items/0/execution_id", `"`+exe+`"`).wantAt("/items/0/node", `"ask"`).wantAt("/items/0/agent_id", `"`+other+`"`).
			wantAt("/items/0/url", `"`+publicURL+link+`"`)
		if list.text("/items/0/expires_at") <= list.text("/items/0/asked_at") {
			t.Errorf("it expires before it was asked: %s", list.body)
		}
		w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK)
		w.get("/v1/approvals?status=waiting&agent="+other).want(http.StatusOK).wantAt("/items", `[]`)
		w.get("/v1/approvals?status=cancelled&agent="+other).want(http.StatusOK).wantAt("/items/0/execution_id", `"`+exe+`"`).wantAt("/items/0/url", "")
		w.do(request{method: http.MethodGet, path: "/v1/approvals", token: strangerToken}).want(http.StatusOK).wantAt("/items", `[]`)
		w.get("/v1/approvals?status=done").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/status")
	})
	t.Run("ErrBadAnswer", func(t *testing.T) {
		w := w.in(t)
		_, link := w.asked(wf)
		for body, field := range map[string]string{
			`{"decision": "maybe"}`:     "/decision",
			`{}`:                        "/decision",
			`{"decision": "timed_out"}`: "/decision",
			`{"decision": "approved", "comment": "` + strings.Repeat("ü", 2001) + `"}`: "/comment",
			`{"decision": "approved", "by": "me"}`:                                     "",
		} {
			w.byLink(http.MethodPost, link, body).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(field)
		}
		w.byLink(http.MethodPost, link, `{"decision": `).wantProblem(http.StatusBadRequest, "bad_request")
		w.do(request{method: http.MethodPost, path: link, body: "approved", token: "-", header: []string{"Content-Type", "text/plain", "Accept", "application/json"}}).
			wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		w.do(request{method: http.MethodPost, path: link, body: `{"decision": "approved"}`, token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
		w.byLink(http.MethodGet, link, nil).want(http.StatusOK).wantAt("/status", `"waiting"`)
	})
	t.Run("TokenThatIsNotValid", func(t *testing.T) {
		w := w.in(t)
		_, link := w.asked(wf)
		w.do(request{method: http.MethodPost, path: link, body: `{"decision": "approved"}`, token: "wrong"}).want(http.StatusOK).wantAt("/status", `"approved"`)
		w.get("/v1/approvals?status=approved&limit=1").want(http.StatusOK).wantAt("/items/0/url", "").wantAt("/items/0/answered_by", `""`)
	})
	t.Run("ErrNoSuchLink", func(t *testing.T) {
		w := newWorld(t)
		for range 20 {
			w.byLink(http.MethodGet, "/approvals/guess", nil).wantProblem(http.StatusNotFound, "not_found")
		}
		if got := w.byLink(http.MethodGet, "/approvals/guess", nil).wantProblem(http.StatusTooManyRequests, "too_many_requests"); got.header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
	})
	t.Run("WhoHasALinkIsLetInWhateverOthersTry", func(t *testing.T) {
		w := newWorld(t)
		asks, _ := w.published(w.agent(), asking(""))
		_, link := w.asked(asks)
		for range 30 {
			w.byLink(http.MethodGet, "/approvals/guess", nil)
		}
		w.byLink(http.MethodGet, link, nil).want(http.StatusOK)
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).want(http.StatusOK).wantAt("/status", `"approved"`)
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).wantProblem(http.StatusConflict, "already_answered")
	})
	t.Run("NoLogHasALink", func(t *testing.T) {
		w := w.in(t)
		_, link := w.asked(wf)
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).want(http.StatusOK)
		if strings.Contains(w.log.String(), strings.TrimPrefix(link, "/approvals/")) {
			t.Error("the log holds the token")
		}
	})
}

func TestApprovalPage(t *testing.T) {
	w := newWorld(t)
	wf, _ := w.published(w.agent(), asking(""))
	t.Run("ShowsAndAnswers", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		for range 2 { // scanners of mail look first: that is no answer
			status, header, page := w.browse(http.MethodGet, link, nil)
			if status != http.StatusOK || !strings.Contains(page, "Pay 12 &lt;b&gt;EUR&lt;/b&gt;?") || !strings.Contains(page, "Pay &lt;bills&gt;") {
				t.Fatalf("%d %s", status, page)
			}
			policy := header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "script-src 'sha256-", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, part) {
					t.Errorf("the policy %q lacks %q", policy, part)
				}
			}
			if header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" || strings.Count(page, "<script") != 1 {
				t.Errorf("headers %v", header)
			}
			if !strings.Contains(page, `<label for="comment">`) || !strings.Contains(page, `value="approved"`) {
				t.Errorf("no form to answer: %s", page)
			}
		}
		w.get("/v1/executions/"+exe).wantAt("/nodes/0/status", `"waiting"`)
		status, _, page := w.browse(http.MethodPost, link, url.Values{"decision": {"approved"}, "comment": {"one\r\ntwo"}})
		if status != http.StatusOK || !strings.Contains(page, "<h1>Approved</h1>") || strings.Contains(page, "<form") {
			t.Errorf("%d %s", status, page)
		}
		w.ended(exe).wantAt("/nodes/0/output/comment", `"one\ntwo"`)
		if status, _, page = w.browse(http.MethodPost, link, url.Values{"decision": {"approved"}, "comment": {"one\r\ntwo"}}); status != http.StatusConflict ||
			!strings.Contains(page, "This was answered on") || strings.Contains(page, "faster") {
			t.Errorf("sent once more: %d %s", status, page)
		}
		for _, other := range []url.Values{{"decision": {"rejected"}}, {"decision": {"approved"}}} {
			if _, _, page = w.browse(http.MethodPost, link, other); !strings.Contains(page, "Somebody was faster") {
				t.Errorf("another answer %v: %s", other, page)
			}
		}
		if status, _, page = w.browse(http.MethodPost, link, url.Values{"decision": {"rejected"}}); status != http.StatusConflict || !strings.Contains(page, "already approved") ||
			!strings.Contains(page, "<h1>Approved</h1>") || strings.Contains(page, "<form") {
			t.Errorf("%d %s", status, page)
		}
		if status, _, page = w.browse(http.MethodGet, link, nil); status != http.StatusOK || strings.Contains(page, "<form") {
			t.Errorf("%d %s", status, page)
		}
	})
	t.Run("TokenThatIsNotValid", func(t *testing.T) {
		w := w.in(t)
		_, link := w.asked(wf)
		w.do(request{method: http.MethodPost, path: link, body: `{"decision": "approved"}`, token: "wrong"}).want(http.StatusOK).wantAt("/status", `"approved"`)
		w.get("/v1/approvals?status=approved&limit=1").want(http.StatusOK).wantAt("/items/0/url", "").wantAt("/items/0/answered_by", `""`)
	})
	t.Run("ErrNoSuchLink", func(t *testing.T) {
		status, _, page := w.in(t).browse(http.MethodGet, "/approvals/guess", nil)
		if status != http.StatusNotFound || !strings.Contains(page, "There is no approval at this address.") {
			t.Errorf("%d %s", status, page)
		}
	})
	t.Run("ErrEnded", func(t *testing.T) {
		w := w.in(t)
		exe, link := w.asked(wf)
		w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK)
		status, _, page := w.browse(http.MethodGet, link, nil)
		if status != http.StatusGone || !strings.Contains(page, "no longer needed") || strings.Contains(page, "<form") {
			t.Errorf("%d %s", status, page)
		}
	})
	t.Run("ErrNoDecision", func(t *testing.T) {
		w := w.in(t)
		_, link := w.asked(wf)
		status, _, page := w.browse(http.MethodPost, link, url.Values{"comment": {"hm"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, "Back to the question") {
			t.Errorf("%d %s", status, page)
		}
	})
}

// TestApprovalNotification tells people by an action, once, and keeps the link out of
// everything that is stored or shown of it.
func TestApprovalNotification(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	notify := func(channel string) string {
		return `, "timeout_seconds": 600, "notify": {"action": "chat.post_message", "credential": "` + cred + `",
			"config": {"channel": "` + channel + `", "text": "{{approval.message}} {{trigger.input.sum}} {{approval.url}}"}}`
	}
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, asking(notify("#orders")))
		exe, link := w.asked(wf)
		want := "#orders: Pay 12 <b>EUR</b>? 12 " + publicURL + link
		w.until(exe, func(response) bool { return slices.Contains(w.chat.posted(), want) })
		w.byLink(http.MethodPost, link, `{"decision": "approved"}`).want(http.StatusOK)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/nodes/0/input/message", `"Pay 12 \u003cb\u003eEUR\u003c/b\u003e?"`)
		if posted := w.chat.posted(); len(posted) != 1 {
			t.Errorf("posted %q", posted)
		}
		w.do(request{method: http.MethodDelete, path: "/v1/credentials/" + cred}).wantProblem(http.StatusConflict, "credential_in_use")
	})
	t.Run("ErrNobodyWasTold", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, asking(notify("#closed")))
		exe := w.post("/v1/workflows/"+wf+"/executions", `{"input": {"sum": 12}}`).want(http.StatusAccepted).text("/id")
		w.ended(exe).wantAt("/status", `"failed"`).wantAt("/error/node", `"ask"`).wantAt("/error/name", `"Connector.AuthFailed"`)
	})
}

// TestApprovalsAlone serves them as their function does.
func TestApprovalsAlone(t *testing.T) {
	w := newWorld(t)
	alone := httpapi.Serve(httpapi.Options{Authenticate: authenticate, PublicURL: publicURL}, httpapi.Approvals{Service: w.cfg.Approvals, Authenticate: authenticate})
	wf, _ := w.published(w.agent(), asking(""))
	exe, link := w.asked(wf)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, link, strings.NewReader("decision=approved"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	alone.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	w.ended(exe).wantAt("/status", `"succeeded"`)
}
