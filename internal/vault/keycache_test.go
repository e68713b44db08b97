package vault

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"
)

var zeros = make([]byte, keyBytes)

func aKey(b byte) []byte { return bytes.Repeat([]byte{b}, keyBytes) }

// held reaches into the cache: what is wiped cannot be seen from outside.
func held(t *testing.T, c *keyCache, name keyName) []byte {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.held[name]
	if !ok {
		t.Fatal("the key is not held")
	}
	return e.Value.(*heldKey).key
}

func TestKeyCache(t *testing.T) {
	t.Run("GivesCopies", func(t *testing.T) {
		c := newKeyCache(2, time.Minute)
		given := aKey(1)
		c.put(keyName{1}, given)
		clear(given)
		got, ok := c.get(keyName{1})
		if !ok || !bytes.Equal(got, aKey(1)) {
			t.Fatalf("get = %x, %v", got, ok)
		}
		clear(got)
		if again, _ := c.get(keyName{1}); !bytes.Equal(again, aKey(1)) {
			t.Error("wiping a copy wiped the key")
		}
	})
	t.Run("WipesTheOldestWhenFull", func(t *testing.T) {
		c := newKeyCache(2, time.Minute)
		c.put(keyName{1}, aKey(1))
		oldest := held(t, c, keyName{1})
		c.put(keyName{2}, aKey(2))
		c.put(keyName{3}, aKey(3))
		if _, ok := c.get(keyName{1}); ok || !bytes.Equal(oldest, zeros) {
			t.Errorf("the oldest is held: %v; its bytes: %x", ok, oldest)
		}
		for _, b := range []byte{2, 3} {
			if got, _ := c.get(keyName{b}); !bytes.Equal(got, aKey(b)) {
				t.Errorf("key %d = %x", b, got)
			}
		}
	})
	t.Run("WipesWhatIsReplaced", func(t *testing.T) {
		c := newKeyCache(2, time.Minute)
		c.put(keyName{1}, aKey(1))
		first := held(t, c, keyName{1})
		c.put(keyName{1}, aKey(1))
		if got, ok := c.get(keyName{1}); !ok || !bytes.Equal(got, aKey(1)) || !bytes.Equal(first, zeros) {
			t.Errorf("get = %x, %v; the first: %x", got, ok, first)
		}
	})
	t.Run("WipesUnaskedWhenTimeIsOver", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newKeyCache(10, time.Minute)
			c.put(keyName{1}, aKey(1))
			first := held(t, c, keyName{1})
			time.Sleep(40 * time.Second) // the bubble's time
			c.put(keyName{2}, aKey(2))
			second := held(t, c, keyName{2})

			time.Sleep(20 * time.Second)
			synctest.Wait()
			if !bytes.Equal(first, zeros) {
				t.Error("the first is not wiped after a minute")
			}
			if _, ok := c.get(keyName{2}); !ok {
				t.Error("the second is gone after 20 seconds")
			}
			time.Sleep(40 * time.Second)
			synctest.Wait()
			if !bytes.Equal(second, zeros) || len(c.held) != 0 || c.byAge.Len() != 0 {
				t.Error("the second is not wiped after a minute")
			}
		})
	})
}

func TestNameOfTellsKeyFromContext(t *testing.T) {
	if nameOf([]byte("ab"), []byte("c")) == nameOf([]byte("a"), []byte("bc")) {
		t.Error("a byte moved from key to context gives the same name")
	}
}

type counting struct{ unwrapped int }

func (c *counting) NewDataKey(context.Context, map[string]string) ([]byte, []byte, error) {
	return aKey(9), []byte("wrapped"), nil
}

func (c *counting) ID() string { return "" }

func (c *counting) Unwrap(context.Context, []byte, map[string]string) ([]byte, error) {
	c.unwrapped++
	return aKey(9), nil
}

func TestOpenAsksForAKeyOncePerFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := &counting{}
		v := New(keys)
		at := Place{Account: "acc_1", Credential: "cred_1", CredentialType: "twilio"}
		s, err := v.Seal(t.Context(), at, map[string]any{"token": "x"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{1, 1, 2} {
			for range 10 {
				if _, err := v.Open(t.Context(), at, s); err != nil {
					t.Fatal(err)
				}
			}
			if keys.unwrapped != want {
				t.Errorf("unwrapped %d times, want %d", keys.unwrapped, want)
			}
			time.Sleep(5*time.Minute - time.Second)
		}
	})
}
