package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stack is a running local stack with the stub service it calls.
type stack struct {
	dir     string
	cmd     *exec.Cmd
	url     string
	token   string
	ready   float64
	service *service
	client  *http.Client
	said    io.Writer         // gets what the stack writes to its standard error
	hooks   map[string]string // webhook URL by mode
	count   atomic.Int64      // executions so far
	rssAt   int               // after how many memory is looked at
	rssThen float64           // what it was then
}

// The modes of a load.
const (
	modeWait    = "when_finished"
	modeDurable = "immediately"
)

// start builds the stack and runs it, with flags beside those that it needs, until stop.
func start(ctx context.Context, said io.Writer, flags ...string) (_ *stack, err error) {
	s := &stack{said: said, hooks: map[string]string{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "switchboard-bench"); err != nil {
		return nil, err
	}
	binary := filepath.Join(s.dir, "local")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./infra/local").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building (run it in the repository's root): %w\n%s", err, out)
	}
	if s.service, err = newService(ctx); err != nil {
		return nil, err
	}
	if err := s.launch(ctx, binary, flags); err != nil {
		return nil, err
	}
	for _, mode := range []string{modeWait, modeDurable} {
		if s.hooks[mode], err = s.publish(ctx, mode); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *stack) launch(ctx context.Context, binary string, flags []string) error {
	s.cmd = exec.CommandContext(ctx, binary, append([]string{"-addr", "127.0.0.1:0", "-data", filepath.Join(s.dir, "data"), "-allow-net", "127.0.0.0/8"}, flags...)...)
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for s.token == "" && lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch name {
		case "URL":
			s.url = strings.TrimSpace(value)
		case "Token":
			s.token = strings.TrimSpace(value)
		}
	}
	if s.token == "" {
		return errors.New("the stack did not start")
	}
	if _, err := s.call(ctx, "GET", s.url+"/healthz", nil); err != nil {
		return err
	}
	s.ready = float64(time.Since(began).Microseconds()) / 1000
	return nil
}

func (s *stack) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	if s.service != nil {
		s.service.close()
	}
	_ = os.RemoveAll(s.dir)
}

// rss is the resident memory of the stack in MiB; 0 where the system does not tell.
func (s *stack) rss() float64 { return s.memory("VmRSS:") }

// memory is a line of /proc/PID/status in MiB (proc_pid_status(5)).
func (s *stack) memory(line string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for text := range strings.SplitSeq(string(status), "\n") {
		if value, ok := strings.CutPrefix(text, line); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// clockTick is the unit of processor times in /proc, in milliseconds: Linux shows
// them in hundredths of a second on every architecture that Go runs on.
const clockTick = 10

// cpuOf is the processor time that a process has taken, in milliseconds; 0 where the
// system does not tell.
func cpuOf(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The command's name, in brackets, may hold anything; utime and stime are the 12th
	// and 13th fields behind it (proc_pid_stat(5)).
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return clockTick * (user + system)
}

func (s *stack) call(ctx context.Context, method, url string, body any) (map[string]any, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", method, url, res.StatusCode, answer)
	}
	var v map[string]any
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &v); err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, url, err)
		}
	}
	return v, nil
}

// publish publishes the workflow that is measured, and gives the address that starts it.
func (s *stack) publish(ctx context.Context, mode string) (string, error) {
	request := func(id, body string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{
			"method": "POST", "url": s.service.url, "body": map[string]any{"text": body},
		}}
	}
	_, hook, err := s.create(ctx, map[string]any{
		"name": "Bench", "trigger": map[string]any{"type": "webhook", "config": map[string]any{"respond": mode}},
		"nodes": []any{
			map[string]any{"id": "vars", "type": "set", "config": map[string]any{"values": map[string]any{
				"who": "{{trigger.body.name | upper}}", "line": "Order {{trigger.body.id}} of {{trigger.body.total}} EUR", "total": "{{trigger.body.total}}",
			}}},
			request("first", "{{line}} for {{who}}"),
			map[string]any{"id": "is_big", "type": "condition", "config": map[string]any{"all": []any{map[string]any{"left": "{{steps.first.body.total}}", "op": "gt", "right": 1000}}}},
			request("second", "{{line}}: {{steps.first.status}}"),
		},
		"edges": []any{
			map[string]any{"from": "trigger", "to": "vars"}, map[string]any{"from": "vars", "to": "first"},
			map[string]any{"from": "first", "to": "is_big"}, map[string]any{"from": "is_big", "port": "true", "to": "second"},
		},
		"output": map[string]any{"status": "{{steps.second.status | default: null}}"},
	})
	return hook, err
}

