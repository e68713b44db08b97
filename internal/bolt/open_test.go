package bolt_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/fault"
)

// wantNotOpened checks that the file is refused for this reason, with words for the
// user.
func wantNotOpened(t *testing.T, path string, reason error) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err == nil {
		_ = s.Close()
		t.Fatal("it was opened")
	}
	if reason != nil && !errors.Is(err, reason) {
		t.Errorf("error %v, want %v", err, reason)
	}
	if f := fault.Of(err); !strings.Contains(f.Message, path) || f.Hint == "" {
		t.Errorf("message %q, hint %q; want the path and a hint", f.Message, f.Hint)
	}
}

func anAgent(id string) agent.Agent {
	return agent.Agent{ID: id, Account: "acc", Name: "Agent " + id, Description: strings.Repeat("d", 500)}
}

func TestOpen(t *testing.T) {
	t.Run("KeepsWhatWasWritten", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		for i, id := range []string{"agt_1", "agt_2", "agt_3"} {
			s := open(t, path, bolt.Options{})
			if err := s.CreateAgent(t.Context(), anAgent(id)); err != nil {
				t.Fatal(err)
			}
			for _, earlier := range []string{"agt_1", "agt_2", "agt_3"}[:i+1] {
				if a, err := s.Agent(t.Context(), "acc", earlier); err != nil || a.Name != "Agent "+earlier {
					t.Errorf("agent %s: %+v, %v", earlier, a, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("MakesAFileForItsOwnerAlone", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		open(t, path, bolt.Options{})
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("mode %04o, want 0600", mode)
		}
	})
	t.Run("KeepsThePageSize", func(t *testing.T) {
		for path, want := range map[string]int{written(t): 16 << 10, writtenWith(t, 4<<10): 4 << 10} {
			s := open(t, path, bolt.Options{})
			if _, err := s.Agent(t.Context(), "acc", "agt_aa"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := db.Info().PageSize; got != want {
				t.Errorf("pages of %d bytes, want %d", got, want)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("RemovesWhatACrashLeft", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(path+".new-1", []byte("half a data"), 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, path, bolt.Options{})
		if files, err := filepath.Glob(path + "*"); err != nil || !slices.Equal(files, []string{path}) {
			t.Errorf("there are %v, %v; want the database alone", files, err)
		}
	})
	t.Run("GivesAllWhoStartAtOnceOneDatabase", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		var all sync.WaitGroup
		var made [8]bool
		for i := range made {
			all.Go(func() {
				s, err := bolt.Open(path, bolt.Options{})
				if errors.Is(err, bolt.ErrInUse) {
					return
				}
				if err == nil {
					err = errors.Join(s.CreateAgent(t.Context(), anAgent("agt_"+strconv.Itoa(i))), s.Close())
				}
				if made[i] = err == nil; !made[i] {
					t.Error(err)
				}
			})
		}
		all.Wait()
		s := open(t, path, bolt.Options{})
		for i, made := range made {
			if _, err := s.Agent(t.Context(), "acc", "agt_"+strconv.Itoa(i)); made && err != nil {
				t.Errorf("what %d wrote is lost: %v", i, err)
			}
		}
	})
	t.Run("ErrInUse", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		s := open(t, path, bolt.Options{})
		wantNotOpened(t, path, bolt.ErrInUse)
		if err := s.CreateAgent(t.Context(), anAgent("agt_1")); err != nil {
			t.Errorf("the first one was disturbed: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		open(t, path, bolt.Options{})
	})
	t.Run("ErrNoFolder", func(t *testing.T) {
		wantNotOpened(t, filepath.Join(t.TempDir(), "missing", "db"), os.ErrNotExist)
	})
	t.Run("ErrFolder", func(t *testing.T) { wantNotOpened(t, t.TempDir(), nil) })
	t.Run("ErrNoPermission", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("this user may open everything")
		}
		path := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(path, []byte("x"), 0o000); err != nil {
			t.Fatal(err)
		}
		wantNotOpened(t, path, os.ErrPermission)
	})
	t.Run("OfAnOlderProgram", func(t *testing.T) {
		path := written(t)
		edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("large")) })
		s := open(t, path, bolt.Options{})
		if err := s.PutValue(t.Context(), "acc", "exe", "val", []byte(`1`)); err != nil {
			t.Errorf("the bucket was not made: %v", err)
		}
		if _, err := s.Agent(t.Context(), "acc", "agt_aa"); err != nil {
			t.Errorf("what was there is not: %v", err)
		}
	})
	t.Run("ErrNewer", func(t *testing.T) {
		path := written(t)
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("3")) })
		wantNotOpened(t, path, bolt.ErrNewer)
	})
	t.Run("ErrOtherProgramsDatabase", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		edit(t, path, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("theirs"))
			return err
		})
		wantNotOpened(t, path, bolt.ErrCorrupt)
	})
	t.Run("ErrBucketMissing", func(t *testing.T) {
		path := written(t)
		edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("history")) })
		wantNotOpened(t, path, bolt.ErrCorrupt)
	})
}

