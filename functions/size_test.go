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

// limit is what a connector's function should not exceed, in MiB. None keeps to it:
// hello-world has 5.56, and slack, which is like most, 8.94. With the SDK's clients of
// DynamoDB and KMS put aside it has 7.81: the schemas of all their calls take 1.12, and
// are what signs, retries and tells errors apart. What is left above hello-world is
// many small things: by the size of their code in KiB, templates 77, regular expressions
// 88, the task with its once-only records 60, expressions 57, DynamoDB's values 61,
// logging 38, the guarded network 29, the table 29, flate 19, and what the linker writes
// about each. So smaller clients for the seven calls that a connector can make would save
// a third of what is too much, and not bring it below the limit by themselves. Until that
// is done each has to keep to what this explains. The linker aligns to 64 KiB.
const (
	limit     = 7.5
	explained = 9.1
)

// larger are the connectors that need more than others, how much, and why.
var larger = map[string]struct {
	size float64
	why  string
}{
	"gmail": {9.75, "go-mail writes letters with the standard library's templates, which keep every method of every type"},
	"smtp":  {9.8, "go-mail writes letters with the standard library's templates, which keep every method of every type"},
	"mqtt":  {9.35, "paho speaks MQTT, over WebSocket too"},
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
		allowed, why := explained, "the SDK's clients and what all connectors share"
		if l, ok := larger[name]; ok && size > explained {
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
