package httpapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/httpapi"
	"switchboard/internal/page"
)

// webhookDocument posts who called to a channel, and answers who it was.
func webhookDocument(config, channel string) string {
	return fmt.Sprintf(`{"name": "Hook", "trigger": {"type": "webhook", "config": %s},
		"nodes": [{"id": "who", "type": "set", "config": {"values": {"name": "{{trigger.body.name}}", "channel": %q}}}],
		"edges": [{"from": "trigger", "to": "who"}],
		"output": {"hello": "{{name}}", "method": "{{trigger.method}}", "from": "{{trigger.query.from | default: null}}", "agent": "{{trigger.headers.x-agent | default: null}}"}}`, config, channel)
}

// posting is a workflow whose webhook posts to a channel and waits for the end.
func posting(credential, channel string) string {
	return fmt.Sprintf(`{"name": "Post", "trigger": {"type": "webhook", "config": {"respond": "when_finished"}},
		"nodes": [{"id": "post", "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": "Hi"}}],
		"edges": [{"from": "trigger", "to": "post"}], "output": "{{steps.post.ts}}"}`, credential, channel)
}

// hook calls a webhook as the world outside does.
func (w *world) hook(path, body string, header ...string) response {
	w.Helper()
	return w.do(request{method: http.MethodPost, path: path, body: body, token: "-", header: header})
}

