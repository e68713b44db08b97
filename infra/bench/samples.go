package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sample is what a soak saw within a stretch of time, most often a minute.
type sample struct {
	At       time.Duration // of its end
	Trouble  bool          // whether the kinds that use ill services were among the load
	Started  int
	Ended    int
	Refused  int // starts that were not acknowledged
	Wrong    int // executions that ended in another way, or called services more or less often, than they should
	Overdue  int // executions that were acknowledged, and are long past their time
	InFlight int

	P50, P99   float64 // of the caller's wait for the output, in milliseconds
	DurableP99 float64 // from start to end of those that are answered immediately
	RSS, Anon  float64 // MiB on average; Anon is what is not a mapped file
	Heap       float64 // MiB in use
	Goroutines float64
	Files      int
	Database   float64 // MiB of the data folder
}

// tally gathers what belongs to the next sample. It is safe for concurrent use.
type tally struct {
	mu                      sync.Mutex
	started, ended, refused int
	wrong                   int
	answered, durable       []time.Duration
	whatWasWrong            []string // a few, to be shown
	byKind                  map[string]*kindCount
}

type kindCount struct{ started, ended int }

// maxShown is how many complaints are shown in words.
const maxShown = 20

func newTally() *tally { return &tally{byKind: map[string]*kindCount{}} }

func (t *tally) of(kind string) *kindCount {
	c := t.byKind[kind]
	if c == nil {
		c = &kindCount{}
		t.byKind[kind] = c
	}
	return c
}

func (t *tally) acknowledged(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started++
	t.of(kind).started++
}

func (t *tally) finished(k kind, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended++
	t.of(k.name).ended++
	switch k.name {
	case "answered":
		t.answered = append(t.answered, took)
	case "durable":
		t.durable = append(t.durable, took)
	}
}

func (t *tally) complain(refused bool, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if refused {
		t.refused++
	} else {
		t.wrong++
	}
	if len(t.whatWasWrong) < maxShown {
		t.whatWasWrong = append(t.whatWasWrong, fmt.Sprintf(format, args...))
	}
}

// take makes a sample of what was gathered since the last one.
func (t *tally) take() sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.answered)
	slices.Sort(t.durable)
	s := sample{
		Started: t.started, Ended: t.ended, Refused: t.refused, Wrong: t.wrong,
		P50: quantile(t.answered, 0.5), P99: quantile(t.answered, 0.99), DurableP99: quantile(t.durable, 0.99),
	}
	t.started, t.ended, t.refused, t.wrong = 0, 0, 0, 0
	t.answered, t.durable = t.answered[:0], t.durable[:0]
	return s
}

// look adds what the stack takes at this moment.
func (s *stack) look(ctx context.Context, into *sample) {
	if files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)); err == nil {
		into.Files = len(files)
	}
	into.Database = folderSize(filepath.Join(s.dir, "data"))
	metrics := s.metrics(ctx)
	into.Heap, into.Goroutines = metrics["go_memstats_heap_alloc_bytes"]/(1<<20), metrics["go_goroutines"]
}

// metrics reads the stack's gauges that have no labels.
func (s *stack) metrics(ctx context.Context) map[string]float64 {
	values := map[string]float64{}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		return values
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := s.client.Do(req)
	if err != nil {
		return values
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if number, err := strconv.ParseFloat(value, 64); ok && err == nil {
			values[name] = number
		}
	}
	return values
}

func folderSize(folder string) float64 {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0
	}
	var total int64
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return float64(total) / (1 << 20)
}

const sampleHead = "   time ill  started  ended refus. wrong overdue flight  p50 ms  p99 ms durable  RSS MiB   anon   heap gorout. files  db MiB\n"

func (s sample) print(to io.Writer) {
	ill := "no"
	if s.Trouble {
		ill = "yes"
	}
	fmt.Fprintf(to, "%7s %3s %8d %6d %6d %5d %7d %6d %7.1f %7.1f %7.1f %8.0f %6.0f %6.0f %7.0f %5d %7.0f\n", s.At.Round(time.Second), ill, s.Started, s.Ended,
		s.Refused, s.Wrong, s.Overdue, s.InFlight, s.P50, s.P99, s.DurableP99, s.RSS, s.Anon, s.Heap, s.Goroutines, s.Files, s.Database)
}
