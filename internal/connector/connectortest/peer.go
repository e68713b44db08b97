package connectortest

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// StartPeer starts another implementation's server and waits until a line of its
// output, or of its errors where that is what it logs to, says that it is ready. It ends
// with the test.
func StartPeer(t testing.TB, server *exec.Cmd, logsErrors bool, ready func(line string) bool) {
	t.Helper()
	pipe := server.StdoutPipe
	if logsErrors {
		pipe = server.StderrPipe
	}
	said, err := pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	var log strings.Builder
	for lines := bufio.NewScanner(said); lines.Scan(); {
		fmt.Fprintln(&log, lines.Text())
		if ready(lines.Text()) {
			go func() {
				for lines.Scan() { // so that it never waits for who reads its log
				}
			}()
			return
		}
	}
	t.Fatalf("%s did not start:\n%s", server.Path, log.String())
}
