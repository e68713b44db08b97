package recent_test

import (
	"testing"

	"switchboard/internal/recent"
)

func TestKept(t *testing.T) {
	k := recent.UpTo[string, int](10)
	has := func(key string, want int) {
		t.Helper()
		if v, ok := k.Get(key); !ok || v != want {
			t.Errorf("Get(%q) = %d, %v; want %d", key, v, ok, want)
		}
	}
	lacks := func(key string) {
		t.Helper()
		if v, ok := k.Get(key); ok {
			t.Errorf("Get(%q) = %d; want nothing", key, v)
		}
	}
	lacks("a")
	k.Put("a", 1, 6)
	k.Put("b", 2, 4)
	has("a", 1)
	has("b", 2)
	k.Put("too large", 3, 11)
	lacks("too large")
	has("a", 1)
	k.Put("c", 3, 1) // passes the bound: what was there goes
	lacks("a")
	lacks("b")
	has("c", 3)
	k.Put("d", 4, 9)
	has("c", 3)
	has("d", 4)
	k.Put("d", 5, 9) // the same one again takes no more room
	has("c", 3)
	has("d", 5)
	k.Forget(func(key string) bool { return key == "d" })
	lacks("d")
	has("c", 3)
	k.Put("e", 6, 9)
	has("c", 3)
	has("e", 6)
}
