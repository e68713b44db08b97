package functions_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

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
