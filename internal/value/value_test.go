package value_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/value"
)

func text(t testing.TB, v any) json.RawMessage {
	t.Helper()
	encoded, err := value.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func decoded(t testing.TB, encoded json.RawMessage) any {
	t.Helper()
	v, err := value.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// store is a fetch that has some values.
func store(values ...json.RawMessage) value.Fetch {
	found := map[string]any{}
	for _, text := range values {
		v, err := value.Decode(text)
		if err != nil {
			panic(err)
		}
		found[value.ID(text)] = v
	}
	return func([]string) (map[string]any, error) { return found, nil }
}

func long(n int) string { return strings.Repeat("x", n) }

func orders(n int) map[string]any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"id": json.Number(fmt.Sprint(i)), "note": long(2000), "total": json.Number("12.50")}
	}
	return map[string]any{"status": json.Number("200"), "headers": map[string]any{"etag": "e"}, "body": map[string]any{"orders": list, "text": long(300_000)}}
}

func TestCut(t *testing.T) {
	whole := text(t, orders(100))
	id := value.ID(whole)
	ref := func(pointer string) map[string]any {
		if pointer != "" {
			pointer = "#" + pointer
		}
		return map[string]any{"$value": id + pointer}
	}
	for name, c := range map[string]struct {
		plan *value.Plan
		at   string
		want any
	}{
		"NothingIsRead": {nil, "", ref("")},
		"WhatIsReadIsThere": {
			&value.Plan{Reads: []string{"/status", "/headers/etag", "/missing/too"}}, "",
			map[string]any{"$value": id, "status": json.Number("200"), "headers": map[string]any{"etag": "e"}},
		},
		"WhatIsHandedOnHasAStandIn": {&value.Plan{Carries: []string{"/body/text"}}, "/body/text", ref("/body/text")},
		"BothAtOnce": {
			&value.Plan{Reads: []string{"/body/orders/1/total"}, Carries: []string{"/body"}}, "/body",
			map[string]any{"$value": id + "#/body", "orders": []any{nil, map[string]any{"total": json.Number("12.50")}}},
		},
		"PartsOfEveryItem": {
			&value.Plan{Reads: []string{"/body/orders/*/total"}, Carries: []string{"/body/orders/*"}}, "/body/orders/99",
			map[string]any{"$value": id + "#/body/orders/99", "total": json.Number("12.50")},
		},
		"TypesStay": {&value.Plan{Reads: []string{"/body/text/x", "/body/orders/name"}}, "/body", map[string]any{"text": "", "orders": []any{}}},
	} {
		t.Run(name, func(t *testing.T) {
			cut, err := c.plan.Cut(whole)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := value.At(decoded(t, cut), c.at)
			if diff := cmp.Diff(c.want, got); diff != "" || !ok {
				t.Errorf("at %q (-want +got):\n%s", c.at, diff)
			}
		})
	}
	t.Run("ErrTooLarge", func(t *testing.T) {
		_, err := (&value.Plan{Reads: []string{"/status", "/body/text"}}).Cut(whole)
		large, ok := errors.AsType[*value.TooLargeError](err)
		if !ok || large.Pointer != "/body/text" || large.Bytes < 300_000 || large.Total < large.Bytes {
			t.Errorf("error %v, want that /body/text is too large", err)
		}
	})
	t.Run("ErrTooManyItems", func(t *testing.T) {
		_, err := (&value.Plan{Carries: []string{"/body/orders/*"}}).Cut(text(t, orders(5000)))
		if large, ok := errors.AsType[*value.TooLargeError](err); !ok || large.Pointer != "/body/orders" {
			t.Errorf("error %v, want that /body/orders is too large", err)
		}
	})
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		plan *value.Plan
		size int
		want bool
	}{
		{nil, value.MaxRoom, true},
		{nil, value.MaxRoom + 1, false},
		{&value.Plan{Room: 100}, 101, false},
		{&value.Plan{Room: 100}, 100, true},
		{&value.Plan{Room: value.MaxRoom * 2}, value.MaxRoom + 1, false},
	} {
		if got := c.plan.Fits([]byte(long(c.size))); got != c.want {
			t.Errorf("%+v has room for %d: %v", c.plan, c.size, got)
		}
	}
}

