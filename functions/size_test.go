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

// The size of a connector's function, in MiB: what it should not exceed, and what it
// may because of what all connectors have in common.
const (
	wantedSize = 7.5
	commonSize = 8.75
	commonWhy  = "5.6 are Go's runtime, HTTP, TLS and Lambda's library; the SDK's clients of DynamoDB and KMS, " +
		"with the schemas of all their calls, are 2.2, and are what signs, retries and tells errors apart"
)

// larger are the connectors that need more than others, how much, and why.
var larger = map[string]struct {
	size float64
	why  string
}{
	"smtp": {9.5, "go-mail writes letters with the standard library's templates, which keep every method of every type"},
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
		limit, why := commonSize, commonWhy
		if l, ok := larger[name]; ok && size > commonSize {
			limit, why = l.size, l.why
			delete(unused, name)
		}
		if size > limit {
			t.Errorf("%s has %.2f MiB, more than the %.2f that it may have (wanted are %.1f; %s)", function, size, limit, wantedSize, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is no longer larger than others; take its exception away", name)
	}
	_, _ = fmt.Fprint(t.Output(), table)
}