// TestOpenOfAnOlderFile opens a file of the time before there were approvals.
func TestOpenOfAnOlderFile(t *testing.T) {
	path := written(t)
	edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("approvals")) })
	s := open(t, path, bolt.Options{})
	if approvals, err := s.ApprovalsOf(t.Context(), "acc", "exe_1"); err != nil || len(approvals) != 0 {
		t.Errorf("ApprovalsOf = %v, %v; want none", approvals, err)
	}
}

// written makes a database with several pages of agents in it, and closes it.
func written(t *testing.T) (path string) {
	t.Helper()
	return writtenTo(t, filepath.Join(t.TempDir(), "db"))
}

// writtenWith is written with pages of another size, as older programs made them.
func writtenWith(t *testing.T, pageSize int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return writtenTo(t, path)
}

func writtenTo(t *testing.T, path string) string {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 400 {
		all.Go(func() { // side by side they share commits
			if err := s.CreateAgent(t.Context(), anAgent("agt_"+string(rune('a'+n/20))+string(rune('a'+n%20)))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// contentOf gives the file as far as it is used: it grows ahead.
func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	var used int64
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bbolt.Tx) error { used = tx.Size(); return nil })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content[:used]
}

func edit(t *testing.T, path string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenOfADamagedFile(t *testing.T) {
	t.Run("New", func(t *testing.T) { testDamage(t, written(t), 16<<10) })
	t.Run("OfAnOlderProgram", func(t *testing.T) { testDamage(t, writtenWith(t, 4<<10), 4<<10) })
}

func testDamage(t *testing.T, path string, pageSize int) {
	t.Helper()
	content := contentOf(t, path)
	// leaves are the pages with one agent and without another; some are no longer used.
	leaves := func(b []byte, with, without string) (found [][]byte) {
		for at := 0; at+pageSize <= len(b); at += pageSize {
			if p := b[at : at+pageSize]; bytes.Contains(p, []byte(with)) && !bytes.Contains(p, []byte(without)) {
				found = append(found, p)
			}
		}
		return found
	}
	damage := map[string]func(b []byte) []byte{
		"ErrEmpty":      func([]byte) []byte { return nil },
		"ErrText":       func([]byte) []byte { return []byte("this is not a database\n") },
		"ErrLongText":   func([]byte) []byte { return bytes.Repeat([]byte("this is not a database\n"), 10_000) },
		"ErrZeros":      func(b []byte) []byte { return make([]byte, len(b)) },
		"ErrTwoPages":   func(b []byte) []byte { return b[:2*pageSize] },
		"ErrCutOff":     func(b []byte) []byte { return b[:10*pageSize] },
		"ErrHalfAPage":  func(b []byte) []byte { return b[:10*pageSize+100] },
		"ErrNoMeta":     func(b []byte) []byte { clear(b[:2*pageSize]); return b },
		"ErrPagesWiped": func(b []byte) []byte { clear(b[2*pageSize:]); return b },
		"ErrPageTwice": func(b []byte) []byte { // the leaf of the first agents in place of another's
			for _, leaf := range leaves(b, "agt_jj", "agt_aa") {
				copy(leaf, leaves(content, "agt_aa", "agt_jj")[0])
			}
			return b
		},
		"ErrPagesNoise": func(b []byte) []byte {
			noise := rand.New(rand.NewPCG(1, 2))
			for i := 2 * pageSize; i < len(b); i++ {
				b[i] = byte(noise.Uint32())
			}
			return b
		},
	}
	for name, f := range damage {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db")
			damaged := f(bytes.Clone(content))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			wantNotOpened(t, path, bolt.ErrCorrupt)
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, damaged) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestSnapshot(t *testing.T) {
	s := openNew(t)
	if err := s.CreateAgent(t.Context(), anAgent("agt_1")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Snapshot(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateAgent(t.Context(), anAgent("agt_2")); err != nil {
		t.Fatal(err)
	}
	restored := open(t, path, bolt.Options{})
	if a, err := restored.Agent(t.Context(), "acc", "agt_1"); err != nil || a.Name != "Agent agt_1" {
		t.Errorf("the copy has %+v, %v", a, err)
	}
	if _, err := restored.Agent(t.Context(), "acc", "agt_2"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the copy has what was written later: %v", err)
	}
	t.Run("ErrWriter", func(t *testing.T) {
		if err := s.Snapshot(refusing{}); err == nil {
			t.Error("Snapshot succeeded")
		}
	})
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("no room") }
