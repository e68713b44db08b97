package jsonata_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl/jsonata"
)

func compile(tb testing.TB, src string) *jsonata.Expr {
	tb.Helper()
	e, err := jsonata.Compile(src)
	if err != nil {
		tb.Fatalf("%s: %v", src, err)
	}
	return e
}

func failure(tb testing.TB, err error) *jsonata.Error {
	tb.Helper()
	e, ok := errors.AsType[*jsonata.Error](err)
	if !ok {
		tb.Fatalf("got %v, want a *jsonata.Error", err)
	}
	return e
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		src, code string
		offset    int
	}{
		// what the reference refuses, too
		{``, "S0207", 0},
		{`1 +`, "S0207", 3},
		{`1 2`, "S0201", 2},
		{`"abc`, "S0101", 0},
		{`'abc"`, "S0101", 0},
		{`"\'"`, "S0103", 1},
		{`"\u12g4"`, "S0104", 1},
		{"$x.`a", "S0105", 3},
		{`1e999`, "S0102", 0},
		{`(1`, "S0203", 2},
		{`[1 2]`, "S0202", 3},
		{`[1,]`, "S0211", 3},
		{`+ 1`, "S0211", 0},
		{`1 := 2`, "S0212", 0},
		{`$x.1`, "S0213", 3},
		{`$x.true`, "S0213", 3},
		{`function(1){2}`, "S0208", 9},
		{`$contains("a", //)`, "S0301", 15},
		{`$contains("a", /a`, "S0302", 15},
		{`{"a": 1, "a": 2}`, "D1009", 9},
		{`$length()`, "T0410", 7},
		{`$substring("a", 1, 2, 3)`, "T0410", 10},
		{`$string() & "x"`, "T0410", 7},
		// the rule of Step Functions
		{`$`, "X0001", 0},
		{`$.a`, "X0001", 0},
		{`$$`, "X0001", 0},
		{`$list[$$ = 1]`, "X0001", 6},
		{`a`, "X0001", 0},
		{`1 + a.b`, "X0001", 4},
		{`"a".b`, "X0001", 0},
		{`function($x){$}`, "X0001", 13},
		// what the subset leaves out
		{`$x.*`, "X0001", 3},
		{`$x.**.a`, "X0001", 3},
		{`$x.%.a`, "X0001", 3},
		{`$x^(a)`, "X0001", 2},
		{`$x{a: b}`, "X0001", 2},
		{`$x@$y.a`, "X0001", 2},
		{`$x#$i`, "X0001", 2},
		{`$x ~> $string`, "X0001", 3},
		{`|$x|{}|`, "X0001", 0},
		{`$substring(?, 1)`, "X0001", 11},
		{`function($x)<n:n>{$x}`, "X0001", 12},
		{`/* comment */ 1`, "X0001", 0},
		{`/a/`, "X0001", 0},
		{`$match("a", /a/)`, "X0001", 0},
		{`$replace("a", /a/, "b")`, "X0001", 14},
		{`$now()`, "X0001", 0},
		{`$millis()`, "X0001", 0},
		{`$random()`, "X0001", 0},
		{`$uuid()`, "X0001", 0},
		{`$eval("1")`, "X0001", 0},
		{`$nosuch(1)`, "X0001", 0},
		{`$sqrt`, "X0001", 0},
		{`$string`, "X0001", 0},
		{`uppercase("a")`, "X0001", 9},
		{`($string := 1)`, "X0001", 1},
		{`($states := 1)`, "X0001", 1},
		{`function($count){1}`, "X0001", 9},
		{`function($a, $a){1}`, "X0001", 13},
		{`[$x := 1]`, "X0001", 4},
		{`true ? $x := 1`, "X0001", 10},
		{`$x.a-b`, "X0001", 5},
		{`$x.a\b`, "X0001", 3},
		{`$a$b`, "X0001", 0},
		{`"\ud800"`, "X0001", 1},
		{`$x.""`, "X0001", 3},
		{"\"\xff\"", "X0001", 0},
		{`$contains("a", /a/m)`, "X0001", 15},
		{`$contains("a", /(?=a)/)`, "X0001", 17},
		{`$contains("a", /(a)\1/)`, "X0001", 21},
		{`$contains("a", /a**/)`, "X0001", 18},
		{`$contains("a", /^*/)`, "X0001", 18},
		{`$contains("a", /a{,3}/)`, "X0001", 17},
		{`$contains("a", /a{2000}/)`, "X0001", 15},
		{`$contains("a", /[]/)`, "X0001", 17},
		{`$contains("a", /\p{L}/)`, "X0001", 18},
		{`$contains("a", /[😀]/)`, "X0001", 21},
		{`$contains("a", /é/i)`, "X0001", 18},
		// where the reference has an accident
		{`[{"a": 1}][0].a`, "X0001", 10},
		{`([1].a).b`, "X0001", 0},
		{`function($f){($f(1))[0]}`, "X0001", 20},
		{`function($v){$map($v, $string)}`, "X0001", 22},
		{`function($v){$sort($v, function($a, $b){true})}`, "X0001", 18},
		// limits
		{strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000), "X0002", 400},
		{"1" + strings.Repeat("+1", 2000), "X0002", 2001},
		{`"` + strings.Repeat("a", 1<<20) + `"`, "X0002", 0},
	} {
		t.Run(c.src[:min(len(c.src), 40)], func(t *testing.T) {
			_, err := jsonata.Compile(c.src)
			if err == nil {
				t.Fatal("compiled")
			}
			if e := failure(t, err); e.Code != c.code || e.Offset != c.offset || e.Message == "" {
				t.Errorf("got %v, want %s at offset %d", e, c.code, c.offset)
			}
		})
	}
}

