package infra_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSignIn holds the user pool's client to the console, which signs people in by the
// code flow without a secret, comes back to / of its own address, and asks for what the
// client allows at the pool's token endpoint.
func TestSignIn(t *testing.T) {
	template := deployment(t)
	client := template.Resources["UserPoolClient"].Properties
	sub := func(text string) any { return map[string]any{"Fn::Sub": text} }
	home := []any{map[string]any{"Fn::If": []any{"HasDomain", sub("https://${DomainName}/"), sub("${Api.ApiEndpoint}/")}}}
	for name, want := range map[string]any{
		"GenerateSecret": false, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []any{"code"}, "AllowedOAuthScopes": []any{"openid"},
		"CallbackURLs": home, "LogoutURLs": home, "ReadAttributes": []any{"email", "email_verified", "custom:account", "custom:role"},
	} {
		if diff := cmp.Diff(want, client[name]); diff != "" {
			t.Errorf("%s of the client: %s", name, diff)
		}
	}
	environment, _ := template.Resources["Console"].Properties["Environment"].(map[string]any)
	variables, _ := environment["Variables"].(map[string]any)
	for name, want := range map[string]any{
		"SWITCHBOARD_SIGN_IN_SCOPE": "openid",
		"SWITCHBOARD_TOKEN_ORIGIN":  sub("https://${UserPoolDomain}.auth.${AWS::Region}.amazoncognito.com"),
	} {
		branches, _ := variables[name].(map[string]any)
		parts, _ := branches["Fn::If"].([]any)
		if len(parts) != 3 || parts[0] != "HasUserPool" {
			t.Errorf("%s does not depend on the pool", name)
		} else if diff := cmp.Diff(want, parts[1]); diff != "" {
			t.Errorf("%s with a pool: %s", name, diff)
		}
	}
	// The tokens that the console gets are those that the API takes.
	authorizer, _ := template.Resources["AuthorizerFunction"].Properties["Environment"].(map[string]any)
	takes, _ := authorizer["Variables"].(map[string]any)
	for _, name := range []string{"SWITCHBOARD_JWT_ISSUER", "SWITCHBOARD_JWT_AUDIENCE"} {
		if diff := cmp.Diff(takes[name], variables[name]); takes[name] == nil || diff != "" {
			t.Errorf("%s of authorizer (-) and console (+): %s", name, diff)
		}
	}
}