// create publishes a workflow, and gives its id, and the address that starts it where
// it has one.
func (s *stack) create(ctx context.Context, document map[string]any) (id, hook string, err error) {
	agent, err := s.call(ctx, "POST", s.url+"/v1/agents", map[string]any{"name": "Bench"})
	if err != nil {
		return "", "", fmt.Errorf("publishing: %w", err)
	}
	workflow, err := s.call(ctx, "POST", fmt.Sprintf("%s/v1/agents/%s/workflows", s.url, agent["id"]), document)
	if err != nil {
		return "", "", fmt.Errorf("publishing: %w", err)
	}
	published, err := s.call(ctx, "POST", fmt.Sprintf("%s/v1/workflows/%s/publish", s.url, workflow["id"]), nil)
	if err != nil {
		return "", "", fmt.Errorf("publishing: %w", err)
	}
	id, _ = workflow["id"].(string)
	hook, _ = published["webhook_url"].(string)
	return id, hook, nil
}

// pollEvery is how often a caller asks whether an execution has ended. It is part of what
// is measured: of the time, and of what the stack has to do.
const pollEvery = 10 * time.Millisecond

var order = []byte(`{"id":"A-1","name":"Ann","total":1250.5}`)

// once runs one execution to its end and says how long it took.
func (s *stack) once(w *wire, mode string) (time.Duration, error) {
	began := time.Now()
	if int(s.count.Add(1)) == s.rssAt {
		s.rssThen = s.rss()
	}
	var answer struct {
		ID     string
		Status any
		Error  any
	}
	if err := w.get(&answer, "POST", strings.TrimPrefix(s.hooks[mode], s.url), order); err != nil {
		return 0, err
	}
	if mode == modeWait {
		if answer.Status != float64(http.StatusOK) {
			return 0, fmt.Errorf("the output's status is %v", answer.Status)
		}
		return time.Since(began), nil
	}
	path := "/v1/executions/" + answer.ID
	for {
		time.Sleep(pollEvery)
		if err := w.get(&answer, "GET", path, nil); err != nil {
			return 0, err
		}
		switch answer.Status {
		case "succeeded":
			return time.Since(began), nil
		case "running":
		default:
			return 0, fmt.Errorf("the execution ended as %v: %v", answer.Status, answer.Error)
		}
	}
}

func (s *stack) loads(ctx context.Context, duration time.Duration) ([]load, error) {
	for _, mode := range []string{modeWait, modeDurable} { // what is made at the first is not measured
		if err := s.some(ctx, mode, 1); err != nil {
			return nil, err
		}
	}
	var loads []load
	for _, mode := range []string{modeWait, modeDurable} {
		for _, clients := range []int{1, 8, 32} {
			loads = append(loads, s.load(ctx, mode, clients, duration))
		}
	}
	return loads, ctx.Err()
}

// some runs some executions, one after the other.
func (s *stack) some(ctx context.Context, mode string, n int) error {
	w, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	for range n {
		if _, err := s.once(w, mode); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) load(ctx context.Context, mode string, clients int, duration time.Duration) load {
	until, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	var mu sync.Mutex
	var times []time.Duration
	l := load{Mode: mode, Clients: clients}
	began, stackBefore, benchBefore := time.Now(), cpuOf(s.cmd.Process.Pid), cpuOf(os.Getpid())
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			w, err := s.dial(ctx)
			if err == nil {
				defer w.close()
			}
			for until.Err() == nil {
				var took time.Duration
				if err == nil {
					took, err = s.once(w, mode)
				}
				mu.Lock()
				if err != nil {
					l.Errors++
					mu.Unlock()
					return
				}
				times = append(times, took)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	l.PerSecond = float64(len(times)) / time.Since(began).Seconds()
	if done := float64(len(times)); done > 0 {
		l.CPUStack = (cpuOf(s.cmd.Process.Pid) - stackBefore) / done
		l.CPUBench = (cpuOf(os.Getpid()) - benchBefore) / done
	}
	slices.Sort(times)
	l.P50, l.P95, l.P99 = quantile(times, 0.5), quantile(times, 0.95), quantile(times, 0.99)
	return l
}

// quantile gives a quantile of times that are sorted, in milliseconds; 0 of none.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	return float64(times[int(q*float64(len(times)-1))].Microseconds()) / 1000
}
