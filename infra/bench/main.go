// Command bench measures the local stack: it builds and starts it with a stub
// service beside it, and prints a table, and JSON with -json.
//
//	go run ./infra/bench
//	go run ./infra/bench -soak 30m
//
// With -soak it runs a mixed load for so long and says in the end, with its exit code
// too, whether the stack withstood it: see soak.go.
//
// The workflow is webhook → set (3 templated fields) → http → condition → http. It
// is run with respond when_finished, where the caller waits for the output, and
// with respond immediately, where the start is on disk when the caller is answered
// and every step before the next one; there an execution counts when it has ended.
// The load comes from this process, on the same machine, and polls every 10 ms.
//
// Where others use the machine at the same time, rates and times say little; the
// processor time that an execution takes still says something: of the stack, and of
// this process, which is the caller and the called service.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"switchboard/infra/command"
)

func main() { os.Exit(command.Main("bench", run)) }

// report is all that was measured. Times are in milliseconds, memory in MiB.
type report struct {
	ReadyMS   float64 `json:"ready_ms"`  // from the start of the process to the first healthy answer
	RSSStart  float64 `json:"rss_start"` // when ready
	RSSAfter  float64 `json:"rss_after"` // after RSSAfterN executions
	RSSAfterN int     `json:"rss_after_n"`
	Loads     []load  `json:"loads"`
	Compile   []built `json:"compile"`
}

// load is one measurement of executions.
type load struct {
	Mode      string  `json:"mode"`
	Clients   int     `json:"clients"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50"`
	P95       float64 `json:"p95"`
	P99       float64 `json:"p99"`
	Errors    int     `json:"errors"`
	CPUStack  float64 `json:"cpu_stack"` // milliseconds of processor time for each execution
	CPUBench  float64 `json:"cpu_bench"`
}

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	duration := fs.Duration("duration", 10*time.Second, "how long each load runs")
	after := fs.Int("rss-after", 5000, "after how many executions memory is measured again")
	soaking := fs.Duration("soak", 0, "in place of all else, run a mixed load for so long, and judge what came of it")
	asJSON := fs.Bool("json", false, "print JSON in place of the table")
	if err := command.Parse(fs, "Measures the local stack, with a stub service beside it.", args, out); err != nil {
		return err
	}
	if *soaking > 0 {
		return soak(ctx, *soaking, out)
	}
	s, err := start(ctx, os.Stderr)
	if err != nil {
		return err
	}
	defer s.stop()
	s.rssAt = *after
	r := report{ReadyMS: s.ready, RSSStart: s.rss(), RSSAfterN: *after}
	if r.Loads, err = s.loads(ctx, *duration); err != nil {
		return err
	}
	if err := s.some(ctx, modeWait, *after-int(s.count.Load())); err != nil {
		return err
	}
	r.RSSAfter = s.rssThen
	if r.Compile, err = compileTimes(); err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	r.print(out)
	return nil
}

func (r report) print(out io.Writer) {
	fmt.Fprintf(out, "ready %.0f ms, RSS %.0f MiB, after %d executions %.0f MiB\n\n", r.ReadyMS, r.RSSStart, r.RSSAfterN, r.RSSAfter)
	fmt.Fprintf(out, "%-14s %8s %10s %8s %8s %8s %7s %10s %10s\n", "mode", "clients", "exec/s", "p50 ms", "p95 ms", "p99 ms", "errors", "cpu stack", "cpu bench")
	for _, l := range r.Loads {
		fmt.Fprintf(out, "%-14s %8d %10.0f %8.2f %8.2f %8.2f %7d %10.3f %10.3f\n", l.Mode, l.Clients, l.PerSecond, l.P50, l.P95, l.P99, l.Errors, l.CPUStack, l.CPUBench)
	}
	fmt.Fprintf(out, "\n%-14s %8s %10s %10s\n", "compile", "nodes", "ms", "first ms")
	for _, b := range r.Compile {
		fmt.Fprintf(out, "%-14s %8d %10.2f %10.2f\n", b.Shape, b.Nodes, b.MS, b.First)
	}
}