func TestHookAuthentication(t *testing.T) {
	const body = `{"name": "Ada"}`
	const secret = "whsec-canary-auth"
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(body))
	mac := sum.Sum(nil)
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("webhook_secret", map[string]any{"secret": secret})
	w.link(agent, cred)
	for _, kind := range []struct {
		name, auth string
		good, bad  [][]string // headers
	}{
		{"None", `"none"`, [][]string{{}}, nil},
		{
			"Token", `{"type": "token", "header": "X-Key", "credential": "` + cred + `"}`,
			[][]string{{"X-Key", secret}, {"X-Key", "Bearer " + secret}},
			[][]string{{}, {"X-Key", "wrong"}, {"X-Key", ""}, {"Authorization", "Bearer " + secret}},
		},
		{
			"Basic", `{"type": "basic", "credential": "` + cred + `"}`,
			[][]string{{"Authorization", basic("anybody", secret)}},
			[][]string{{}, {"Authorization", basic("anybody", "wrong")}, {"Authorization", "Bearer " + secret}},
		},
		{
			"HMAC", `{"type": "hmac_sha256", "header": "X-Signature", "credential": "` + cred + `"}`,
			[][]string{
				{"X-Signature", hex.EncodeToString(mac)}, {"X-Signature", "sha256=" + hex.EncodeToString(mac)},
				{"X-Signature", base64.StdEncoding.EncodeToString(mac)},
			},
			[][]string{{}, {"X-Signature", hex.EncodeToString(make([]byte, 32))}, {"X-Signature", secret}},
		},
	} {
		for _, respond := range []string{"immediately", "when_finished"} {
			t.Run(kind.name+"/"+respond, func(t *testing.T) {
				w := w.in(t)
				_, publication := w.published(agent, webhookDocument(`{"auth": `+kind.auth+`, "respond": "`+respond+`"}`, "#x"))
				path := hookPath(publication.text("/webhook_url"))
				for _, header := range kind.good {
					answer := w.hook(path, body, header...)
					if respond == "immediately" {
						w.ended(answer.want(http.StatusAccepted).text("/id")).wantAt("/status", `"succeeded"`).
							wantAt("/output/hello", `"Ada"`).wantAt("/input/body", `{"name":"Ada"}`)
					} else {
						answer.want(http.StatusOK).wantAt("/hello", `"Ada"`)
					}
				}
				for _, header := range kind.bad {
					refused := w.hook(path, body, header...).wantProblem(http.StatusUnauthorized, "unauthorized")
					if challenge := refused.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Basic ") {
						t.Errorf("WWW-Authenticate = %q", challenge)
					}
				}
			})
		}
	}
	t.Run("SecretThatComesElsewhereToo", func(t *testing.T) {
		w := w.in(t)
		both := w.credential("webhook_secret", map[string]any{"secret": "shop:" + secret})
		w.link(agent, both)
		for auth, header := range map[string][]string{
			`{"type": "token", "header": "X-Key", "credential": "` + cred + `"}`: {"X-Key", secret, "X-Forwarded-Authorization", "Bearer " + secret},
			`{"type": "basic", "credential": "` + cred + `"}`:                    {"Authorization", basic("shop", secret), "X-Forwarded-Authorization", basic("shop", secret)},
			`{"type": "basic", "credential": "` + both + `"}`:                    {"Authorization", basic("shop", secret), "X-Forwarded-Authorization", basic("shop", secret)},
		} {
			_, publication := w.published(agent, webhookDocument(`{"auth": `+auth+`, "respond": "immediately"}`, "#x"))
			started := w.hook(hookPath(publication.text("/webhook_url"))+"?from=shop&key="+secret, body, header...).want(http.StatusAccepted).text("/id")
			ended := w.ended(started).wantAt("/input/query/from", `"shop"`).wantAt("/input/query/key", `"[redacted]"`).wantAt("/input/body", `{"name":"Ada"}`)
			if text := string(ended.body); strings.Contains(text, secret) || strings.Contains(text, header[3]) {
				t.Errorf("%s: the execution has the secret: %s", auth, text)
			}
		}
	})
	t.Run("AddressThatComesElsewhereToo", func(t *testing.T) {
		w := w.in(t)
		for _, auth := range []string{`"none"`, `{"type": "token", "header": "X-Key", "credential": "` + cred + `"}`} {
			_, publication := w.published(agent, webhookDocument(`{"auth": `+auth+`, "respond": "immediately"}`, "#x"))
			path := hookPath(publication.text("/webhook_url"))
			address := strings.TrimPrefix(path, "/hooks/")
			tell := func(body string, header ...string) response {
				header = append(header, "X-Key", secret, "X-Original-URI", path, "X-Forwarded-Uri", path+"?a=b",
					"Referer", "http://proxy.example"+path, "X-Parameters", base64.StdEncoding.EncodeToString([]byte(path)))
				ended := w.ended(w.hook(path+"?from=shop&via="+path, body, header...).want(http.StatusAccepted).text("/id")).
					wantAt("/input/headers/x-original-uri", `"/hooks/[redacted]"`).wantAt("/input/headers/x-forwarded-uri", `"/hooks/[redacted]?a=b"`).
					wantAt("/input/headers/referer", `"http://proxy.example/hooks/[redacted]"`).
					wantAt("/input/query/via", `"/hooks/[redacted]"`).wantAt("/input/query/from", `"shop"`)
				if text := string(ended.body); strings.Contains(text, address) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(address))[:40]) {
					t.Errorf("%s: the execution has the address: %s", auth, text)
				}
				return ended
			}
			tell(`{"name": "Ada", "n": 1.10, "big": 12345678901234567890, "url": "http://x`+path+`", "`+address+`": [true]}`).
				wantAt("/input/body", `{"[redacted]":[true],"big":12345678901234567890,"n":1.10,"name":"Ada","url":"http://x/hooks/[redacted]"}`)
			tell("name=Ada&url="+path, "Content-Type", "application/x-www-form-urlencoded").wantAt("/input/body", `{"name":"Ada","url":"/hooks/[redacted]"}`)
			tell("sent to "+path, "Content-Type", "text/plain").wantAt("/input/body", `"sent to /hooks/[redacted]"`)
			tell(`{"name": "Ada"}`).wantAt("/input/body", `{"name":"Ada"}`)
		}
	})
	t.Run("ErrSecretUnlinked", func(t *testing.T) {
		w := w.in(t)
		_, publication := w.published(agent, webhookDocument(`{"auth": "token", "credential": "`+cred+`"}`, "#x"))
		w.delete("/v1/agents/" + agent + "/links/" + cred).want(http.StatusNoContent)
		w.hook(hookPath(publication.text("/webhook_url")), body, "X-Webhook-Token", secret).wantProblem(http.StatusServiceUnavailable, "unavailable")
	})
	if strings.Contains(w.log.String(), secret) {
		t.Error("the log holds the secret")
	}
}

