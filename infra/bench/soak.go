package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A soak measures first how many executions the stack takes at most, of the kinds that
// wait for nothing and in the mix of kinds.go, with callers that each begin anew when
// they are done. Then it starts 70 % of that, whether or not earlier ones have ended,
// of all kinds. Every other sample has none of the kinds that use an ill service, so
// that what those do to others shows beside what time does.
//
// Each start has a number, which travels to the services in the calls that come of it.
// An execution counts when it has ended as it should and its number has been called as
// often as it should: not less, not twice.
//
// Memory is judged without mapped files: the database is mapped, grows by every
// execution until what is older than the retention is removed, and its pages are the
// system's to take back. Both are shown.
const (
	share      = 0.7 // of the maximum
	callers    = 32  // that measure the maximum
	maxFlight  = 5000
	patience   = time.Minute // after which an execution is overdue
	forever    = 5 * patience
	minSamples = 8
)

type soaker struct {
	*stack
	services *services
	kinds    []kind
	hooks    map[string]string // by kind
	schedule string            // its workflow
	tally    *tally
	numbers  atomic.Int64
	slots    chan struct{} // one for each execution under way

	rss, anon float64 // sums of looks at memory since the last sample
	looks     int

	mu  sync.Mutex
	due map[int]time.Time // when those under way are overdue, by number
}

func soak(ctx context.Context, duration time.Duration, out io.Writer) error {
	errs := &quiet{to: os.Stderr}
	st, err := start(ctx, errs, "-quota", "executions_per_minute=0", "-quota", "concurrent_executions=0")
	if err != nil {
		return err
	}
	defer st.stop()
	s := &soaker{
		stack: st, services: newServices(), kinds: kinds(), hooks: map[string]string{}, tally: newTally(),
		slots: make(chan struct{}, maxFlight), due: map[int]time.Time{},
	}
	defer s.services.close()
	for _, k := range s.kinds {
		if _, s.hooks[k.name], err = s.create(ctx, k.document(k, s.services)); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	// The first executions make connections, and are not measured.
	for _, k := range s.kinds {
		s.run(ctx, k)
	}
	if s.tally.take(); len(s.tally.whatWasWrong) > 0 {
		return fmt.Errorf("the first executions fail: %s", s.tally.whatWasWrong[0])
	}
	most := s.maximum(ctx, max(duration/20, 5*time.Second))
	s.tally = newTally()
	if s.schedule, _, err = s.create(ctx, scheduled(s.services)); err != nil {
		return err
	}
	rate := share * most
	fmt.Fprintf(out, "The stack takes %.0f executions/s at most; %.0f/s for %s.\n\n%s", most, rate, duration, sampleHead)
	o, err := s.load(ctx, rate, duration, out)
	if err != nil {
		return err
	}
	return s.report(out, judge(o))
}

// maximum measures how many executions a second there can be.
func (s *soaker) maximum(ctx context.Context, duration time.Duration) float64 {
	until, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	began := time.Now()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for until.Err() == nil {
				s.run(ctx, s.pick(false, true))
			}
		})
	}
	all.Wait()
	return float64(s.tally.take().Ended) / time.Since(began).Seconds()
}

// pick chooses a kind by weight.
func (s *soaker) pick(trouble, quickOnly bool) kind {
	for {
		n := rand.IntN(100) //nolint:gosec // what comes next is nobody's secret
		chosen := s.kinds[0]
		for _, k := range s.kinds {
			if n -= k.weight; n < 0 {
				chosen = k
				break
			}
		}
		if chosen.troubled && !trouble {
			chosen = s.kinds[0]
		}
		if chosen.quick || !quickOnly {
			return chosen
		}
	}
}

