package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/httpapi"
)

func TestReady(t *testing.T) {
	broken := false
	w := newWorld(t, func(c *httpapi.Config) {
		c.Checks = []httpapi.Check{
			{Name: "store", Run: func(context.Context) error {
				if broken {
					return fault.New(fault.StorageFull, "The disk is full.").Because(errors.New("/secret/path: ENOSPC"))
				}
				return nil
			}},
			{Name: "vault", Run: func(context.Context) error { return nil }},
		}
	})
	w.do(request{method: http.MethodGet, path: "/readyz", token: "-"}).want(http.StatusOK).
		wantAt("/status", `"ok"`).wantAt("/parts/store/status", `"ok"`).wantAt("/parts/vault/status", `"ok"`)
	broken = true
	got := w.do(request{method: http.MethodGet, path: "/readyz", token: "-"}).want(http.StatusServiceUnavailable).
		wantAt("/status", `"failing"`).wantAt("/parts/store/problem", `"The disk is full."`).wantAt("/parts/vault/status", `"ok"`)
	if strings.Contains(string(got.body), "ENOSPC") || !strings.Contains(w.log.String(), "ENOSPC") {
		t.Error("the cause is for the log, and for it alone")
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t, func(c *httpapi.Config) {
		c.Metrics = func(to io.Writer) error {
			_, err := io.WriteString(to, "switchboard_test 1\n")
			return err
		}
	})
	if got := w.get("/metrics").want(http.StatusOK); string(got.body) != "switchboard_test 1\n" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("metrics: %s %q", got.header.Get("Content-Type"), got.body)
	}
	w.do(request{method: http.MethodGet, path: "/metrics", token: "-"}).wantProblem(http.StatusUnauthorized, "unauthorized")
	w.do(request{method: http.MethodGet, path: "/metrics", token: roleToken + string(account.Editor)}).wantProblem(http.StatusForbidden, "forbidden")
	newWorld(t).get("/metrics").wantProblem(http.StatusNotFound, "not_found")
}

func TestUsageErrors(t *testing.T) {
	w := newWorld(t)
	for query, pointer := range map[string]string{
		"from=yesterday": "/query/from", "to=2026-13-01": "/query/to", "from=2026-03-02&to=2026-03-01": "/query/from",
		"from=2020-01-01&to=2026-01-01": "/query/from", "by=week": "/query/by",
	} {
		w.get("/v1/usage?"+query).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantAt("/errors/0/pointer", `"`+pointer+`"`)
	}
	w.get("/v1/usage?from=2026-01-01&to=2026-01-31").want(http.StatusOK).wantAt("/from", `"2026-01-01"`).wantAt("/to", `"2026-01-31"`).wantAt("/counts", `[]`)
}
