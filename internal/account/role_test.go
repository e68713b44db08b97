package account_test

import (
	"testing"

	"switchboard/internal/account"
)

func TestRoles(t *testing.T) {
	roles := account.Roles()
	for i, r := range roles {
		if !r.Known() {
			t.Errorf("%s is not known", r)
		}
		for j, other := range roles {
			if r.Includes(other) != (i >= j) {
				t.Errorf("%s includes %s = %t", r, other, r.Includes(other))
			}
		}
	}
	for _, none := range []account.Role{"", "root", "OWNER"} {
		if none.Known() || none.Includes(account.Viewer) || account.Owner.Includes(none) || none.Includes(none) {
			t.Errorf("%q counts as a role", none)
		}
	}
}
