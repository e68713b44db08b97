package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/hook"
	"switchboard/internal/httpapi"
)

// TestRefusedWebhooks: who is refused at a webhook is in the audit at once, and however
// often it happens, it does not fill it.
func TestRefusedWebhooks(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("webhook_secret", map[string]any{"secret": "whsec-canary-auth"})
	w.link(agent, cred)
	for _, c := range []struct{ name, auth, reason string }{
		{"Token", `{"type": "token", "header": "X-Key", "credential": "` + cred + `"}`, "token"},
		{"Basic", `{"type": "basic", "credential": "` + cred + `"}`, "password"},
		{"HMAC", `{"type": "hmac_sha256", "header": "X-Signature", "credential": "` + cred + `"}`, "signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.in(t)
			wf, publication := w.published(agent, webhookDocument(`{"auth": `+c.auth+`}`, "#x"))
			path := hookPath(publication.text("/webhook_url"))
			audited := func() response { return w.get("/v1/audit?resource=" + wf).want(http.StatusOK) }

			w.hook(path, `{}`).wantProblem(http.StatusUnauthorized, "unauthorized")
			audited().wantAt("/items/0/action", `"webhook.refuse"`).wantAt("/items/0/actor", `"anonymous"`).
				wantAt("/items/0/reason", `"`+c.reason+`"`).wantAt("/items/0/count", "1").wantAt("/items/0/agent", `"`+agent+`"`)

			for range 20 {
				w.hook(path, `{}`).wantProblem(http.StatusUnauthorized, "unauthorized")
			}
			audited().wantAt("/items/1/action", `"workflow.publish"`)
			counter, _ := w.cfg.Audit.(audit.Counter)
			if err := counter.NoteCounts(t.Context(), time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			audited().wantAt("/items/0/action", `"webhook.refuse"`).wantAt("/items/0/count", "20").wantAt("/items/0/reason", `"`+c.reason+`"`).
				wantAt("/items/1/count", "1").wantAt("/items/2/action", `"workflow.publish"`)
		})
	}
}

// fullDisk counts nothing.
type fullDisk struct{ audit.Counter }

func (fullDisk) Count(context.Context, audit.Entry) error {
	return errors.New("no space left on device")
}

// TestRefusedThoughNotCounted: whoever does not prove who they are hears that, and not
// that it could not be counted; the log has it.
func TestRefusedThoughNotCounted(t *testing.T) {
	w := newWorld(t, func(c *httpapi.Config) {
		full := c.Hooks.Config
		full.Counts = fullDisk{}
		c.Hooks = hook.NewService(full)
	})
	const secret, wrong = "whsec-canary-full", "guess-canary-full"
	agent := w.agent()
	cred := w.credential("webhook_secret", map[string]any{"secret": secret})
	w.link(agent, cred)
	wf, publication := w.published(agent, webhookDocument(`{"auth": {"type": "token", "header": "X-Key", "credential": "`+cred+`"}}`, "#x"))
	path := hookPath(publication.text("/webhook_url"))

	w.hook(path, `{}`, "X-Key", wrong).wantProblem(http.StatusUnauthorized, "unauthorized")
	w.hook(path, `{}`, "X-Key", secret).want(http.StatusAccepted)
	log := w.log.String()
	for _, want := range []string{"counting a request that started nothing", "no space left on device", wf} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not tell of %q", want)
		}
	}
	for _, never := range []string{secret, wrong, path} {
		if strings.Contains(log, never) {
			t.Errorf("the log has %q", never)
		}
	}
}
