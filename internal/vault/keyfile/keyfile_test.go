package keyfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

var bound = map[string]string{"account": "acc_1", "credential": "cred_1"}

func open(t testing.TB, path string) *keyfile.Key {
	t.Helper()
	k, err := keyfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpen(t *testing.T) {
	t.Run("MakesAFileForItsOwnerAlone", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "key")
		open(t, path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("mode %04o, want 0600", mode)
		}
		if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("ReadsTheSameKeyAgain", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "key")
		plain, wrapped, err := open(t, path).NewDataKey(t.Context(), bound)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(t, path).Unwrap(t.Context(), wrapped, bound)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("Unwrap = %x, %v; want %x", got, err, plain)
		}
	})
	t.Run("GivesAllWhoStartAtOnceOneKey", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "key")
		var wg sync.WaitGroup
		wrapped := make([][]byte, 16)
		for i := range wrapped {
			wg.Go(func() {
				k, err := keyfile.Open(path)
				if err != nil {
					t.Error(err)
					return
				}
				_, wrapped[i], _ = k.NewDataKey(t.Context(), bound)
			})
		}
		wg.Wait()
		k := open(t, path)
		for i, w := range wrapped {
			if _, err := k.Unwrap(t.Context(), w, bound); err != nil {
				t.Errorf("%d has another key: %v", i, err)
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	good := func(t *testing.T) (path string, content []byte) {
		path = filepath.Join(t.TempDir(), "key")
		open(t, path)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, content
	}
	damage := map[string]func(b []byte) []byte{
		"ErrEmpty":      func([]byte) []byte { return nil },
		"ErrTooShort":   func(b []byte) []byte { return b[:len(b)-1] },
		"ErrTooLong":    func(b []byte) []byte { return append(b, '\n') },
		"ErrNotAKey":    func(b []byte) []byte { return bytes.Repeat([]byte{'a'}, len(b)) },
		"ErrNewer":      func(b []byte) []byte { return bytes.Replace(b, []byte("key-1"), []byte("key-2"), 1) },
		"ErrChangedKey": func(b []byte) []byte { return change(b, len(b)-10) },
		"ErrChangedID":  func(b []byte) []byte { return change(b, len("switchboard-key-1 ")) },
		"ErrUpperCase":  bytes.ToUpper,
	}
	for name, f := range damage {
		t.Run(name, func(t *testing.T) {
			path, content := good(t)
			secret := string(content[len(content)-65 : len(content)-1])
			damaged := f(bytes.Clone(content))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			wantRefused(t, path, secret[:32])
			if now, _ := os.ReadFile(path); !bytes.Equal(now, damaged) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("ErrOthersMayRead", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows has no such permissions")
		}
		for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o666} {
			path, content := good(t)
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			wantRefused(t, path, string(content[len(content)-65:]))
		}
	})
	t.Run("ErrNoFolder", func(t *testing.T) {
		wantRefused(t, filepath.Join(t.TempDir(), "missing", "key"), "")
	})
	t.Run("ErrFolder", func(t *testing.T) { wantRefused(t, t.TempDir(), "") })
}

// change replaces a hexadecimal digit by another one.
func change(b []byte, at int) []byte {
	if b[at] == '0' {
		b[at] = '1'
	} else {
		b[at] = '0'
	}
	return b
}

func wantRefused(t *testing.T, path, secret string) {
	t.Helper()
	_, err := keyfile.Open(path)
	if err == nil {
		t.Fatal("Open succeeded")
	}
	f := fault.Of(err)
	if !strings.Contains(f.Message, path) || f.Hint == "" {
		t.Errorf("message %q, hint %q: want the path and a hint", f.Message, f.Hint)
	}
	if secret != "" && strings.Contains(err.Error()+f.Message+f.Hint, secret) {
		t.Errorf("the error shows the key: %v", err)
	}
}

func TestUnwrap(t *testing.T) {
	k := open(t, filepath.Join(t.TempDir(), "key"))
	_, wrapped, err := k.NewDataKey(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("ErrOtherContext", func(t *testing.T) {
		for _, c := range []map[string]string{nil, {"account": "acc_1"}, {"account": "acc_2", "credential": "cred_1"}} {
			if _, err := k.Unwrap(t.Context(), wrapped, c); !fault.Is(err, fault.CredentialUnreadable) {
				t.Errorf("Unwrap in %v = %v, want CredentialUnreadable", c, err)
			}
		}
	})
	t.Run("ErrEveryBit", func(t *testing.T) {
		for bit := range 8 * len(wrapped) {
			w := bytes.Clone(wrapped)
			w[bit/8] ^= 1 << (bit % 8)
			if _, err := k.Unwrap(t.Context(), w, bound); !fault.Is(err, fault.CredentialUnreadable) {
				t.Fatalf("bit %d: Unwrap = %v, want CredentialUnreadable", bit, err)
			}
		}
	})
	t.Run("ErrEveryLength", func(t *testing.T) {
		for n := range wrapped {
			if _, err := k.Unwrap(t.Context(), wrapped[:n], bound); !fault.Is(err, fault.CredentialUnreadable) {
				t.Fatalf("%d bytes: Unwrap = %v, want CredentialUnreadable", n, err)
			}
		}
	})
	t.Run("ErrOtherKeyFile", func(t *testing.T) {
		at := vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "twilio"}
		s, err := vault.New(k).Seal(t.Context(), at, map[string]any{"token": "x"})
		if err != nil {
			t.Fatal(err)
		}
		other := vault.New(open(t, filepath.Join(t.TempDir(), "key")))
		_, err = other.Open(t.Context(), at, s)
		f := fault.Of(err)
		if f.Code != fault.CredentialUnreadable || !strings.Contains(f.Message, "another key file") ||
			!strings.Contains(f.Hint, "key file") {
			t.Errorf("Open = %v (hint %q), want CredentialUnreadable that blames the key file", err, f.Hint)
		}
	})
}
