//go:build unix

package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// The test binary is its own child: with childMode in its environment it does that
// to the database named there, instead of testing.
const (
	childMode = "BOLT_TEST_CHILD"
	childPath = "BOLT_TEST_PATH"
	childRun  = "BOLT_TEST_RUN"
)

func TestMain(m *testing.M) {
	modes := map[string]func() error{"write": writeUntilKilled, "fill": fillTheDisk}
	if mode, ok := modes[os.Getenv(childMode)]; ok {
		if err := mode(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, mode, path string, run int) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childPath+"="+path, childRun+"="+strconv.Itoa(run))
	return cmd
}

const writers = 4

// writeUntilKilled has writers that each write, over and over, an event (which is
// only queued) and then a record (which is awaited), and says on standard output
// what it was told is on disk.
func writeUntilKilled() error {
	ctx := context.Background()
	s, err := bolt.Open(os.Getenv(childPath), bolt.Options{})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range writers {
		x := execution.Execution{ID: executionOf(os.Getenv(childRun), w), Account: "acc", Workflow: "wf", StartedAt: time.Now()}
		go func() {
			_, _, err := s.StartExecution(ctx, x)
			for n := 0; err == nil; n++ {
				if err = s.AppendHistory("acc", x.ID, asl.Event{Kind: asl.StateEntered, Step: n}); err != nil {
					break
				}
				if _, _, err = s.Begin(ctx, keyOf(x.ID, n), task.Record{State: task.Begun}); err == nil {
					_, err = fmt.Printf("%d %d\n", w, n)
				}
			}
			errs <- err
		}()
	}
	return <-errs
}

func executionOf(run string, writer int) string { return fmt.Sprintf("exe_%s_%d", run, writer) }

func keyOf(execution string, n int) task.Key {
	return task.Key{Account: "acc", Execution: execution, Node: "node", Iteration: strconv.Itoa(n)}
}

// TestKill kills a process that writes, at a random moment, again and again.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	acknowledged := map[string]int{} // how many records of each execution
	for run := range 8 {
		for w, n := range killAfter(t, path, run, 1+rand.IntN(200)) {
			acknowledged[executionOf(strconv.Itoa(run), w)] = n
		}
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatalf("opening after kill %d: %v", run, err)
		}
		for id, n := range acknowledged { // those of the earlier runs, too
			checkSurvived(t, s, id, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		checkFile(t, path)
	}
}

// killAfter gives how many records of each writer were acknowledged.
func killAfter(t *testing.T, path string, run, lines int) map[int]int {
	t.Helper()
	cmd := child(t.Context(), "write", path, run)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	counts := map[int]int{}
	r := bufio.NewReader(out)
	for read := 0; ; read++ {
		if read == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := r.ReadString('\n')
		if err != nil { // what was said before the end counts; half a line does not
			break
		}
		var w, n int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &n); err != nil || n != counts[w] {
			t.Fatalf("the child says %q after %v", line, counts)
		}
		counts[w]++
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v\n%s", err, &stderr)
	}
	return counts
}

// checkSurvived checks that all that was acknowledged is there, and that nothing is
// there without all that was written before it.
func checkSurvived(t *testing.T, s *bolt.Store, id string, acknowledged int) {
	t.Helper()
	records, err := s.RecordsOf(t.Context(), "acc", id)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < acknowledged {
		t.Errorf("%s: %d records are there, %d were acknowledged", id, len(records), acknowledged)
	}
	for n := range len(records) {
		if _, ok := records[keyOf(id, n)]; !ok {
			t.Errorf("%s: of %d records, number %d is missing", id, len(records), n)
		}
	}
	events, err := s.History(t.Context(), "acc", id)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) < len(records) {
		t.Errorf("%s: %d records, but only %d events, though each event came first", id, len(records), len(events))
	}
	for n, e := range events {
		if e.Step != n {
			t.Errorf("%s: event %d is number %d", id, n, e.Step)
			break
		}
	}
	if x, err := s.Execution(t.Context(), "acc", id); err != nil || x.Status != execution.Running {
		t.Errorf("%s: %+v, %v", id, x, err)
	}
}

// checkFile has bbolt check its own structures.
func checkFile(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("the file is inconsistent: %v", err)
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSnapshotsWhileWriting looks at what a crash at that moment would leave: every
// copy holds, of each writer, a beginning of what it wrote.
func TestSnapshotsWhileWriting(t *testing.T) {
	s := openNew(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var ready sync.WaitGroup
	ready.Add(writers)
	for w := range writers {
		wg.Go(func() {
			id := executionOf("0", w)
			_, _, err := s.StartExecution(t.Context(), execution.Execution{ID: id, Account: "acc", StartedAt: time.Now()})
			ready.Done()
			for n := 0; err == nil && ctx.Err() == nil; n++ {
				err = s.AppendHistory("acc", id, asl.Event{Kind: asl.StateEntered, Step: n})
				if err == nil {
					_, _, err = s.Begin(t.Context(), keyOf(id, n), task.Record{State: task.Begun})
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	ready.Wait()
	for n := range 5 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("copy", n))
		f, err := os.Create(path)
		if err == nil {
			err = errors.Join(s.Snapshot(f), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		snapshot := open(t, path, bolt.Options{})
		for w := range writers {
			checkSurvived(t, snapshot, executionOf("0", w), 0)
		}
	}
	stop()
	wg.Wait()
}

// TestFullDisk runs against a limit of the file's size, which is a full disk for
// one process.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	out, err := child(t.Context(), "fill", path, 0).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	stored, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || stored == 0 {
		t.Fatalf("the child says %q", out)
	}
	s := open(t, path, bolt.Options{})
	for n := range stored {
		if _, err := s.Record(t.Context(), keyOf("exe", n)); err != nil {
			t.Errorf("record %d of %d: %v", n, stored, err)
		}
	}
	if err := s.Put(t.Context(), keyOf("exe", stored), task.Record{State: task.Done}); err != nil {
		t.Errorf("writing where there is room again: %v", err)
	}
}

// fillTheDisk writes until there is no room, checks that the store says so and can
// still be read, and prints how many records it stored.
func fillTheDisk() error {
	ctx := context.Background()
	s, err := bolt.Open(os.Getenv(childPath), bolt.Options{})
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	r := task.Record{State: task.Begun, Input: json.RawMessage(`"` + strings.Repeat("x", 10_000) + `"`)}
	stored := 0
	for ; err == nil && stored < 10_000; stored++ {
		_, _, err = s.Begin(ctx, keyOf("exe", stored), r)
	}
	stored-- // the last one failed
	if f := fault.Of(err); f == nil || f.Code != fault.StorageFull || f.Hint == "" {
		return fmt.Errorf("after %d records: %w; want %s", stored, err, fault.StorageFull)
	}
	if err := s.Put(ctx, keyOf("exe", 0), r); !fault.Is(err, fault.StorageFull) {
		return fmt.Errorf("a later write: %w; want %s", err, fault.StorageFull)
	}
	if err := s.AppendHistory("acc", "exe", asl.Event{}); !fault.Is(err, fault.StorageFull) {
		return fmt.Errorf("a later event: %w; want %s", err, fault.StorageFull)
	}
	for n := range stored {
		if _, err := s.Record(ctx, keyOf("exe", n)); err != nil {
			return fmt.Errorf("reading record %d: %w", n, err)
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	_, err = fmt.Println(stored)
	return err
}