func TestEval(t *testing.T) {
	vars := jsonata.MapBindings{
		"states": map[string]any{"input": map[string]any{"big": json.Number("12345678901234567890"), "exact": json.Number("1.50"), "float": 0.1, "list": []any{json.Number("1.0"), nil}}},
	}
	for name, c := range map[string]struct {
		src  string
		want any
	}{
		"PassedNumbersKeepTheirDigits": {`{"a": $states.input.big, "b": [$states.input.exact], "c": $states.input.list[0]}`, map[string]any{
			"a": json.Number("12345678901234567890"), "b": []any{json.Number("1.50")}, "c": json.Number("1.0"),
		}},
		"ComputedNumbersAreDoubles": {`[$states.input.exact + 1, $states.input.float * 3]`, []any{2.5, 0.30000000000000004}},
		"NullIsNil":                 {`[$states.input.list[1], null]`, []any{nil, nil}},
		"EmptyListAndObject":        {`{"l": [], "o": {}}`, map[string]any{"l": []any{}, "o": map[string]any{}}},
		"NoNegativeZero":            {`$string(-0.0) & (0 * -1)`, "00"},
		"SequencesAreLists":         {`$states.input.list[true]`, []any{json.Number("1.0"), nil}},
		"LongChains":                {`"a"` + strings.Repeat(` & "a"`, 5000), strings.Repeat("a", 5001)},
		"LongTailRecursion":         {`($f := function($n){$n = 0 ? "done" : $f($n - 1)}; $f(20000))`, "done"},
	} {
		t.Run(name, func(t *testing.T) {
			v, defined, err := compile(t, c.src).Eval(vars)
			if err != nil || !defined {
				t.Fatalf("defined %t, error %v", defined, err)
			}
			if diff := cmp.Diff(c.want, v); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("UndefinedIsNotNull", func(t *testing.T) {
		if v, defined, err := compile(t, `$states.nowhere`).Eval(vars); v != nil || defined || err != nil {
			t.Errorf("got %v, defined %t, error %v", v, defined, err)
		}
	})
	t.Run("NoBindings", func(t *testing.T) {
		if _, defined, err := compile(t, `$states.input`).Eval(nil); defined || err != nil {
			t.Errorf("defined %t, error %v", defined, err)
		}
	})
	t.Run("ValuesGivenAreNotChanged", func(t *testing.T) {
		list := []any{3.0, 1.0, 2.0}
		given := jsonata.MapBindings{"l": list, "o": map[string]any{"l": list}}
		for _, src := range []string{`$reverse($l)`, `$sort($l)`, `$append($l, 4)`, `[$l, $o.l]`, `$o.l[]`, `{"x": $o}`, `$merge([$o, {"l": 1}])`, `$l.[$]`, `$map([$l], function($v){[$v]})`} {
			if _, _, err := compile(t, src).Eval(given); err != nil {
				t.Errorf("%s: %v", src, err)
			}
		}
		if diff := cmp.Diff(jsonata.MapBindings{"l": []any{3.0, 1.0, 2.0}, "o": map[string]any{"l": []any{3.0, 1.0, 2.0}}}, given); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("ConcurrentUse", func(t *testing.T) {
		e := compile(t, `($f := function($n){$n <= 1 ? 1 : $n * $f($n - 1)}; {"x": $map([1..5], function($v){$f($v)}), "y": $states.input})`)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 50 {
					if v, _, err := e.Eval(vars); err != nil || fmt.Sprint(v.(map[string]any)["x"]) != "[1 2 6 24 120]" {
						t.Errorf("got %v, %v", v, err)
					}
				}
			})
		}
		group.Wait()
	})
}

func TestEvalFails(t *testing.T) {
	for name, c := range map[string]struct {
		src, code string
		offset    int
	}{
		"ErrMessage":       {`1 + $error("out of stock")`, "D3137", 10},
		"ErrNoNumber":      {`1 + (2 * "a")`, "T2002", 7},
		"ErrEndless":       {`($f := function($n){$f($n + 1)}; $f(0))`, "X0002", 22},
		"ErrDeepRecursion": {`($f := function($n){1 + $f($n + 1)}; $f(0))`, "X0002", 26},
		"ErrLargeText":     {`($f := function($s){$f($s & $s)}; $f("aaaaaaaa"))`, "X0002", 26},
		"ErrLargeList":     {`($f := function($l){$f([$l, $l])}; $f([1..100]))`, "X0002", 22},
		"ErrLargePad":      {`$pad("", 100000000)`, "D3001", 4},
		"ErrLongRange":     {`[1..1000000]`, "D2014", 2},
		"ErrManySteps":     {`($l := [1..3000]; $filter($l, function($i){$exists($filter($l, function($j){$i < $j and false}))}))`, "X0002", 0},
		// 2^60 texts, of which only 60 objects are in memory
		"ErrSharedValue": {`$reduce([1..60], function($a, $i){{"l": $a, "r": $a}}, {"t": "text"})`, "X0002", 7},
		"ErrSharedText":  {`$string($reduce([1..60], function($a, $i){{"l": $a, "r": $a}}, {"t": "text"}))`, "X0002", 7},
		"ErrEqual":       {`($t := $reduce([1..60], function($a, $i){{"l": $a, "r": $a}}, {}); $t = $reduce([1..60], function($a, $i){{"l": $a, "r": $a}}, {}))`, "X0002", 70},
		"ErrFunction":    {`{"f": function($x){$x}}`, "X0003", 0},
		"ErrNotANumber":  {`[0 / 0]`, "D1001", 3},
	} {
		t.Run(name, func(t *testing.T) {
			v, _, err := compile(t, c.src).Eval(nil)
			if err == nil {
				t.Fatalf("got %v", v)
			}
			if e := failure(t, err); e.Code != c.code {
				t.Errorf("got %v, want %s", e, c.code)
			} else if c.offset > 0 && e.Offset != c.offset {
				t.Errorf("got %v, want it at offset %d", e, c.offset)
			}
		})
	}
	t.Run("ErrMessageIsTheGiven", func(t *testing.T) {
		_, _, err := compile(t, `$error("out of " & "stock")`).Eval(nil)
		if e := failure(t, err); e.Message != "out of stock" {
			t.Errorf("got %q", e.Message)
		}
	})
	t.Run("ErrForeignValues", func(t *testing.T) {
		vars := jsonata.MapBindings{"x": []int{1}, "n": json.Number("many")}
		for _, src := range []string{`$string($x)`, `$x + 1`, `$x < 1`, `$n + 1`, `$string($n)`, `"" & [$x]`} {
			if v, _, err := compile(t, src).Eval(vars); err == nil {
				t.Errorf("%s gave %v", src, v)
			}
		}
	})
}

func TestVariables(t *testing.T) {
	for _, c := range []struct {
		src       string
		variables string
		fields    string // of $states
		whole     bool
	}{
		{`1`, "[]", "[]", false},
		{`$states.input.a & $n_a.b & $states.result`, "[n_a states]", "[input result]", false},
		{`$states`, "[states]", "[]", true},
		{`$keys($states)`, "[states]", "[]", true},
		{`$states[0].input`, "[states]", "[]", true},
		{`$states.(input)`, "[states]", "[]", true},
		{"$states.`input`.x", "[states]", "[input]", false},
		{`$states."errorOutput"[0].x`, "[states]", "[errorOutput]", false},
		{`($states).input`, "[states]", "[]", true},
		{`($x := $y; $x + $z)`, "[y z]", "[]", false},
		{`$x + ($x := 1)`, "[x]", "[]", false},
		{`($x := $x + 1; $x)`, "[x]", "[]", false},
		{`($f := function($p){$f($p) + $q}; $f(1))`, "[q]", "[]", false},
		{`($f := function(){$g + 1}; $g := 1; $f())`, "[]", "[]", false},
		{`(($x := 1); $x)`, "[x]", "[]", false},
		{`function($p){$p.states}($states.context)`, "[states]", "[context]", false},
		{`$l[$states.input.i].a`, "[l states]", "[input]", false},
	} {
		e := compile(t, c.src)
		fields, whole := e.Fields("states")
		if got := fmt.Sprint(e.Variables()); got != c.variables || fmt.Sprint(fields) != c.fields || whole != c.whole {
			t.Errorf("%s: variables %s, fields of states %v, whole %t", c.src, got, fields, whole)
		}
	}
}

func TestIsFunction(t *testing.T) {
	for name, want := range map[string]bool{"string": true, "now": true, "hash": true, "match": true, "states": false, "n_a": false, "": false, "now millis": false} {
		if got := jsonata.IsFunction(name); got != want {
			t.Errorf("IsFunction(%q) = %t", name, got)
		}
	}
}

func FuzzEval(f *testing.F) {
	for i, src := range agreed {
		if i%4 == 0 {
			f.Add(src)
		}
	}
	vars := bindings(f)
	f.Fuzz(func(t *testing.T, src string) {
		e, err := jsonata.Compile(src)
		if err != nil {
			if e := failure(t, err); e.Offset < 0 || e.Offset > len(src) {
				t.Fatalf("%v: offset outside of %q", e, src)
			}
			return
		}
		v, defined, err := e.Eval(jsonata.MapBindings(vars))
		if err != nil {
			_ = failure(t, err)
			return
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatalf("%q gave %#v, defined %t: %v", src, v, defined, err)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	vars := jsonata.MapBindings(bindings(b))
	for name, src := range map[string]string{
		"PathOf3":   `$states.result.Payload`,
		"Condition": `$type($n_a.count) = "number" and $n_a.count > 2 ? "many" : "few"`,
		"Object":    `{"channel": "#orders", "text": $states.input.id, "payload": {"total": $states.input.total, "ok": $states.result.Payload.ok}}`,
		"Text":      `"Order " & $states.input.id & ": " & $states.input.total & " EUR"`,
		"Map":       `$map($list, function($v){$v * 2})`,
		"Filter":    `$states.input.items[a = 1].tags`,
	} {
		b.Run(name, func(b *testing.B) {
			e := compile(b, src)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Eval(vars); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		compile(b, `$type($n_a.count) = "number" and $n_a.count > 2 ? "many" : "few"`)
	}
}