func TestResolve(t *testing.T) {
	whole := text(t, orders(100))
	id := value.ID(whole)
	standIn := func(name string) map[string]any { return map[string]any{"$value": name} }
	t.Run("OK", func(t *testing.T) {
		given := map[string]any{"a": []any{standIn(id), "x"}, "b": standIn(id + "#/body/orders/3/id")}
		got, err := value.Resolve(given, store(whole))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"a": []any{decoded(t, whole), "x"}, "b": json.Number("3")}
		if diff := cmp.Diff(any(want), got); diff != "" {
			t.Errorf("resolved (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(standIn(id), given["a"].([]any)[0]); diff != "" {
			t.Errorf("what was given has changed:\n%s", diff)
		}
	})
	t.Run("ErrMissing", func(t *testing.T) {
		_, err := value.Resolve(standIn(id), store())
		if missing, ok := errors.AsType[*value.MissingError](err); !ok || missing.ID != id {
			t.Errorf("error %v, want that %s is missing", err, id)
		}
	})
	t.Run("DataIsLeftAsItIs", func(t *testing.T) {
		for _, data := range []any{
			standIn("x"), standIn("val_x"), standIn(id + "0"), standIn(id + "#body"), map[string]any{"$value": json.Number("1")}, map[string]any{"value": id}, id,
		} {
			got, err := value.Resolve(data, func([]string) (map[string]any, error) { return nil, errors.New("nothing is to be fetched") })
			if err != nil || !cmp.Equal(data, got) {
				t.Errorf("%v became %v, %v", data, got, err)
			}
		}
	})
	t.Run("WhatIsStoredIsNotLookedInto", func(t *testing.T) {
		secret := text(t, map[string]any{"secret": 1})
		planted := text(t, map[string]any{"body": standIn(value.ID(secret))})
		got, err := value.Resolve(standIn(value.ID(planted)), store(planted, secret))
		if diff := cmp.Diff(any(map[string]any{"body": standIn(value.ID(secret))}), got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestPartOf(t *testing.T) {
	whole := json.RawMessage(`{"a/b":[{"~":1.50}]}`)
	if got, err := value.PartOf(whole, "/a~1b/0/~0"); err != nil || string(got) != "1.50" {
		t.Errorf("PartOf = %s, %v", got, err)
	}
	for _, pointer := range []string{"/x", "/a~1b/1", "/a~1b/-1", "/a~1b/0/~0/x"} {
		if got, err := value.PartOf(whole, pointer); err == nil {
			t.Errorf("PartOf %q = %s", pointer, got)
		}
	}
}

// FuzzCut cuts random values by random plans: what is read has to be there as it
// was, what is handed on has to resolve to what it was, and the whole, too.
func FuzzCut(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		v := map[string]any{"a": g.value(4), "b": g.value(4), "c": g.value(4)}
		plan := &value.Plan{}
		for range g.IntN(4) {
			plan.Reads = append(plan.Reads, g.pointer())
		}
		for range g.IntN(4) {
			plan.Carries = append(plan.Carries, g.pointer())
		}
		whole := text(t, v)
		short, err := plan.Cut(whole)
		if err != nil {
			t.Fatal(err)
		}
		cut := decoded(t, short)
		for _, pointer := range plan.Reads {
			g.compare(t, v, cut, pointer, func(got any) (any, error) { return got, nil })
		}
		for _, pointer := range plan.Carries {
			g.compare(t, v, cut, pointer, func(got any) (any, error) { return value.Resolve(got, store(whole)) })
		}
		g.compare(t, v, cut, "", func(got any) (any, error) { return value.Resolve(got, store(whole)) })
	})
}

type generator struct{ *rand.Rand }

func (g generator) value(depth int) any {
	switch n := g.IntN(6); {
	case n == 0 || depth == 0:
		return long(g.IntN(300))
	case n == 1:
		return json.Number("1.50")
	case n < 4:
		object := map[string]any{}
		for range g.IntN(4) {
			object[string(rune('a'+g.IntN(3)))] = g.value(depth - 1)
		}
		return object
	default:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(depth - 1)
		}
		return list
	}
}

func (g generator) pointer() string {
	pointer := "/" + string(rune('a'+g.IntN(3)))
	for range g.IntN(4) {
		pointer += "/" + []string{"a", "b", "c", "0", "1", value.Each}[g.IntN(6)]
	}
	return pointer
}

// compare looks at a pointer, with every item in place of Each.
func (g generator) compare(t *testing.T, v, cut any, pointer string, resolve func(any) (any, error)) {
	t.Helper()
	if before, after, ok := strings.Cut(pointer, "/"+value.Each); ok {
		list, _ := value.At(v, before)
		items, _ := list.([]any)
		for i := range items {
			g.compare(t, v, cut, fmt.Sprintf("%s/%d%s", before, i, after), resolve)
		}
		return
	}
	want, ok := value.At(v, pointer)
	if !ok {
		return
	}
	got, ok := value.At(cut, pointer)
	if !ok {
		t.Fatalf("nothing at %q of %v", pointer, cut)
	}
	got, err := resolve(got)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("at %q: %v (-want +got):\n%s", pointer, err, diff)
	}
}
