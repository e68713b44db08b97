package catalog_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/catalog"
)

var update = flag.Bool("update", false, "write the pages about the connectors")

// TestPages keeps the pages in step with the declarations.
func TestPages(t *testing.T) {
	offered, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"README.md": catalog.Index(offered)}
	for _, con := range offered.All() {
		pages[filepath.Join(con.Name, "README.md")] = catalog.Page(con)
	}
	for name, page := range pages {
		path := filepath.Join("..", "connector", name)
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; go test ./internal/catalog -update writes it", err)
			continue
		}
		if diff := cmp.Diff(string(text), page); diff != "" {
			t.Errorf("%s is not up to date (go test ./internal/catalog -update writes it):\n%s", path, diff)
		}
	}
}
