package main

import "testing"

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 800, 4 << 20: 800, 8 << 20: 800, 16 << 20: 400, 32 << 20: 200, 50 << 20: 125, 64 << 20: 100, 128 << 20: 50, 10 << 30: 50} {
		if got := gcPercent(live); got != want {
			t.Errorf("of %d MiB that live, %d %% may be garbage; want %d", live>>20, got, want)
		}
	}
}
