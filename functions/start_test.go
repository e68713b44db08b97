package functions_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkStart measures from the start of the process to its first answer, of
// functions that make no call to AWS on that way, and of the least function there can
// be. Ours may take one and a half times as long.
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
	}
	for _, tt := range []struct{ name, path string }{
		{"hello", hello}, {"connector", bootstrap(b, "connectors/slack")}, {"largest_connector", bootstrap(b, "connectors/smtp")}, {"api", bootstrap(b, "agents")},
	} {
		b.Run(tt.name, func(b *testing.B) {
			for b.Loop() {
				s := startSandbox(b, tt.path, settings)
				if _, _, err := s.invoke(b.Context(), []byte(`{}`), patience); err != nil {
					b.Fatal(err)
				}
				s.stop()
			}
		})
	}
}
