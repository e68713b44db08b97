package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/functions/console/ui"
)

// rootContext is for what tests share, and therefore outlives each of them.
var rootContext = context.Background()

// TestFunctionsReproduce builds functions as sam does: in this checkout with the cache
// that is there, and in a copy of the source elsewhere with an empty one. Whoever builds
// the same source gets the same bytes, and a function of which nothing changed is not
// deployed again.
func TestFunctionsReproduce(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: building with an empty cache takes a minute")
	}
	elsewhere := filepath.Join(t.TempDir(), "somewhere else")
	copySource(t, elsewhere)
	empty := filepath.Join(t.TempDir(), "cache")
	for _, function := range []string{"connectors/slack", "events"} {
		t.Run(function, func(t *testing.T) {
			here := makeFunction(t, root, function)
			there := makeFunction(t, elsewhere, function, "GOCACHE="+empty, "GOGC=400") // which takes less time, and makes the same
			if sha256.Sum256(here) != sha256.Sum256(there) {
				t.Errorf("two builds of the same source differ: %d and %d bytes", len(here), len(there))
			}
			if bytes.Contains(there, []byte(elsewhere)) {
				t.Error("the program names the folder that it was built in")
			}
		})
	}
}

// makeFunction makes a function by the rule that sam calls, and gives its program.
func makeFunction(t *testing.T, checkout, function string, environment ...string) []byte {
	t.Helper()
	rules, err := filepath.Abs(filepath.Join(checkout, "functions", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "make", "--makefile", rules, "build-Function", "ARTIFACTS_DIR="+out)
	cmd.Dir = filepath.Join(checkout, "functions", filepath.FromSlash(function))
	cmd.Env = append(append(os.Environ(), "GOFLAGS="), environment...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	program, err := os.ReadFile(filepath.Join(out, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// copySource copies what git knows or would add, and nothing of git itself.
func copySource(t *testing.T, to string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	names, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConsole builds the console twice, in different folders, one of them that of the
// console's own tests, where the same source may have been built before, and compares the files,
// and then the packages that the build tool says it put into them with the bill. Where sam has
// built just now, into the folder SWITCHBOARD_BUILT, its build is the other one.
func TestConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: building the console twice takes half a minute")
	}
	first := pages(t, filepath.Join(root, "functions", "console", "ui", "dist"))
	var second map[string][]byte
	if folder := os.Getenv("SWITCHBOARD_BUILT"); folder != "" {
		second = filesOf(t, os.DirFS(filepath.Join(folder, "Console", "ui")))
	} else {
		second = pages(t, t.TempDir())
	}
	if len(first) != len(second) {
		t.Errorf("one build has %d files, the other %d", len(first), len(second))
	}
	for name, content := range first {
		if !bytes.Equal(content, second[name]) {
			t.Errorf("two builds of the same source differ in %s", name)
		}
	}

	var bundled []struct{ Name, Version, Identifier string }
	if err := json.Unmarshal(first["licenses.json"], &bundled); err != nil || len(bundled) == 0 {
		t.Fatalf("the console does not say whose work is in it: %v", err)
	}
	bom, _ := written(t)
	listed := map[string]string{} // the licence by "name@version" of what is in the pages
	inPages := contents(bom, console)
	for _, c := range *bom.Components {
		for _, ref := range inPages {
			if c.BOMRef == ref && c.Licenses != nil && len(*c.Licenses) == 1 {
				listed[c.Name+"@"+c.Version] = identifier((*c.Licenses)[0])
			}
		}
	}
	for _, p := range bundled {
		if got := listed[p.Name+"@"+p.Version]; got == "" || got != p.Identifier {
			t.Errorf("the console has %s %s under %s in it, and the bill says %q", p.Name, p.Version, p.Identifier, got)
		}
	}
	for _, name := range builders {
		for listed := range listed {
			if strings.HasPrefix(listed, name+"@") {
				t.Errorf("%s is a tool, and listed as part of the pages", name)
			}
		}
	}
}

func pages(t *testing.T, cache string) map[string][]byte {
	t.Helper()
	built, err := ui.Build(t.Context(), t.Output(), cache)
	var missing *ui.NoNodeError
	if errors.As(err, &missing) && os.Getenv("SWITCHBOARD_TEST_PEERS") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filesOf(t, built)
}

func filesOf(t *testing.T, folder fs.FS) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(folder, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
