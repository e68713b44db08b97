package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// An execution leaves some 115 KB of garbage and almost nothing that lives, so with Go's
// default the heap stays near its minimum of 4 MiB and is collected all the time: that
// took a quarter of the processor at 32 callers. What lives is small at first (the
// database is mapped, not read), and four times that costs some 20 MiB. It grows with
// what is under way and with the database, and four times that would be far too much.
const (
	mostGarbage    = 64 << 20 // bytes between two collections
	mostPercent    = 300      // of what lives
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
