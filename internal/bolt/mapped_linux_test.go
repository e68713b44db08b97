package bolt

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// TestMapped reads more of a database than may stay mapped.
func TestMapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	db, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const values, length = 64, 1 << 20
	bucket := []byte("values")
	value := func(n int) []byte { return bytes.Repeat([]byte{byte(n)}, length) }
	if err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		for n := 0; n < values && err == nil; n++ {
			err = b.Put([]byte{byte(n)}, value(n))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	read := func() {
		t.Helper()
		if err := db.View(func(tx *bbolt.Tx) error {
			for n := range values {
				if !bytes.Equal(tx.Bucket(bucket).Get([]byte{byte(n)}), value(n)) {
					return fmt.Errorf("value %d is another one", n)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	m := mapped{db: db}
	limit := func() {
		t.Helper()
		if err := m.limit(); err != nil {
			t.Fatal(err)
		}
	}
	limit()
	for range 2 {
		read()
		if before := residentOf(t, path); before < values*length {
			t.Fatalf("%d bytes are mapped of what was read", before)
		}
		limit()
		if after := residentOf(t, path); after >= mostMapped {
			t.Errorf("%d bytes are mapped still", after)
		}
	}
	if err := db.View(func(tx *bbolt.Tx) error {
		if got := tx.Bucket(bucket).Get([]byte{1}); !bytes.Equal(got, value(1)) {
			t.Error("a value is another one")
		}
		few := residentOf(t, path)
		limit()
		if got := residentOf(t, path); few == 0 || got < few {
			t.Errorf("%d of %d bytes are mapped, though they were few", got, few)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// residentOf is how many bytes of a mapped file are in the process's memory.
//
// Source: proc_pid_smaps(5).
func residentOf(t *testing.T, path string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	var sum, kilobytes int64
	inside := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if name, _, _ := strings.Cut(line, " "); !strings.HasSuffix(name, ":") {
			inside = strings.HasSuffix(line, " "+path)
		}
		if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kilobytes); inside && n == 1 {
			sum += kilobytes << 10
		}
	}
	return sum
}
