package main

import (
	"testing"

	"switchboard/functions/console/ui"
)

// TestSignIn: with an issuer of tokens, people sign in to the console there; without
// one there is the token alone.
func TestSignIn(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want ui.SignIn
	}{
		{"TokenAlone", nil, ui.SignIn{}},
		{
			"Issuer", []string{"-jwt-issuer", "https://login.example.com", "-jwt-audience", "console"},
			ui.SignIn{Issuer: "https://login.example.com", ClientID: "console", Scope: "openid email"},
		},
		{
			"TokensElsewhere", []string{"-jwt-issuer", "https://login.example.com", "-jwt-audience", "console", "-jwt-token-origin", "https://tokens.example.com"},
			ui.SignIn{Issuer: "https://login.example.com", ClientID: "console", Scope: "openid email", TokenOrigin: "https://tokens.example.com"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := parse(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.signIn(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
