package functions_test

import (
	"cmp"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// initial is what the packages of a connector's function may allocate before main runs, in
// KiB. hello-world allocates 39, and most connectors 95. With the SDK's clients of DynamoDB
// and KMS slack had 1341. What is made at the start is made at every start, needed or not;
// see sync.OnceValue.
const initial = 140

// initially are the connectors that may allocate more, in KiB: letters are written with
// golang.org/x/net/html, which fills the tables of HTML's names, 110, at once.
var initially = map[string]int{"connectors/gmail": 235, "connectors/smtp": 235}

// traced is a line of what GODEBUG=inittrace=1 writes.
var traced = regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes, \d+ allocs$`)

// TestInit holds connectors to that. Bytes are counted because they are the same every
// time, which milliseconds are not.
func TestInit(t *testing.T) {
	for _, function := range names(t) {
		if !strings.HasPrefix(function, "connectors/") {
			continue
		}
		cmd := exec.CommandContext(t.Context(), bootstrap(t, function))
		cmd.Env = []string{"GODEBUG=inittrace=1"} // without settings it ends after main has begun
		said, _ := cmd.CombinedOutput()
		total := 0
		most := map[string]int{}
		for _, line := range traced.FindAllSubmatch(said, -1) {
			bytes, err := strconv.Atoi(string(line[2]))
			if err != nil {
				t.Fatal(err)
			}
			most[string(line[1])] = bytes
			total += bytes
		}
		if _, ok := most["net/http"]; !ok {
			t.Fatalf("%s did not say what it began with: %s", function, said)
		}
		t.Logf("%s: %d KiB", function, total>>10)
		if total > cmp.Or(initially[function], initial)<<10 {
			largest := slices.SortedFunc(maps.Keys(most), func(a, b string) int { return most[b] - most[a] })
			t.Errorf("%s allocates %d KiB before main; %s the most", function, total>>10, strings.Join(largest[:3], ", "))
		}
	}
}

// BenchmarkStart measures from the start of the process to its first answer, of
// functions that make no call to AWS on that way, and of the least function there can
// be: the median, and how many times that of the least it is. Ours may take one and a
// half times as long. They take turns, so that what else the machine does meets all.
func BenchmarkStart(b *testing.B) {
	hello := filepath.Join(b.TempDir(), "hello")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", hello, "./testdata/hello")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	settings := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_LAMBDA_FUNCTION_NAME": "bench",
		"SWITCHBOARD_TABLE": "t", "SWITCHBOARD_KMS_KEY": "k", "SWITCHBOARD_PUBLIC_URL": "https://api.example.com",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", // a call would be seen as an error in the log
	}
	functions := []struct{ name, path string }{
		{"hello", hello}, {"connector", bootstrap(b, "connectors/slack")}, {"largest_connector", bootstrap(b, "connectors/smtp")}, {"api", bootstrap(b, "agents")},
	}
	took := make([][]time.Duration, len(functions))
	for b.Loop() {
		for n, function := range functions {
			s := startSandbox(b, function.path, settings)
			if _, _, err := s.invoke(b.Context(), []byte(`{}`), patience); err != nil {
				b.Fatal(err)
			}
			took[n] = append(took[n], time.Since(s.started))
			s.stop() // which may take seconds, and is not measured
		}
	}
	var least float64
	for n, function := range functions {
		slices.Sort(took[n])
		median := took[n][len(took[n])/2].Seconds() * 1000
		b.ReportMetric(median, "ms:"+function.name)
		if n == 0 {
			least = median
			continue
		}
		b.ReportMetric(median/least, "x:"+function.name)
	}
}
