package functions_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// bootstraps are the functions, built as they are deployed but for this machine.
var bootstraps = sync.OnceValues(func() (string, error) { return build(runtime.GOOS, runtime.GOARCH) })

// build builds all functions into a folder of the user's cache, and gives it. What has
// not changed since the last time is not built again.
func build(system, architecture string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	name := fnv.New64a() // a folder for each checkout
	_, _ = name.Write([]byte(here))
	folder := filepath.Join(cache, "switchboard", fmt.Sprintf("functions-%x", name.Sum64()), system+"-"+architecture)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", folder + string(filepath.Separator)}, packages(here)...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+system, "GOARCH="+architecture)
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the functions: %w\n%s", err, said)
	}
	return folder, nil
}

// packages lists the folders of functions, from the folder of all of them.
func packages(here string) []string {
	var found []string
	for _, pattern := range []string{"*/main.go", "connectors/*/main.go"} {
		mains, _ := filepath.Glob(filepath.Join(here, pattern)) // the pattern is well formed
		for _, main := range mains {
			folder, err := filepath.Rel(here, filepath.Dir(main))
			if err == nil {
				found = append(found, "./"+filepath.ToSlash(folder))
			}
		}
	}
	return found
}

// names lists the functions: agents, connectors/slack.
func names(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, folder := range packages(".") {
		all = append(all, strings.TrimPrefix(folder, "./"))
	}
	if len(all) == 0 {
		t.Fatal("there are no functions")
	}
	return all
}

func bootstrap(t testing.TB, function string) string {
	t.Helper()
	folder, err := bootstraps()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, filepath.Base(function))
}
