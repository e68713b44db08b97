package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// command runs a command to its end.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func mustCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := command(t, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, errs)
	}
	return out
}

// guarded answers those who bring the right token, and counts all the others.
type guarded struct {
	mu              sync.Mutex
	served, refused int
}

const serviceToken = "a-token-that-the-service-knows"

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+serviceToken {
		g.refused++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.served++
	_, _ = w.Write([]byte("ok"))
}

// withCredential publishes a workflow that calls the service with a stored token.
func (p *process) withCredential(t *testing.T, service string) (workflow string) {
	t.Helper()
	var agent, credential, w made
	p.must(t, "POST", "/v1/agents", map[string]any{"name": "Ada"}, &agent)
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "name": "Token", "data": map[string]any{"token": serviceToken}}, &credential)
	p.must(t, "PUT", "/v1/agents/"+agent.ID+"/links/"+credential.ID, nil, nil)
	p.must(t, "POST", "/v1/agents/"+agent.ID+"/workflows", map[string]any{
		"name": "Call", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "call", "type": "http.request", "credential": credential.ID, "config": map[string]any{"method": "GET", "url": service}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "call"}},
	}, &w)
	p.must(t, "POST", "/v1/workflows/"+w.ID+"/publish", nil, nil)
	return w.ID
}

func (p *process) runs(t *testing.T, workflow string) execution {
	t.Helper()
	var x made
	p.must(t, "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, &x)
	return p.await(t, x.ID)
}

// TestBackupAndRestore copies a folder in the middle of the work, and goes on with the
// copy elsewhere: what was acknowledged before is there, and the credential opens.
func TestBackupAndRestore(t *testing.T) {
	service := &guarded{}
	server := httptest.NewServer(service)
	defer server.Close()
	scratch := t.TempDir()
	data, file := filepath.Join(scratch, "data"), filepath.Join(scratch, "backup.tgz")
	p := start(t, data)
	workflow := p.withCredential(t, server.URL)
	var before []string
	for range 5 {
		before = append(before, p.runs(t, workflow).ID)
	}
	stop, busy := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = p.call(t.Context(), "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, nil)
				}
			}
		})
	}
	said := mustCommand(t, "backup", "-data", data, file)
	close(stop)
	busy.Wait()
	if !strings.Contains(said, "sealed secrets: 1, all of which open") || !strings.Contains(said, "is not in it") {
		t.Errorf("backup says %q", said)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v; want mode 0600", info, err)
	}
	p.kill()
	elsewhere := filepath.Join(scratch, "elsewhere")
	mustCommand(t, "restore", file, "-data", elsewhere, "-key", filepath.Join(data, "key"))
	again := start(t, elsewhere)
	for _, id := range before {
		if got := again.await(t, id); got.Status != "succeeded" {
			t.Errorf("execution %s is %s after the restore", id, got.Status)
		}
	}
	if got := again.runs(t, workflow); got.Status != "succeeded" {
		t.Errorf("with the restored credential: %+v", got)
	}
	if service.refused > 0 {
		t.Errorf("the service refused %d calls", service.refused)
	}
}

// TestBackupWithKey needs nothing but the file, and keeps the token.
func TestBackupWithKey(t *testing.T) {
	scratch := t.TempDir()
	data, file := filepath.Join(scratch, "data"), filepath.Join(scratch, "backup.tgz")
	p := start(t, data)
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "data": map[string]any{"token": serviceToken}}, nil)
	p.kill() // nothing runs: it is copied from the file
	mustCommand(t, "backup", "-data", data, "-with-key", file)
	start(t, data).kill()
	said := mustCommand(t, "restore", "-force", "-data", data, file)
	if !strings.Contains(said, data+".before-") {
		t.Errorf("restore says %q, and not where the former folder is", said)
	}
	if kept, _ := filepath.Glob(data + ".before-*/switchboard.db"); len(kept) != 1 {
		t.Errorf("of the former folder there are %d", len(kept))
	}
	if again := start(t, data); again.token != p.token {
		t.Error("the token is another one")
	}
}

