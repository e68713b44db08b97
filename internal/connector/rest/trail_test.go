package rest_test

import (
	"strconv"
	"testing"

	"switchboard/internal/connector/rest"
)

func TestTrail(t *testing.T) {
	counted := func() func() string {
		n := 0
		return func() string { n++; return strconv.Itoa(n) }
	}
	inTurn := func(cursors ...string) func() string {
		n := -1
		return func() string { n++; return cursors[n%len(cursors)] }
	}
	tests := map[string]struct {
		next func() string
		want int // pages that are read, the first one included
	}{
		"OnePage":    {inTurn(""), 1},
		"ThreePages": {inTurn("a", "b", ""), 3},
		"ToItself":   {inTurn("a"), 2},
		"InACircle":  {inTurn("a", "b", "c"), 4},
		"BackToA":    {inTurn("a", "b", "a", "d"), 3},
		"EverOn":     {counted(), 1000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var trail rest.Trail
			pages := 1
			for trail.Leads(tt.next()) {
				pages++
			}
			if pages != tt.want {
				t.Errorf("%d pages were read, want %d", pages, tt.want)
			}
		})
	}
}
