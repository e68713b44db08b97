package infra_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
			environment, _ := template.Resources[id].Properties["Environment"].(map[string]any)
			variables, _ := environment["Variables"].(map[string]any)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(reads)), slices.Sorted(maps.Keys(variables))); diff != "" {
				t.Errorf("the code of %s reads (-), and template.yaml sets (+):\n%s", name, diff)
			}
		})
	}
}
