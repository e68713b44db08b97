package httpapi_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTenants tries every route that names a thing with the id of another account's,
// as the description lists them: a route that is added is tried, too.
func TestTenants(t *testing.T) {
	w := newWorld(t)
	own := newThings(w)
	agent, cred, wf := own.ids["agents"], own.ids["credentials"], own.ids["workflows"]
	tried := 0
	for _, o := range w.spec.ofAccounts() {
		t.Run(o.name, func(t *testing.T) {
			w := w.in(t)
			theirs := w.do(o.request(t, own, strangerToken))
			own.absentFrom(t, theirs)
			if !o.namesThings() {
				return
			}
			tried++
			theirs.wantProblem(http.StatusNotFound, "not_found")
			// It must not matter whether the thing is there in the other account: in what is
			// said, and in what is done to find out.
			none := w.do(o.request(t, own.gone(), strangerToken)).wantProblem(http.StatusNotFound, "not_found")
			if differ(theirs, none) {
				t.Errorf("%s tells apart what is there from what is not: %s", theirs.body, none.body)
			}
			if there, gone := o.work(t, own), o.work(t, own.gone()); math.Abs(there-gone) > 0.1*gone+20 {
				t.Errorf("finding out takes %.0f allocations for what is there, and %.0f for what is not", there, gone)
			}
		})
	}
	if tried < 25 {
		t.Errorf("only %d routes were tried", tried)
	}

	t.Run("CheckForAnAgent", func(t *testing.T) {
		w.in(t).do(request{method: http.MethodPost, path: "/v1/workflows/check?agent=" + agent, body: manual, token: strangerToken}).
			wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("LinksAcross", func(t *testing.T) {
		w := w.in(t)
		stranger := func(path string, body any) response {
			return w.do(request{method: http.MethodPost, path: path, body: body, token: strangerToken}).want(http.StatusCreated)
		}
		theirAgent := stranger("/v1/agents", `{"name": "Theirs"}`).text("/id")
		theirCred := stranger("/v1/credentials", `{"type": "chat_token", "data": {"token": "a-token-of-theirs"}}`).text("/id")
		for _, path := range []string{"/v1/agents/" + theirAgent + "/links/" + cred, "/v1/agents/" + agent + "/links/" + theirCred} {
			w.do(request{method: http.MethodPut, path: path, token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
			w.put(path, nil).wantProblem(http.StatusNotFound, "not_found")
		}
		// Nor does a document see it.
		check := w.do(request{method: http.MethodPost, path: "/v1/workflows/check?agent=" + theirAgent, body: orderAlert(cred, "trigger.input.total"), token: strangerToken})
		check.want(http.StatusOK).wantAt("/diagnostics/0/code", `"unknown_credential"`)
	})
	t.Run("NothingHasChanged", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/agents/"+agent).want(http.StatusOK).wantAt("/name", `"Support"`)
		w.get("/v1/credentials/"+cred).want(http.StatusOK).wantAt("/name", `"Mine"`)
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected/0/id", `"`+cred+`"`)
		w.get("/v1/workflows/"+wf).want(http.StatusOK).wantAt("/published_version", `1`)
	})
}

// work is what a refused request costs, in allocations: unlike time, that is the same
// on a machine which is busy.
func (o operation) work(t *testing.T, on things) float64 {
	r := o.request(t, on, strangerToken)
	text, _ := r.body.(string)
	if r.body != nil && text == "" {
		text = jsonText(r.body)
	}
	return testing.AllocsPerRun(20, func() {
		req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, strings.NewReader(text))
		req.Header.Set("Authorization", "Bearer "+r.token)
		req.Header.Set("If-Match", "*")
		if text != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		rec := httptest.NewRecorder()
		if on.w.handler.ServeHTTP(rec, req); rec.Code != http.StatusNotFound {
			t.Fatalf("status = %d, want 404: %s", rec.Code, rec.Body)
		}
	})
}

// differ says whether two problems differ in more than the ids they name.
func differ(a, b response) bool {
	words := func(r response) string {
		text := r.text("/detail") + " " + r.at("/hint")
		for _, prefix := range []string{"agt_", "cred_", "wf_", "exe_", "key_", "mem_"} {
			for {
				before, after, ok := strings.Cut(text, prefix)
				if !ok {
					break
				}
				text = before + strings.TrimLeft(after, "abcdefghijklmnopqrstuvwxyz0123456789")
			}
		}
		return text
	}
	return words(a) != words(b)
}
