//go:build linux

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk gives a folder on a file system of its own.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("switchboard", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=700", megabytes)); err != nil {
		t.Skipf("a small disk cannot be made here, which takes the rights of root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all the room on the disk of a folder but for so many bytes, and gives
// the file that does.
func fill(t *testing.T, dir string, left int64) string {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "filler")
	if err := os.WriteFile(name, make([]byte, int64(disk.Bavail)*disk.Bsize-left), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFullDisk fills the disk while executions run. Callers are told so, what was
// acknowledged can be read meanwhile, and once there is room all of it goes on,
// without a restart, and each call is made once.
func TestFullDisk(t *testing.T) {
	service := &stub{calls: map[string]int{}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	data := smallDisk(t, 32)
	p := start(t, data)
	m := drawing{server.URL, "execution.id"}
	workflow := p.publish(t, node{
		"name": "Ask between", "trigger": node{"type": "manual"},
		"nodes": []any{
			m.post("before", "before"), node{"id": "ask", "type": "approval", "config": node{"message": "Go on?", "timeout_seconds": 600}}, m.post("after", "after"),
		},
		"edges": edges([2]string{"trigger", "before"}, [2]string{"before", "ask"}, [2]string{"ask.approved", "after"}),
	})
	start := func(ctx context.Context, n int) (id string, status int, problem map[string]any) {
		var x made
		status, _ = p.send(ctx, request{
			method: "POST", path: "/v1/workflows/" + workflow + "/executions", answer: &x, problem: &problem,
			body: node{"input": node{"text": strings.Repeat("x", 50_000)}, "idempotency_key": fmt.Sprint("start ", n)},
		})
		return x.ID, status, problem
	}
	var acknowledged []string
	begin := func(n int) (full bool) {
		id, status, problem := start(t.Context(), n)
		switch status {
		case http.StatusAccepted:
			acknowledged = append(acknowledged, id)
		case http.StatusInsufficientStorage:
			if problem["code"] != "storage_full" || problem["hint"] == nil {
				t.Fatalf("a start on a full disk gave %v", problem)
			}
			return true
		default:
			t.Fatalf("a start gave %d, %v", status, problem)
		}
		return false
	}
	for n := range 10 {
		if begin(n) {
			t.Fatal("the disk is full already")
		}
	}
	filler := fill(t, data, 1<<20)
	full := 0
	for n := 10; n < 1000 && full < 3; n++ {
		if begin(n) {
			full++
		}
	}
	if full == 0 || len(acknowledged) < 11 {
		t.Fatalf("after %d executions, the disk was full for %d", len(acknowledged), full)
	}
	for _, id := range acknowledged {
		var x execution
		p.must(t, "GET", "/v1/executions/"+id, nil, &x)
		if x.Status != "running" {
			t.Errorf("%s is %s while the disk is full", id, ending(x))
		}
	}
	if status, err := p.call(t.Context(), "GET", "/readyz", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("a full stack says that it is ready: %d, %v", status, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p.until(t, func(ctx context.Context) bool {
		id, status, problem := start(ctx, 1000)
		if status == http.StatusAccepted {
			acknowledged = append(acknowledged, id)
		} else if status != http.StatusInsufficientStorage && status != http.StatusServiceUnavailable {
			t.Fatalf("a start while it comes back gave %d, %v", status, problem)
		}
		return status == http.StatusAccepted
	})
	endings := map[string]int{}
	for _, id := range acknowledged {
		var x view
		p.until(t, func(ctx context.Context) bool {
			_, err := p.call(ctx, "GET", "/v1/executions/"+id, nil, &x)
			if err != nil || x.Status != "running" || len(x.Nodes) < 2 {
				return err == nil && x.Status != "running"
			}
			_, link, asks := strings.Cut(x.Nodes[1].ApprovalURL, "/approvals/")
			if asks {
				_, _ = p.call(ctx, "POST", "/approvals/"+link, node{"decision": "approved"}, nil)
			}
			return false
		})
		got := ending(p.await(t, id))
		endings[got]++
		if got != "succeeded" && got != "failed Connector.Uncertain" { // its outcome did not come to the disk
			t.Errorf("%s ended as %s", id, got)
		}
		for _, call := range []string{"before " + id, "after " + id} {
			if n := service.count(call); n > 1 || n == 0 && got == "succeeded" {
				t.Errorf("%s is %s, and %q was called %d times", id, got, call, n)
			}
		}
	}
	t.Logf("%d executions: %v", len(acknowledged), endings)
	if endings["succeeded"] < 10 {
		t.Errorf("only %v went on", endings)
	}
	if all := p.executions(t, workflow); len(all) != len(acknowledged) {
		t.Errorf("there are %d executions, %d were acknowledged", len(all), len(acknowledged))
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.stderr)
	}
	if out, err := exec.Command(binary, "audit", "verify", "-data", data).CombinedOutput(); err != nil {
		t.Errorf("checking the audit: %v\n%s", err, out)
	}
}
