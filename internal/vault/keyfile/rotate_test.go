package keyfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/vault/keyfile"
)

func TestRotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k := open(t, path)
	_, old, err := k.NewDataKey(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	before := k.ID()
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	if k.ID() == before || !k.Rotating() || k.Wraps(old) || !k.Knows(old) {
		t.Errorf("after Rotate: id %s (before %s), rotating %t, wraps %t, knows %t", k.ID(), before, k.Rotating(), k.Wraps(old), k.Knows(old))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want mode 0600", info.Mode(), err)
	}
	_, fresh, err := k.NewDataKey(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, path) // as after a restart
	if !again.Rotating() || again.ID() != k.ID() || !again.Wraps(fresh) {
		t.Error("the file was read back as another one")
	}
	for name, wrapped := range map[string][]byte{"old": old, "fresh": fresh} {
		if _, err := again.Unwrap(t.Context(), wrapped, bound); err != nil {
			t.Errorf("the %s one does not open: %v", name, err)
		}
	}
	if err := again.Retire(); err != nil {
		t.Fatal(err)
	}
	if again.Rotating() || open(t, path).Rotating() {
		t.Error("it still holds older keys after Retire")
	}
	if _, err := again.Unwrap(t.Context(), old, bound); !fault.Is(err, fault.CredentialUnreadable) || !strings.Contains(fault.Of(err).Message, "another key file") {
		t.Errorf("after Retire the old one gives %v", err)
	}
	if _, err := again.Unwrap(t.Context(), fresh, bound); err != nil {
		t.Errorf("after Retire the fresh one does not open: %v", err)
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadMakesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := keyfile.Load(path); err == nil || !strings.Contains(fault.Of(err).Message, path) {
		t.Errorf("Load = %v, want a fault that names %s", err, path)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("Load made a file")
	}
}
