package httpapi_test

import (
	"net/http"
	"testing"

	"switchboard/internal/account"
)

// TestMe holds that a caller is told the account, the role and the agent of their own
// token, whatever the role.
func TestMe(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	for _, role := range account.Roles() {
		got := w.do(request{method: http.MethodGet, path: "/v1/me", token: roleToken + string(role)}).want(http.StatusOK)
		got.wantAt("/role", `"`+string(role)+`"`).wantAt("/agent_id", "")
		if got.text("/account") == "" || got.text("/actor") == "" {
			t.Errorf("me = %s, want the account and the actor in it", got.body)
		}
	}
	w.do(request{method: http.MethodGet, path: "/v1/me", token: roleToken + "viewer@" + agent}).want(http.StatusOK).wantAt("/agent_id", `"`+agent+`"`)
	w.do(request{method: http.MethodGet, path: "/v1/me", token: roleToken}).wantProblem(http.StatusForbidden, "forbidden")
}
