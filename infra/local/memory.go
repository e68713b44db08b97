package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// An execution leaves some 110 KB of garbage and almost nothing that lives, so with Go's
// default the heap stays near its minimum of 4 MiB and is collected all the time: that
// took a quarter of the processor at 32 callers. What may lie about is therefore a fixed
// amount and no share of what lives, which grows with what is under way and with the
// database: memory grows by just that much then.
const (
	mostGarbage    = 64 << 20 // bytes between two collections
	mostPercent    = 800      // of what lives; an idle stack has some 5 MiB
	leastPercent   = 50
	collectorTicks = time.Second
)

// gcPercent is GOGC for so many bytes that live, in steps, since setting it stops all
// work for a moment.
func gcPercent(live uint64) int {
	percent := int(100 * mostGarbage / max(live, 1))
	return min(mostPercent, max(leastPercent, percent/25*25))
}

// collectLess sets GOGC to what suits the heap, again and again until ctx is done,
// unless the environment says otherwise.
func collectLess(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(mostPercent)
	go func() {
		tick := time.NewTicker(collectorTicks)
		defer tick.Stop()
		percent := mostPercent
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
			metrics.Read(live)
			if now := gcPercent(live[0].Value.Uint64()); now != percent {
				debug.SetGCPercent(now)
				percent = now
			}
		}
	}()
}
