package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow to four times what lives in it before garbage is
// collected. An execution leaves some 120 KB of garbage and almost nothing that
// lives, so with Go's default the heap stays near its minimum of 4 MiB and is
// collected all the time: that took a quarter of the processor at 32 callers. What
// lives is small (the database is mapped, not read), so this costs some 20 MiB.
const gcPercent = 300

// collectLess sets it, unless the environment says otherwise.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
