package exact_test

import (
	"encoding/json"
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
