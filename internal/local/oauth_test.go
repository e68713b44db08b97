package local

import (
	"slices"
	"testing"

	"switchboard/internal/catalog"
)

// TestAppProviders: a provider that is not in the list could not be configured.
func TestAppProviders(t *testing.T) {
	offered, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range offered.CredentialTypes() {
		if ct, _ := offered.CredentialType(name); ct.OAuth != nil && ct.OAuth.App != "" && !slices.Contains(want, ct.OAuth.App) {
			want = append(want, ct.OAuth.App)
		}
	}
	slices.Sort(want)
	if !slices.Equal(want, appProviders) {
		t.Errorf("providers that can be configured = %v; the credential types have %v", appProviders, want)
	}
}

func TestAppsFrom(t *testing.T) {
	env := map[string]string{"SWITCHBOARD_OAUTH_GOOGLE_CLIENT_ID": "id-1", "SWITCHBOARD_OAUTH_GOOGLE_CLIENT_SECRET": "secret-1", "SWITCHBOARD_OAUTH_SALESFORCE_CLIENT_SECRET": "alone"}
	apps := AppsFrom(func(name string) string { return env[name] })
	if got := apps["google"]; len(apps) != 1 || got.ClientID != "id-1" || got.ClientSecret.Reveal() != "secret-1" {
		t.Errorf("apps = %+v", apps)
	}
}
