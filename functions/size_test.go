package functions_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// limit is what a connector's function should not exceed, in MiB. None keeps to it
// yet: with hello-world at 5.6, and task, templates and the guarded network at 1.0,
// the SDK's clients of DynamoDB and KMS take 2.1 more, with the schemas of all their
// calls. They are what signs, retries and tells errors apart, so they stay until
// clients of the four calls that a connector makes can take their place. Until then
// each has to keep to what that reason explains.
const (
	limit     = 7.5
	withoutIt = 8.95
)

// larger are the connectors that need more than others, how much, and why.
var larger = map[string]struct {
	size float64
	why  string
}{
	"smtp": {9.75, "go-mail writes letters with the standard library's templates, which keep every method of every type"},
	"mqtt": {9.25, "paho speaks MQTT, over WebSocket too"},
}

// TestSizes prints how large the functions are as they are deployed, and holds those
// of connectors to their limits. Lambda loads all of it at a cold start.
func TestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: building for arm64 takes a minute")
	}
	folder, err := build("linux", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	unused := maps.Clone(larger)
	table := "| function | MiB |\n| --- | --- |\n"
	for _, function := range names(t) {
		file, err := os.Stat(filepath.Join(folder, filepath.Base(function)))
		if err != nil {
			t.Fatal(err)
		}
		size := float64(file.Size()) / (1 << 20)
		table += fmt.Sprintf("| %s | %.2f |\n", function, size)
		name, ok := strings.CutPrefix(function, "connectors/")
		if !ok {
			continue
		}
		allowed, why := withoutIt, "the SDK's clients"
		if l, ok := larger[name]; ok && size > withoutIt {
			allowed, why = l.size, l.why
			delete(unused, name)
		}
		if size > allowed {
			t.Errorf("%s has %.2f MiB; %.1f are the limit, and %s explain no more than %.2f", function, size, limit, why, allowed)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is no longer larger than others; take its exception away", name)
	}
	_, _ = fmt.Fprint(t.Output(), table)
}