// TestHooksSignedOnce: a signed request that somebody has recorded starts nothing more
// while its time holds, whatever is changed of what is not signed. That its secret was
// opened is in the audit all the same.
func TestHooksSignedOnce(t *testing.T) {
	w := newWorld(t)
	agent, cred := w.agent(), w.credential("webhook_secret", map[string]any{"secret": "signing"})
	w.link(agent, cred)
	sign := func(text string) string {
		h := hmac.New(sha256.New, []byte("signing"))
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	}
	const body = `{"pay": 1}`
	at := strconv.FormatInt(time.Now().Unix(), 10)
	slack, stripe := sign("v0:"+at+":"+body), sign(at+"."+body)
	for _, c := range []struct {
		header   string
		variants [][]string // of one signed request: the signature, and other headers
		broken   string     // the signature of a body that is not JSON
	}{
		{"X-Slack-Signature", [][]string{
			{"v0=" + slack}, {"v0=" + strings.ToUpper(slack)}, {"v0=" + slack, "Idempotency-Key", "1"}, {"v0=" + slack, "Svix-Id", "2"},
		}, "v0=" + sign("v0:"+at+":{")},
		{"Stripe-Signature", [][]string{
			{"t=" + at + ",v1=" + stripe}, {"t=" + at + ",v1=00,v1=" + stripe}, {"t=" + at + ",v1=" + stripe, "Webhook-Id", "3"},
		}, "t=" + at + ",v1=" + sign(at+".{")},
	} {
		t.Run(c.header, func(t *testing.T) {
			w := w.in(t)
			wf, publication := w.published(agent, webhookDocument(`{"auth": {"type": "hmac_sha256", "header": "`+c.header+`", "credential": "`+cred+`"}}`, "#x"))
			send := func(body, signature string, more ...string) response {
				return w.hook(hookPath(publication.text("/webhook_url")), body, append([]string{
					c.header, signature, "X-Slack-Request-Timestamp", at, "Content-Type", "application/json",
				}, more...)...)
			}
			first := send(body, c.variants[0][0]).want(http.StatusAccepted).text("/id")
			for _, v := range c.variants {
				if id := send(body, v[0], v[1:]...).want(http.StatusAccepted).text("/id"); id != first {
					t.Errorf("with %q it started another execution", v)
				}
			}
			send("{", c.broken).wantProblem(http.StatusBadRequest, "bad_request")
			if err := w.cfg.Audit.(audit.Counter).NoteCounts(t.Context(), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			entries, err := w.cfg.Audit.Audit(t.Context(), "acc_own", audit.Filter{Actor: "trigger:" + wf}, page.Query{})
			if err != nil {
				t.Fatal(err)
			}
			var openings int64
			for _, e := range entries.Items {
				if e.Action == audit.OpenCredential && e.Resource == cred {
					openings += max(e.Count, 1)
				}
			}
			if want := int64(1 + len(c.variants) + 1); openings != want {
				t.Errorf("the audit has %d openings, want %d: %+v", openings, want, entries.Items)
			}
		})
	}
}

func TestHooks(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	id, publication := w.published(agent, webhookDocument(`{"respond": "when_finished"}`, "#x"))
	path := hookPath(publication.text("/webhook_url"))

	t.Run("SeesTheRequest", func(t *testing.T) {
		w.in(t).hook(path+"?from=shop", "name=Ada", "Content-Type", "application/x-www-form-urlencoded", "X-Agent", "curl").want(http.StatusOK).
			wantAt("/hello", `"Ada"`).wantAt("/method", `"POST"`).wantAt("/from", `"shop"`).wantAt("/agent", `"curl"`)
	})
	t.Run("TheOutputIsTheBody", func(t *testing.T) {
		w := w.in(t)
		_, publication := w.published(agent, posting(cred, "#x"))
		if got := w.hook(hookPath(publication.text("/webhook_url")), `{}`).want(http.StatusOK); strings.TrimSpace(string(got.body)) != `"1700000000.1"` {
			t.Errorf("body = %s", got.body)
		}
	})
	t.Run("ErrExecutionFailed", func(t *testing.T) {
		w := w.in(t)
		_, publication := w.published(agent, posting(cred, "#closed"))
		failed := w.hook(hookPath(publication.text("/webhook_url")), `{}`).wantProblem(http.StatusBadGateway, "execution_failed").
			wantAt("/error/name", `"Connector.AuthFailed"`).wantAt("/error/node", `"post"`)
		w.get("/v1/executions/"+failed.text("/execution")).want(http.StatusOK).wantAt("/status", `"failed"`)
	})
	t.Run("StoppedMeanwhile", func(t *testing.T) {
		w := w.in(t)
		wf, publication := w.published(agent, posting(cred, "#hold"))
		answered := make(chan response)
		go func() { answered <- w.hook(hookPath(publication.text("/webhook_url")), `{}`) }()
		<-w.chat.held
		exe := w.get("/v1/workflows/" + wf + "/executions?status=running").want(http.StatusOK).text("/items/0/id")
		w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK)
		(<-answered).wantProblem(http.StatusBadGateway, "execution_failed").wantAt("/execution", `"`+exe+`"`)
	})
	t.Run("IdempotencyKey", func(t *testing.T) {
		w := w.in(t)
		_, publication := w.published(agent, webhookDocument(`{}`, "#x"))
		path := hookPath(publication.text("/webhook_url"))
		first := w.hook(path, `{"name": "Ada"}`, "Idempotency-Key", "evt_1").want(http.StatusAccepted).text("/id")
		second := w.hook(path, `{"name": "Ada"}`, "Idempotency-Key", "evt_1").want(http.StatusAccepted).text("/id")
		if first != second {
			t.Errorf("one event started %s and %s", first, second)
		}
		w.ended(first)
		w.hook(path, `{"name": "Ada"}`, "Idempotency-Key", strings.Repeat("k", 256)).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/header/Idempotency-Key")
	})
	t.Run("DeliveredTwice", func(t *testing.T) {
		w := w.in(t)
		wf, publication := w.published(agent, webhookDocument(`{"respond": "when_finished"}`, "#x"))
		path := hookPath(publication.text("/webhook_url"))
		for range 3 {
			w.hook(path, `{"name": "Ada"}`, "X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958").want(http.StatusOK).wantAt("/hello", `"Ada"`)
		}
		w.hook(path, `{"name": "Ada"}`, "X-GitHub-Delivery", "another").want(http.StatusOK)
		w.get("/v1/workflows/"+wf+"/executions").want(http.StatusOK).wantAt("/items/2", "").wantAt("/items/1/status", `"succeeded"`)
	})
	t.Run("StartedByHand", func(t *testing.T) {
		w := w.in(t)
		w.ended(w.post("/v1/workflows/"+id+"/executions", `{"input": {"name": "Eve"}}`).want(http.StatusAccepted).text("/id")).
			wantAt("/output/hello", `"Eve"`).wantAt("/input/body", `{"name":"Eve"}`)
	})
	t.Run("ErrMethod", func(t *testing.T) {
		w := w.in(t)
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			got := w.do(request{method: method, path: path, token: "-"}).wantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
			if allow := got.header.Get("Allow"); allow != "POST" {
				t.Errorf("%s: Allow = %q", method, allow)
			}
		}
	})
	t.Run("ErrBody", func(t *testing.T) {
		w := w.in(t)
		w.hook(path, `{"name": `).wantProblem(http.StatusBadRequest, "bad_request")
		w.hook(path, `{"list": [{"a": -1e400}]}`).wantProblem(http.StatusBadRequest, "bad_request")
		w.hook(path, strings.Repeat("x", 5<<20+1), "Content-Type", "text/plain").wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		w.hook(path, "\xff\xfe", "Content-Type", "image/png").wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	})
	t.Run("ErrNothingThere", func(t *testing.T) {
		w := w.in(t)
		w.hook("/hooks/none", `{}`).wantProblem(http.StatusNotFound, "not_found")
		w.hook("/hooks/", `{}`).wantProblem(http.StatusNotFound, "not_found")
		w.hook(path+"/more", `{}`).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("ErrUnpublished", func(t *testing.T) {
		w := w.in(t)
		wf, publication := w.published(agent, webhookDocument(`{}`, "#x"))
		w.post("/v1/workflows/"+wf+"/unpublish", nil).want(http.StatusOK)
		w.hook(hookPath(publication.text("/webhook_url")), `{}`).wantProblem(http.StatusNotFound, "not_found")
	})
	if strings.Contains(w.log.String(), strings.TrimPrefix(path, "/hooks/")) {
		t.Error("the log holds the URL's secret")
	}
}

func TestHookThatTakesTooLong(t *testing.T) {
	w := newWorld(t, func(c *httpapi.Config) { c.Hooks.MaxWait = 50 * time.Millisecond })
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	_, publication := w.published(agent, posting(cred, "#hold"))
	exe := w.hook(hookPath(publication.text("/webhook_url")), `{}`).want(http.StatusAccepted).text("/id")
	w.get("/v1/executions/"+exe).want(http.StatusOK).wantAt("/status", `"running"`)
	w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK)
}

// TestNoDeadlineIsLeft holds that the limit on reading a body does not cut off who
// then waits for the answer.
func TestNoDeadlineIsLeft(t *testing.T) {
	w := newWorld(t)
	_, publication := w.published(w.agent(), webhookDocument(`{"respond": "when_finished"}`, "#x"))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, hookPath(publication.text("/webhook_url")), strings.NewReader(`{"name": "Ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	conn := &connection{header: http.Header{}}
	w.handler.ServeHTTP(conn, r)
	if len(conn.deadlines) < 2 || conn.deadlines[0].IsZero() || !conn.deadlines[len(conn.deadlines)-1].IsZero() {
		t.Errorf("deadlines for reading: %v; want one, and none at the end", conn.deadlines)
	}
}

// connection is a ResponseWriter that notes deadlines.
type connection struct {
	header    http.Header
	deadlines []time.Time
}

func (c *connection) Header() http.Header         { return c.header }
func (c *connection) Write(b []byte) (int, error) { return len(b), nil }
func (c *connection) WriteHeader(int)             {}
func (c *connection) SetReadDeadline(t time.Time) error {
	c.deadlines = append(c.deadlines, t)
	return nil
}
