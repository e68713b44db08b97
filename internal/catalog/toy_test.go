package catalog_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAddingAConnector adds a toy to a copy of the module in the way that the
// connectors' README tells: a folder, a line in the catalog, and the pages that a
// test writes. Nothing else may have to change.
func TestAddingAConnector(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the catalog a second time, which -short leaves out")
	}
	module := copyModule(t)
	toy := filepath.Join(module, "internal", "connector", "toy")
	if err := os.CopyFS(toy, os.DirFS(filepath.Join("testdata", "toy"))); err != nil {
		t.Fatal(err)
	}

	// Without its line the connector would be one that nobody can use.
	if out, err := goTest(t, module, "./internal/catalog", "-run", "TestEveryConnectorIsInTheCatalog"); err == nil || !strings.Contains(out, "internal/connector/toy is not in the catalog") {
		t.Errorf("a folder without its line: %v\n%s", err, out)
	}

	addLine(t, filepath.Join(module, "internal", "catalog", "catalog.go"))
	if out, err := goTest(t, module, "./internal/catalog", "-run", "TestPages", "-update"); err != nil {
		t.Fatalf("writing the pages: %v\n%s", err, out)
	}
	page, err := os.ReadFile(filepath.Join(toy, "README.md"))
	if err != nil || !strings.Contains(string(page), "`toy.ring`") {
		t.Errorf("the toy's page: %v\n%s", err, page)
	}
	for _, packages := range []string{"./internal/connector/toy", "./internal/catalog", "./internal"} {
		if out, err := goTest(t, module, packages, "-short"); err != nil {
			t.Errorf("go test %s: %v\n%s", packages, err, out)
		}
	}
}

// copyModule copies what the catalog is built from.
func copyModule(t *testing.T) string {
	t.Helper()
	module := t.TempDir()
	root := filepath.Join("..", "..")
	for _, name := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join(root, name), filepath.Join(module, name))
	}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" && !strings.Contains(file, "catalog")) {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err == nil {
			copyFile(t, file, filepath.Join(module, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// addLine puts the toy at the end of the list, and imports it, as an editor does by itself.
func addLine(t *testing.T, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(source), "\n\t)\n}", "\n\t\ttoy.New(),\n\t)\n}", 1)
	text = strings.Replace(text, "\n)\n", "\n\t\"switchboard/internal/connector/toy\"\n)\n", 1)
	if strings.Count(text, "toy") != 2 {
		t.Fatalf("the line does not fit into %s any more", file)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// goTest runs tests of the copy. -trimpath and no cgo let what was compiled before, for
// the functions, serve again.
func goTest(t *testing.T, module string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-trimpath", "-count=1"}, args...)...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
