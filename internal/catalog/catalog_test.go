package catalog_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"switchboard/internal/catalog"
)

// TestEveryConnectorIsInTheCatalog: a folder with a declaration that is not listed
// would be a connector that nobody can use.
func TestEveryConnectorIsInTheCatalog(t *testing.T) {
	offered, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, con := range offered.All() {
		names = append(names, con.Name)
	}
	declarations, err := filepath.Glob("../connector/*/icon.svg")
	if err != nil || len(declarations) == 0 {
		t.Fatalf("no connectors found: %v", err)
	}
	for _, path := range declarations {
		folder := filepath.Base(filepath.Dir(path))
		if !slices.Contains(names, folder) {
			t.Errorf("internal/connector/%s is not in the catalog", folder)
		}
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join("../connector", name)); err != nil {
			t.Errorf("the connector %s has no folder of its name", name)
		}
	}
}
