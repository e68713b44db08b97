package login_test

import (
	"context"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/login"
)

// says gives the same claims for every token.
type says login.Claims

func (s says) Verify(context.Context, string) (login.Claims, error) { return login.Claims(s), nil }

func TestAuthenticate(t *testing.T) {
	longest := strings.Repeat("s", 255) // of a subject, by OpenID Connect Core 1.0, 2
	for name, tt := range map[string]struct {
		claims login.Claims
		only   string // the account that there is
		want   account.Principal
	}{
		"OK":              {login.Claims{Account: "acc_1", Subject: "ada", Role: "editor"}, "", account.Principal{Account: "acc_1", Actor: "user:ada", Role: account.Editor}},
		"OKNoAccount":     {login.Claims{Subject: "ada", Role: "editor"}, "acc_1", account.Principal{Account: "acc_1", Actor: "user:ada", Role: account.Editor}},
		"OKLongSubject":   {login.Claims{Account: "acc_1", Subject: longest, Role: "editor"}, "", account.Principal{Account: "acc_1", Actor: "user:" + longest, Role: account.Editor}},
		"ErrLongSubject":  {claims: login.Claims{Account: "acc_1", Subject: longest + "s", Role: "editor"}},
		"ErrNoSubject":    {claims: login.Claims{Account: "acc_1", Role: "editor"}},
		"ErrNoAccount":    {claims: login.Claims{Subject: "ada", Role: "editor"}},
		"ErrOtherAccount": {claims: login.Claims{Account: "acc_2", Subject: "ada", Role: "editor"}, only: "acc_1"},
		"ErrOddAccount":   {claims: login.Claims{Account: "acc/1", Subject: "ada", Role: "editor"}},
		"ErrLongAccount":  {claims: login.Claims{Account: strings.Repeat("a", 41), Subject: "ada", Role: "editor"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&login.Service{Tokens: says(tt.claims), Account: tt.only}).Authenticate(t.Context(), "token")
			if tt.want.Account == "" && !fault.Is(err, fault.Unauthorized) || tt.want.Account != "" && err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
