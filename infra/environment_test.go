package infra_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/task"
)

const host = "(*switchboard/internal/lambdahost.Host)."

// TestEnvironment compares the settings that each function's code reads with those
// that the template gives it: one that is missing keeps the function from starting,
// and one that is not read is a mistake in somebody's idea of the function.
func TestEnvironment(t *testing.T) {
	template, programs := deployment(t), program(t)
	for name, id := range functions(t, template) {
		t.Run(name, func(t *testing.T) {
			reached, err := programs.From("switchboard/functions/" + folder(name))
			if err != nil {
				t.Fatal(err)
			}
			reads := map[string]bool{}
			for _, setting := range slices.Concat(reached.Texts[host+"Setting"], reached.Texts[host+"Optional"]) {
				if strings.HasPrefix(setting, "SWITCHBOARD_") {
					reads[setting] = true
				}
			}
			for _, provider := range apps(t, name) {
				reads[task.AppVariable(provider, "ID")] = true // by a name that is made from the provider's
			}
			environment, _ := template.Resources[id].Properties["Environment"].(map[string]any)
			variables, _ := environment["Variables"].(map[string]any)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(reads)), slices.Sorted(maps.Keys(variables))); diff != "" {
				t.Errorf("the code of %s reads (-), and template.yaml sets (+):\n%s", name, diff)
			}
		})
	}
}

// apps are the providers of whose apps a function knows the client id: the catalog
// says which there are, and a connector uses that of its credentials.
func apps(t testing.TB, function string) []string {
	t.Helper()
	var providers []string
	for _, con := range connectors(t) {
		for _, credentialType := range con.CredentialTypes {
			if o := credentialType.OAuth; o != nil && o.App != "" && (function == "catalog" || function == "connector-"+con.Name) {
				providers = append(providers, o.App)
			}
		}
	}
	return providers
}