// TestRestoreInPlace restores into folders that have to stay where they are.
func TestRestoreInPlace(t *testing.T) {
	scratch := t.TempDir()
	at := func(name string) string { return filepath.Join(scratch, name) }
	p := start(t, at("data"))
	p.kill()
	mustCommand(t, "backup", "-data", at("data"), "-with-key", at("backup"))
	here := func(t *testing.T, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"restore", at("backup")}, args...)...)
		cmd.Dir = at("here")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("restore %v: %v: %s", args, err, out)
		}
	}
	for _, folder := range []string{"here", "here/lost+found"} { // as the topmost folder of a disk has it
		if err := os.Mkdir(at(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("here", at("link")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(at("here"))
	if err != nil {
		t.Fatal(err)
	}
	here(t, "-data", ".")
	start(t, at("here")).kill()
	here(t, "-data", ".", "-force")
	here(t, "-data", at("link"), "-force")
	if link, err := os.Lstat(at("link")); err != nil || link.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link is %v, %v", link, err)
	}
	if now, err := os.Stat(at("here")); err != nil || !os.SameFile(before, now) {
		t.Errorf("the folder is another one (%v)", err)
	}
	entries, err := os.ReadDir(at("here"))
	if err != nil || len(entries) != 4 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	start(t, at("here"))
	if kept, _ := filepath.Glob(at("here.before-*/switchboard.db")); len(kept) == 0 {
		t.Error("what was there is not kept")
	}
}

// TestRestoreOfWhatRan says that executions go on from where they were, or stops them.
func TestRestoreOfWhatRan(t *testing.T) {
	scratch := t.TempDir()
	data, file := filepath.Join(scratch, "data"), filepath.Join(scratch, "backup")
	p := start(t, data)
	workflow := p.publish(t, map[string]any{
		"name": "Wait", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "pause", "type": "wait", "config": map[string]any{"seconds": 3600}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "pause"}},
	})
	var x made
	p.must(t, "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, &x)
	mustCommand(t, "backup", "-data", data, "-with-key", file)
	p.kill()
	for _, c := range []struct {
		flag, says, status string
	}{{"-stop-running=false", "1 executions were running when it was made, and go on", "running"}, {"-stop-running", "they are stopped", "stopped"}} {
		into := filepath.Join(scratch, c.status)
		if said := mustCommand(t, "restore", "-data", into, c.flag, file); !strings.Contains(said, c.says) {
			t.Errorf("restore says %q, want %q", said, c.says)
		}
		var got struct{ Status string }
		if start(t, into).must(t, "GET", "/v1/executions/"+x.ID, nil, &got); got.Status != c.status {
			t.Errorf("with %s it is %s, want %s", c.flag, got.Status, c.status)
		}
	}
}

func TestBackupErrors(t *testing.T) {
	scratch := t.TempDir()
	at := func(name string) string { return filepath.Join(scratch, name) }
	p := start(t, at("data"))
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "data": map[string]any{"token": serviceToken}}, nil)
	mustCommand(t, "backup", "-data", at("data"), at("good"))
	start(t, at("other")).kill()
	content, err := os.ReadFile(at("good"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(content)
	flipped[len(flipped)/2] ^= 1
	for name, text := range map[string][]byte{"cut": content[:len(content)/2], "flipped": flipped, "text": []byte("not a backup")} {
		if err := os.WriteFile(at(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"homely", "empty"} {
		if err := os.Mkdir(at(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(at("homely"), "letter"), []byte("Dear Ada"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(at("data"), "key")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"NoFile":        {[]string{"backup", "-data", at("data")}, "backup -h"},
		"UnknownFlag":   {[]string{"backup", "-nope", "x"}, "backup -h lists the flags"},
		"NoFolder":      {[]string{"backup", "-data", at("nowhere"), at("new")}, "There is no Switchboard in"},
		"FileThere":     {[]string{"backup", "-data", at("data"), at("good")}, "-force"},
		"FileNowhere":   {[]string{"backup", "-data", at("data"), at("no/where")}, "folder is there"},
		"NoBackup":      {[]string{"restore", "-data", at("new"), at("nothing")}, "Check its name"},
		"NoKey":         {[]string{"restore", "-data", at("new"), at("good")}, "-key"},
		"WrongKey":      {[]string{"restore", "-data", at("new"), "-key", filepath.Join(at("other"), "key"), at("good")}, "Name the right key file"},
		"WrongKeyThere": {[]string{"restore", "-data", at("other"), "-force", at("good")}, "Name the right key file"},
		"KeyNowhere":    {[]string{"restore", "-data", at("new"), "-key", at("nokey"), at("good")}, at("nokey")},
		"NotEmpty":      {[]string{"restore", "-data", at("other"), "-key", key, at("good")}, "-force"},
		"NotOurs":       {[]string{"restore", "-data", at("homely"), "-force", "-key", key, at("good")}, "no data folder"},
		"InUse":         {[]string{"restore", "-data", at("data"), "-force", at("good")}, "Stop that one first"},
		"Cut":           {[]string{"restore", "-data", at("new"), "-key", key, at("cut")}, "not a whole backup"},
		"Flipped":       {[]string{"restore", "-data", at("new"), "-key", key, at("flipped")}, "not a whole backup"},
		"NoArchive":     {[]string{"restore", "-data", at("new"), "-key", key, at("text")}, "not a whole backup"},
		"RotateNowhere": {[]string{"rotate-key", "-data", at("nowhere")}, "There is no Switchboard in"},
		"RotateWhat":    {[]string{"rotate-key", "everything"}, "takes no argument"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := command(t, c.args...)
			if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, stderr %q; want 1 and one line with %q", code, stderr, c.want)
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(scratch, ".switchboard-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(at("new")); err == nil {
		t.Error("a folder was made of a backup that was refused")
	}
	for _, name := range []string{"backup", "restore", "rotate-key"} {
		if said := mustCommand(t, name, "-h"); !strings.Contains(said, "-data") || !strings.Contains(said, "Usage") {
			t.Errorf("%s -h says %q", name, said)
		}
	}
}

// TestRotateKey rotates the key while workflows run, kills the process in the middle,
// and lets it go on. No credential is unreadable at any time.
func TestRotateKey(t *testing.T) {
	service := &guarded{}
	server := httptest.NewServer(service)
	defer server.Close()
	data := t.TempDir()
	p := start(t, data)
	workflow := p.withCredential(t, server.URL)
	const more = 150
	for i := range more {
		p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "name": fmt.Sprint(i), "data": map[string]any{"token": serviceToken}}, nil)
	}
	old, err := os.ReadFile(filepath.Join(data, "key"))
	if err != nil {
		t.Fatal(err)
	}
	p.askToRotate(t, data)
	for range 3 {
		if got := p.runs(t, workflow); got.Status != "succeeded" {
			t.Errorf("while it rotates: %+v", got)
		}
	}
	p.kill()
	if now, err := os.ReadFile(filepath.Join(data, "key")); err != nil || !bytes.Contains(now, old) || len(now) != 2*len(old) {
		t.Fatalf("the key file has %d bytes, %v; want the new key and the old one", len(now), err)
	}
	again := start(t, data)
	for deadline := time.Now().Add(20 * time.Second); ; {
		if got := again.runs(t, workflow); got.Status != "succeeded" {
			t.Fatalf("while it goes on: %+v", got)
		}
		now, err := os.ReadFile(filepath.Join(data, "key"))
		if err != nil {
			t.Fatal(err)
		}
		if len(now) == len(old) {
			if bytes.Equal(now, old) {
				t.Error("the key is still the old one")
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it has not ended: %s", again.stderr)
		}
	}
	said := mustCommand(t, "backup", "-data", data, filepath.Join(t.TempDir(), "backup")) // opens every secret with the new key
	if !strings.Contains(said, fmt.Sprintf("sealed secrets: %d, all of which open", more+1)) {
		t.Errorf("backup says %q", said)
	}
	if service.refused > 0 {
		t.Errorf("the service refused %d calls", service.refused)
	}
	again.kill()
	if said := mustCommand(t, "rotate-key", "-data", data); !strings.Contains(said, fmt.Sprintf("%d of %d secrets", more+1, more+1)) { // where nothing runs
		t.Errorf("rotate-key says %q", said)
	}
	if got := start(t, data).runs(t, workflow); got.Status != "succeeded" {
		t.Errorf("after another rotation: %+v", got)
	}
}

// askToRotate asks as the command does, without waiting for the end.
func (p *process) askToRotate(t *testing.T, data string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "running"))
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ URL, Secret string }
	if err := json.Unmarshal(text, &at); err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]int{"": http.StatusUnauthorized, p.token: http.StatusUnauthorized, at.Secret: http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.URL+"/admin/rotate-key", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("with the secret %q: %s, want %d", secret, res.Status, want)
		}
	}
}
