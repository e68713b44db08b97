package exact_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/exact"
)

func TestDecode(t *testing.T) {
	long := `["` + strings.Repeat("x", 100_000) + `"]`
	for text, want := range map[string]any{
		`{"a": 12345678901234567890.10}`: map[string]any{"a": json.Number("12345678901234567890.10")},
		" [1e400, -0] \n":                []any{json.Number("1e400"), json.Number("-0")},
		`"x"`:                            "x",
		`12`:                             json.Number("12"),
		` null`:                          nil,
		`true`:                           true,
		long:                             []any{strings.Repeat("x", 100_000)},
		``:                               errAny,
		`{`:                              errAny,
		`{"a":1} x`:                      errAny,
		`{"a":1}{"a":2}`:                 errAny,
		`1 2`:                            errAny,
		`{"a":1}]`:                       errAny,
		`[1,]`:                           errAny,
	} {
		got, err := exact.Decode([]byte(text))
		if want == errAny {
			if err == nil {
				t.Errorf("%.40q gives %v", text, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%.40q gives %.60v, %v", text, got, err)
		}
	}
}

var errAny any = "an error"

// TestOneAfterTheOther reads texts of many lengths by decoders that were used
// before, good and bad ones, at the same time: each gives its own value.
func TestOneAfterTheOther(t *testing.T) {
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for n := range 2000 {
				filler := strings.Repeat("y", (n*37+worker)%1500)
				if n%7 == 0 {
					if got, err := exact.Decode([]byte(`{"x":[1,2` + filler)); err == nil {
						t.Errorf("a text that is cut off gives %v", got)
					}
				}
				text, err := json.Marshal(map[string]any{"n": n, "worker": worker, "filler": filler})
				if err != nil {
					t.Error(err)
				}
				got, err := exact.Decode(append(text, "  "...))
				m, _ := got.(map[string]any)
				if number, _ := m["n"].(json.Number); err != nil || number.String() != json.Number(jsonOf(n)).String() || m["filler"] != filler {
					t.Errorf("number %d gives %v, %v", n, got, err)
				}
			}
		})
	}
	all.Wait()
}

func jsonOf(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(`{"body":{"id":"o-17","email":"a@example.com","total":1200},"headers":{"content-type":"application/json"},"method":"POST"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := exact.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzDecode holds both ways of reading, and both of writing, to each other: a text
// that encoding/json refuses is refused, and whatever it reads is read as the same
// value and written as the same text.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"x"],"b":{"c":{}}}`, `"é😀\u2028 "`, `"\ud800\u0041\n\t\/"`, "\"\x80\"", "[\"\x01\"]", "\"\x7f\"", `01`, `-`, `1.`, `1e`, `.5`, `+1`,
		`{"a":1,"a":2}`, `{"a":1,}`, `{"a" 1}`, `{1:2}`, `[1 2]`, `tru`, `nulll`, ` [ ] `, `{"\u0061":"\\"}`, `"a\"b\\c\nd"`, "\"a\u2028b\"",
		strings.Repeat("[", 99) + strings.Repeat("]", 99), strings.Repeat("[", 101) + strings.Repeat("]", 101), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		`"` + strings.Repeat("long ", 2_000) + `"`, `{"` + strings.Repeat("k", 5_000) + `":12345678901234567890.50}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want any
		wantErr := exact.Unmarshal(text, &want)
		got, err := exact.Decode(text)
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %#v, %v; encoding/json reads %#v, %v", text, got, err, want, wantErr)
		}
		if err == nil {
			sameText(t, want)
		}
	})
}

func sameText(t *testing.T, v any) {
	t.Helper()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	wantErr := enc.Encode(v)
	got, err := exact.Encode(v)
	if (err == nil) != (wantErr == nil) || err == nil && string(got)+"\n" != want.String() {
		t.Fatalf("%#v is written as %s, %v; encoding/json writes %s, %v", v, got, err, want.Bytes(), wantErr)
	}
}

// TestEncode writes what Decode does not give, too.
func TestEncode(t *testing.T) {
	loop := map[string]any{}
	loop["again"] = []any{loop}
	for _, v := range []any{
		nil, true, 0, -12, 1 << 60, 0.5, math.Copysign(0, -1), 1e21, 1e-7, math.NaN(), math.Inf(1), float32(0.1), int64(7),
		json.Number(""), json.Number("01"), json.Number("1e5"), json.Number("-"), json.Number("many"),
		"<a href='x'>&", "\x7f\x00\t\r\n\"\\", "\xff", "\u2028", []any(nil), map[string]any(nil), []string{"a"},
		map[string]any{"\xff": 1, "b": json.RawMessage(` {"x": 1} `), "a": struct{ X int }{1}}, map[string]any{"\t": "\u2029"},
		map[int]any{1: 2}, loop, func() {},
	} {
		sameText(t, v)
	}
	many := map[string]any{}
	for n := range 100 {
		many[strings.Repeat("k", n)] = n
	}
	sameText(t, many)
	if text, err := exact.Append([]byte("x="), []any{1, "\t"}); err != nil || string(text) != `x=[1,"\t"]` {
		t.Errorf("appending gives %s, %v", text, err)
	}
}

func BenchmarkEncode(b *testing.B) {
	v, err := exact.Decode([]byte(`{"body":{"id":"o-17","email":"a@example.com","total":1200},"headers":{"content-type":"application/json"},"method":"POST"}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := exact.Encode(v); err != nil {
			b.Fatal(err)
		}
	}
}