// load starts executions at a rate, and prints a sample from time to time, until the
// time is over and all has ended, or does not end.
func (s *soaker) load(ctx context.Context, rate float64, duration time.Duration, out io.Writer) (outcome, error) {
	every := min(time.Minute, duration/minSamples)
	began := time.Now()
	o := outcome{ScheduleWanted: int(duration/time.Minute) - 1}
	var all sync.WaitGroup
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	started, trouble := 0, true
	for next, look := every, time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-ticker.C:
		}
		passed := time.Since(began)
		if passed >= look { // in between, collecting garbage moves it up and down
			s.rss, s.anon, s.looks = s.rss+s.stack.rss(), s.anon+s.memory("RssAnon:"), s.looks+1
			look += time.Second
		}
		if passed >= next {
			o.Samples = append(o.Samples, s.sample(ctx, passed, trouble, out))
			next += every
			trouble = !trouble
		}
		if passed >= duration {
			break
		}
		for ; float64(started) < rate*passed.Seconds(); started++ {
			k := s.pick(trouble, false)
			select {
			case s.slots <- struct{}{}:
			default:
				return o, fmt.Errorf("%d executions are under way at once: the stack does not keep up", maxFlight)
			}
			all.Go(func() {
				defer func() { <-s.slots }()
				s.run(ctx, k)
			})
		}
	}
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(forever + patience):
	case <-ctx.Done():
		return o, ctx.Err()
	}
	s.mu.Lock()
	o.Lost = len(s.due)
	s.mu.Unlock()
	// What ended since the last sample belongs to the sums, not to the picture.
	rest := s.tally.take()
	last := &o.Samples[len(o.Samples)-1]
	last.Started, last.Ended, last.Refused, last.Wrong = last.Started+rest.Started, last.Ended+rest.Ended, last.Refused+rest.Refused, last.Wrong+rest.Wrong
	return o, s.countSchedule(ctx, &o)
}

func (s *soaker) sample(ctx context.Context, at time.Duration, trouble bool, out io.Writer) sample {
	made := s.tally.take()
	made.At, made.Trouble, made.InFlight = at, trouble, len(s.slots)
	now := time.Now()
	s.mu.Lock()
	for _, due := range s.due {
		if now.After(due) {
			made.Overdue++
		}
	}
	s.mu.Unlock()
	made.RSS, made.Anon = s.rss/float64(s.looks), s.anon/float64(s.looks)
	s.rss, s.anon, s.looks = 0, 0, 0
	s.look(ctx, &made)
	made.print(out)
	return made
}

// run starts an execution of a kind, and follows it to its end.
func (s *soaker) run(ctx context.Context, k kind) {
	n := int(s.numbers.Add(1))
	began := time.Now()
	executions, err := s.begin(ctx, k, n)
	if err != nil {
		if ctx.Err() == nil {
			s.tally.complain(true, "%s %d: %v", k.name, n, err)
		}
		return
	}
	s.tally.acknowledged(k.name)
	s.mu.Lock()
	s.due[n] = time.Now().Add(k.takes + patience)
	s.mu.Unlock()
	status, took := "succeeded", time.Since(began)
	if len(executions) > 0 {
		if status, took, err = s.follow(ctx, k, executions[0]); err != nil {
			if ctx.Err() == nil {
				s.tally.complain(false, "%s %d %s: %v", k.name, n, executions[0], err)
			}
			return
		}
	}
	s.mu.Lock()
	delete(s.due, n)
	s.mu.Unlock()
	s.tally.finished(k, took)
	calls := s.services.take(n)
	if status != k.status || calls > k.calls || calls < k.calls && !k.fewer {
		s.tally.complain(false, "%s %d %v: %s after %d calls, in place of %s after %d", k.name, n, executions, status, calls, k.status, k.calls)
	}
}

// begin starts an execution. It gives its id, or none where the answer is its output.
func (s *soaker) begin(ctx context.Context, k kind, n int) ([]string, error) {
	body := map[string]any{"id": n, "name": "Ann", "total": 1250.5, "items": []int{1, 2, 3, 4, 5}}
	if k.byEvent {
		answer, err := s.call(ctx, "POST", s.url+"/v1/events", map[string]any{"source": "bench", "detail_type": "order", "detail": body})
		if err != nil {
			return nil, err
		}
		started, _ := answer["executions"].([]any)
		if len(started) != 1 {
			return nil, fmt.Errorf("the event started %v", started)
		}
		return []string{fmt.Sprint(started[0])}, nil
	}
	answer, err := s.call(ctx, "POST", s.hooks[k.name], body)
	if err != nil {
		return nil, err
	}
	if id, ok := answer["id"].(string); ok {
		return []string{id}, nil
	}
	return nil, nil
}

