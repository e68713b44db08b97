package local

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/httpapi"
	"switchboard/internal/metric"
	"switchboard/internal/vault"
)

// usageEvery is how often what was counted is written.
const usageEvery = time.Minute

func (s *Stack) countUsage(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(usageEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return // Close writes the rest
		}
		if err := s.usage.Flush(ctx, s.store); err != nil && ctx.Err() == nil {
			log.Error("writing what was used; it is tried again", "error", err)
		}
	}
}

// countsEvery is how often what is only counted gets an entry in the audit.
const countsEvery = time.Minute

// noteCounts puts what is only counted into the audit. What is left at the end is in the
// store, and has its turn after the next start.
func (s *Stack) noteCounts(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(countsEvery)
	defer ticker.Stop()
	for {
		if err := s.store.NoteCounts(ctx, time.Now().Add(-countsEvery)); err != nil && ctx.Err() == nil {
			log.Error("writing counts to the audit; it is tried again", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// checkCredentials looks for credentials that are due. How old the last verification
// is stands in the store, so that a restart neither forgets nor repeats one.
func (s *Stack) checkCredentials(ctx context.Context, cfg Config) {
	w := credential.Watcher{Service: s.credentials, Every: cfg.CheckCredentials}
	p := account.Principal{Account: Account, Actor: "system"}
	ticker := time.NewTicker(max(cfg.CheckCredentials/48, time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if _, _, err := w.Look(ctx, p); err != nil && ctx.Err() == nil {
			cfg.Log.Error("checking credentials; it is tried again", "error", err)
		}
	}
}

// checks look at the parts of the process: the store by reading and writing, the vault
// by sealing and opening, runner and scheduler by whether they run.
func (s *Stack) checks(v *vault.Vault) []httpapi.Check {
	return []httpapi.Check{
		{Name: "store", Run: func(ctx context.Context) error { return s.store.Writable(ctx) }},
		{Name: "vault", Run: func(ctx context.Context) error {
			at := vault.Place{Account: Account, Credential: "check", CredentialType: "check"}
			sealed, err := v.Seal(ctx, at, map[string]any{})
			if err != nil {
				return err
			}
			_, err = v.Open(ctx, at, sealed)
			return err
		}},
		{Name: "runner", Run: func(context.Context) error {
			if s.runner.stopping.Err() != nil {
				return fault.New(fault.Unavailable, "Executions are being stopped.")
			}
			return nil
		}},
		{Name: "scheduler", Run: func(context.Context) error { return s.triggers.Healthy() }},
	}
}

// writeMetrics writes the counts, and what is true at this moment.
func (s *Stack) writeMetrics(to io.Writer) error {
	const breakers, breakersHelp = "switchboard_circuit_breaker_open", "Services that are not called for a while: 1, or 0.5 while they are probed."
	gauges := []metric.Gauge{{Name: breakers, Help: breakersHelp, Value: -1}}
	for _, b := range s.network.Breakers() {
		open := 1.0
		if b.State != "open" {
			open = 0.5
		}
		gauges = append(gauges, metric.Gauge{Name: breakers, Help: breakersHelp, Labels: []string{"connector", b.Connector, "host", b.Host}, Value: open})
	}
	s.runner.mu.Lock()
	running := len(s.runner.running)
	s.runner.mu.Unlock()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	gauges = append(gauges,
		metric.Gauge{Name: "switchboard_executions_running", Help: "Executions that are under way in this process.", Value: float64(running)},
		metric.Gauge{Name: "go_goroutines", Help: "Goroutines.", Value: float64(runtime.NumGoroutine())},
		metric.Gauge{Name: "go_memstats_heap_alloc_bytes", Help: "Bytes of the heap in use.", Value: float64(memory.HeapAlloc)},
		metric.Gauge{Name: "go_memstats_sys_bytes", Help: "Bytes that the process has from the system.", Value: float64(memory.Sys)},
	)
	return s.metrics.Write(to, gauges...)
}
