package command_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// root is the repository's folder, seen from this one.
var root = filepath.Join("..", "..")

// programs finds the folders of programs that people call, and not Lambda.
func programs(t *testing.T) []string {
	t.Helper()
	var found []string
	infra := os.DirFS(filepath.Join(root, "infra"))
	err := fs.WalkDir(infra, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(infra, file)
		if folder := path.Dir(file); strings.Contains("\n"+string(text), "\npackage main\n") && !slices.Contains(found, folder) {
			found = append(found, folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var listedCommand = regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) +[a-z]`)

// TestHelp asks every program, and every command of those that have some, for help:
// it is printed, names a flag, and is no error. What they do not know is one line.
func TestHelp(t *testing.T) {
	bin := t.TempDir()
	build := []string{"build", "-trimpath", "-o", bin + string(filepath.Separator)}
	all := programs(t)
	for _, name := range []string{"bench", "fuzz", "generate", "local", "sbom"} {
		if !slices.Contains(all, name) {
			t.Errorf("%s was not found", name)
		}
	}
	for _, name := range all {
		build = append(build, "./infra/"+name)
	}
	cmd := exec.CommandContext(t.Context(), "go", build...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the functions are built: what was compiled for them serves
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	commands := 0
	for _, name := range all {
		program := filepath.Join(bin, name)
		t.Run(name, func(t *testing.T) {
			said := helps(t, program)
			refuses(t, program)
			_, list, _ := strings.Cut(said, "\nCommands")
			for _, m := range listedCommand.FindAllStringSubmatch(list, -1) {
				commands++
				t.Run(m[1], func(t *testing.T) {
					helps(t, program, m[1])
					refuses(t, program, m[1])
				})
			}
		})
	}
	if commands < 6 {
		t.Errorf("%d commands were found", commands)
	}
}

func helps(t *testing.T, program string, args ...string) (said string) {
	t.Helper()
	for _, flag := range []string{"-h", "--help"} {
		stdout, stderr, err := call(t, program, append(args, flag)...)
		if err != nil || stderr != "" {
			t.Errorf("%s: %v, with %q on standard error", flag, err, stderr)
		}
		if !strings.Contains(stdout, "Usage: go run ./infra/"+strings.Join(append([]string{filepath.Base(program)}, args...), " ")) {
			t.Errorf("%s does not say how it is called:\n%s", flag, stdout)
		}
		said = stdout
	}
	return said
}

func refuses(t *testing.T, program string, args ...string) {
	t.Helper()
	for _, wrong := range []string{"-no-such-flag", "no such\nargument"} {
		if wrong[0] != '-' && len(args) > 0 {
			continue // it may be the name of a file
		}
		stdout, stderr, err := call(t, program, append(args, wrong)...)
		if err == nil || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "-h ") {
			t.Errorf("%q: %v, standard output %q, standard error %q", wrong, err, stdout, stderr)
		}
	}
}

// call runs a program where it can do no harm.
func call(t *testing.T, program string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // where it takes help for something to do
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = t.TempDir()
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}