// follow asks for an execution until it has ended, approves what it asks for, and says
// how it ended and how long it took by its own clock.
func (s *soaker) follow(ctx context.Context, k kind, execution string) (status string, took time.Duration, err error) {
	lost := time.Now().Add(k.takes + forever)
	var x map[string]any
	for pause := max(k.takes, 10*time.Millisecond); time.Now().Before(lost); pause = min(2*pause, time.Second) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", 0, ctx.Err()
		}
		if x, err = s.call(ctx, "GET", s.url+"/v1/executions/"+execution, nil); err != nil {
			return "", 0, err
		}
		if status, _ := x["status"].(string); status != "running" {
			return status, between(x["started_at"], x["stopped_at"]), nil
		}
		if k.bySomeone {
			if err := s.approve(ctx, x); err != nil {
				return "", 0, err
			}
		}
	}
	return "", 0, fmt.Errorf("it does not end: %s", where(x))
}

// where says how far an execution has come.
func where(execution map[string]any) string {
	var all []string
	nodes, _ := execution["nodes"].([]any)
	for _, n := range nodes {
		fields, _ := n.(map[string]any)
		all = append(all, fmt.Sprintf("%v is %v after %v attempts", fields["id"], fields["status"], fields["attempts"]))
	}
	return strings.Join(all, ", ")
}

func (s *soaker) approve(ctx context.Context, execution map[string]any) error {
	nodes, _ := execution["nodes"].([]any)
	for _, n := range nodes {
		fields, _ := n.(map[string]any)
		if address, ok := fields["approval_url"].(string); ok && fields["status"] == "waiting" {
			_, err := s.call(ctx, http.MethodPost, address, map[string]any{"decision": "approved"})
			return err
		}
	}
	return nil
}

func between(from, to any) time.Duration {
	a, _ := from.(string)
	b, _ := to.(string)
	began, err := time.Parse(time.RFC3339Nano, a)
	ended, endErr := time.Parse(time.RFC3339Nano, b)
	if err != nil || endErr != nil {
		return 0
	}
	return ended.Sub(began)
}

// countSchedule asks how often the schedule has run. Its calls are counted first: a
// run that begins in between has ended in neither count, or is waited for.
func (s *soaker) countSchedule(ctx context.Context, o *outcome) error {
	if _, err := s.call(ctx, "POST", s.url+"/v1/workflows/"+s.schedule+"/unpublish", nil); err != nil {
		return err
	}
	for cursor := ""; ; {
		list, err := s.call(ctx, "GET", s.url+"/v1/workflows/"+s.schedule+"/executions?limit=100&cursor="+cursor, nil)
		if err != nil {
			return err
		}
		items, _ := list["items"].([]any)
		for _, item := range items {
			x, _ := item.(map[string]any)
			id, _ := x["id"].(string)
			status, _, err := s.follow(ctx, kind{}, id)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			if status == "succeeded" {
				o.ScheduleEnded++
			}
		}
		if cursor, _ = list["next_cursor"].(string); cursor == "" {
			o.ScheduleCalls = s.services.byTime()
			return nil
		}
	}
}

func (s *soaker) report(out io.Writer, checks []check) error {
	fmt.Fprintln(out)
	for _, k := range s.kinds {
		if c := s.tally.byKind[k.name]; c != nil {
			fmt.Fprintf(out, "%-10s %8d started %8d ended\n", k.name, c.started, c.ended)
		}
	}
	fmt.Fprintln(out)
	var failed []string
	for _, c := range checks {
		says := "ok"
		if !c.OK {
			says = "FAILED"
			failed = append(failed, c.Name)
		}
		fmt.Fprintf(out, "%-6s %-20s %s\n", says, c.Name, c.Detail)
	}
	for _, wrong := range s.tally.whatWasWrong {
		fmt.Fprintln(out, wrong)
	}
	if len(failed) > 0 {
		return fmt.Errorf("the stack did not withstand it: %s", strings.Join(failed, ", "))
	}
	return nil
}

// quiet lets through what the stack says, but for the failing service.
type quiet struct{ to io.Writer }

func (q *quiet) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("circuit breaker")) || bytes.Contains(text, []byte("error=Connector.Unavailable")) {
		return len(text), nil
	}
	return q.to.Write(text)
}
