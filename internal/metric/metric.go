// Package metric counts what connectors do, and writes it as Prometheus reads it: the
// local stack serves it at /metrics. On AWS the same is in the functions' log lines,
// which CloudWatch makes metrics of (package lambdahost).
package metric

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"switchboard/internal/task"
)

// bounds are the upper ends of the latency histogram, in seconds.
var bounds = [...]float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

type attemptKey struct{ connector, action, code string }

type latency struct {
	buckets [len(bounds) + 1]uint64 // not cumulative; the last is above all bounds
	sum     float64
}

type waits struct {
	count   uint64
	seconds float64
}

// Registry holds the counts of a process. It implements task.Meter, and is safe for
// concurrent use. How much it holds is bounded by the catalog: nothing that a workflow
// names is a label.
type Registry struct {
	mu       sync.Mutex
	attempts map[attemptKey]uint64
	latency  map[string]*latency // by connector
	waits    map[string]*waits   // by connector
	ended    map[string]uint64   // executions by status
}

// New returns an empty registry.
func New() *Registry {
	return &Registry{attempts: map[attemptKey]uint64{}, latency: map[string]*latency{}, waits: map[string]*waits{}, ended: map[string]uint64{}}
}

// Attempted implements task.Meter.
func (r *Registry) Attempted(_ context.Context, a task.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts[attemptKey{a.Connector, a.Action, cmp.Or(string(a.Code), "ok")}]++
	if a.Called() {
		l := r.latency[a.Connector]
		if l == nil {
			l = &latency{}
			r.latency[a.Connector] = l
		}
		seconds := a.Took.Seconds()
		at, _ := slices.BinarySearch(bounds[:], seconds) // a bound belongs to its own bucket
		l.buckets[at]++
		l.sum += seconds
	}
	if a.Waited > 0 {
		w := r.waits[a.Connector]
		if w == nil {
			w = &waits{}
			r.waits[a.Connector] = w
		}
		w.count++
		w.seconds += a.Waited.Seconds()
	}
}

// Ended counts an execution that ended with a status.
func (r *Registry) Ended(status string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[status]++
}

// Gauge is a value of this moment, to be written along.
type Gauge struct {
	Name, Help string
	Labels     []string // names and values in turn
	Value      float64
}

// Write writes everything. Gauges of one name stand together.
//
// Source: Prometheus, "Exposition formats", text format 0.0.4.
func (r *Registry) Write(to io.Writer, gauges ...Gauge) error {
	w := bufio.NewWriter(to)
	r.mu.Lock()
	r.writeAttempts(w)
	r.writeLatency(w)
	r.writeWaits(w)
	head(w, "switchboard_executions_ended_total", "counter", "Executions that ended, by status.")
	for _, status := range slices.Sorted(maps.Keys(r.ended)) {
		sample(w, "switchboard_executions_ended_total", strconv.FormatUint(r.ended[status], 10), "status", status)
	}
	r.mu.Unlock()
	last := ""
	for _, g := range gauges {
		if g.Name != last {
			head(w, g.Name, "gauge", g.Help)
			last = g.Name
		}
		if g.Labels == nil && g.Value < 0 { // only the head: there is none of it now
			continue
		}
		sample(w, g.Name, number(g.Value), g.Labels...)
	}
	return w.Flush()
}

func (r *Registry) writeAttempts(w io.Writer) {
	const name = "switchboard_connector_attempts_total"
	head(w, name, "counter", "Attempts of action nodes, by how they ended: ok, or the error's code.")
	keys := slices.SortedFunc(maps.Keys(r.attempts), func(a, b attemptKey) int {
		return cmp.Or(cmp.Compare(a.connector, b.connector), cmp.Compare(a.action, b.action), cmp.Compare(a.code, b.code))
	})
	for _, k := range keys {
		sample(w, name, strconv.FormatUint(r.attempts[k], 10), "connector", k.connector, "action", k.action, "code", k.code)
	}
}

func (r *Registry) writeLatency(w io.Writer) {
	const name = "switchboard_connector_call_seconds"
	head(w, name, "histogram", "How long the services took to answer.")
	for _, connector := range slices.Sorted(maps.Keys(r.latency)) {
		l, total := r.latency[connector], uint64(0)
		for i, n := range l.buckets {
			total += n
			bound := "+Inf"
			if i < len(bounds) {
				bound = number(bounds[i])
			}
			sample(w, name+"_bucket", strconv.FormatUint(total, 10), "connector", connector, "le", bound)
		}
		sample(w, name+"_sum", number(l.sum), "connector", connector)
		sample(w, name+"_count", strconv.FormatUint(total, 10), "connector", connector)
	}
}

func (r *Registry) writeWaits(w io.Writer) {
	const count, seconds = "switchboard_connector_waits_total", "switchboard_connector_wait_seconds_total"
	head(w, count, "counter", "Attempts that waited because a service, or a circuit breaker, had asked for it.")
	for _, connector := range slices.Sorted(maps.Keys(r.waits)) {
		sample(w, count, strconv.FormatUint(r.waits[connector].count, 10), "connector", connector)
	}
	head(w, seconds, "counter", "How long these waited.")
	for _, connector := range slices.Sorted(maps.Keys(r.waits)) {
		sample(w, seconds, number(r.waits[connector].seconds), "connector", connector)
	}
}

func head(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func sample(w io.Writer, name, value string, labels ...string) {
	var pairs []string
	for pair := range slices.Chunk(labels, 2) {
		pairs = append(pairs, pair[0]+`="`+escaper.Replace(pair[1])+`"`)
	}
	if pairs != nil {
		name += "{" + strings.Join(pairs, ",") + "}"
	}
	fmt.Fprintf(w, "%s %s\n", name, value)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
