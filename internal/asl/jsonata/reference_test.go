package jsonata_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"switchboard/internal/asl/jsonata"
)

var update = flag.Bool("update", false, "record the reference's answers anew")

// data is what the table's expressions see.
const data = `{
	"states": {
		"input": {
			"id": "ord-1", "total": 1000.50, "big": 12345678901234567890, "none": null, "yes": true, "no": false,
			"empty": {}, "emptyList": [], "emptyText": "", "zero": 0,
			"x y": {"deep": {"er": "found"}}, "and": "keyword", "één": 1,
			"one": [{"a": 1}], "items": [{"a": 1, "tags": ["x", "y"]}, {"a": 2, "tags": []}, {"b": 3}, {"a": null, "tags": "z"}],
			"nested": [[1, 2], [3, [4, 5]], []], "nestedObjects": [[{"a": 1}], [{"a": 2}, {"a": 3}]],
			"words": ["pear", "apple", "fig"], "numbers": [3, 1, 2, 10], "mixed": [1, "a", null, true, [2], {"k": "v"}],
			"text": "Hello, wörld! 😀", "spaces": "  a \t b\n\nc ", "smile": "😀a😀", "json": "{\"a\": [1, 2.50, null]}",
			"greek": "ΟΔΥΣΣΕΥΣ ΣΑΣ.", "German": "Straße ﬁn ŉ", "list1": [[1]], "undefinedText": "is undefined or not"
		},
		"result": {"Payload": {"ok": true, "n": 5}, "StatusCode": 200},
		"context": {"Execution": {"Id": "arn:aws:states:eu-west-1:1:execution:m:e"}}
	},
	"n_a": {"ts": "1700000000.000100", "count": 3},
	"list": [1, 2, 3, 4, 5],
	"text": "abc",
	"scalar": 7,
	"objects": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 3}]
}`

func bindings(tb testing.TB) map[string]any {
	tb.Helper()
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	var vars map[string]any
	if err := d.Decode(&vars); err != nil {
		tb.Fatal(err)
	}
	return vars
}

// agreed are expressions that both implementations must answer alike, errors with
// the same code included.
var agreed = []string{
	// literals and texts
	`1`, `-1`, `0`, `-0`, `1.5`, `1e3`, `1E-7`, `12345678901234567890`, `true`, `false`, `null`, `"a"`, `'a'`, `"it's"`, `'say "hi"'`,
	`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, `""`, `''`, `"日本"`,
	// arithmetic
	`1 + 2 * 3 - 4 / 5`, `7 % 3`, `-7 % 3`, `7.5 % 2`, `0.1 + 0.2`, `1 / 3`, `(1 + 2) * 3`, `-(1)`, `-$scalar`, `--1`, `- $missing`, `-$text`, `-[1]`,
	`1 - -1`, `$missing + 1`, `1 + $missing`, `1 + "a"`, `"a" + 1`, `null + 1`, `true * 2`, `[1] + 1`, `1 + [1]`, `$list + 1`, `"a" + $missing`, `$missing + "a"`,
	`1 / 0`, `1 / 0 + 1`, `0 / 0`, `(0 / 0) + 1`, `1e308 * 10`, `$string(1e308 * 10)`, `5 % 0`, `$states.input.big + 0`, `$states.input.big`,
	// comparison
	`1 = 1.0`, `1 = "1"`, `"a" = 'a'`, `null = null`, `null = false`, `$missing = $missing`, `$missing = 1`, `$missing != 1`, `1 != 2`, `$missing != $missing`,
	`[1, 2] = [1, 2]`, `[1, 2] = [2, 1]`, `{"a": 1, "b": [2]} = {"b": [2], "a": 1}`, `{"a": 1} = {"a": 1, "b": 2}`, `[] = {}`, `$states.input.total = 1000.5`,
	`1 < 2`, `2 <= 2`, `"a" < "b"`, `"B" < "a"`, `"a" > "ab"`, `"😀" < "￰"`, `"" <= "a"`, `1 < "a"`, `"a" < 1`, `null < 1`, `1 > null`, `true < false`, `[1] < 1`, `{} >= 1`,
	`$missing < 1`, `1 < $missing`, `$missing < $missing`, `$missing < null`, `null > $missing`, `$missing >= "a"`, `(0/0) < 1`, `(0/0) = (0/0)`, `1/0 > 1`,
	`1 in [1, 2]`, `3 in [1, 2]`, `1 in 1`, `"a" in "abc"`, `$missing in [1]`, `1 in $missing`, `"x" in []`, `null in [null]`, `[1] in [[1]]`, `1 in [1.0]`,
	`$states.input.empty in [$states.input.empty, 1]`, `$list in [$list]`, `{"a": 1} in [{"a": 1}]`,
	// logic
	`true and false`, `true or $error("no")`, `false and $error("no")`, `1 and "a"`, `0 or ""`, `$missing or $missing`, `$missing and true`, `null or []`, `[0] or false`,
	`[0, 1] and true`, `[[], [0]] or false`, `[[1]] and true`, `{} or {"a": 1}`, `true and 1/0`, `$list and true`, `$boolean($map)`, `$not($map)`,
	`true ? 1 : 2`, `false ? 1 : 2`, `false ? 1`, `$missing ? 1 : 2`, `true ? false ? 1 : 2 : 3`, `0 ? "a" : 1 ? "b" : "c"`, `1 = 1 ? "y" : "n"`, `function($x){$x} ? 1 : 2`,
	// text
	`"a" & "b"`, `"a" & 1 & null & true & $missing & [1, "x"] & {"k": [1.50]}`, `$missing & $missing`, `1 & 2`, `"a" & (1/0)`, `"a" & 0.1 + 0.2`, `"" & $states.input.big`,
	`"" & 1e21`, `"" & 1e20`, `"" & 1e-6`, `"" & 1e-7`, `"" & 123456789.123456789`, `"" & -0`, `"" & 100000000000000.5`, `"" & 100000000000001.5`, `"" & 0.1`,
	`"" & 1.7976931348623157e308`, `"" & 5e-324`, `"" & [1e21, 0.1 + 0.2, -0]`, `"" & ["\u0001\"\\\n\u2028é😀</script>"]`, `"" & function($x){1}`, `"" & [function($x){1}]`, `"" & {"f": function($x){1}}`,
	`"" & 999999999999999.9`, `"" & 12345.6789e-10`, `"" & 4.35 * 100`, `"" & 1.005 * 1000`, `"" & [1/0]`, `"" & [0/0]`, `"" & 2251799813685248.5`, `"" & 1125899906842624.125`,
	// paths
	`$states.input.id`, `$states.input.missing`, `$states.input.missing.more`, `$states.input.none`, `$states.input.none.x`, `$states.input.id.x`, "$states.input.`x y`.deep.er",
	`$states.input."x y"."deep".er`, `$states.input.'x y'.deep`, `$states.input.and`, `$states.input.één`, `$states.result.Payload.n`, `$states . input . id`,
	`$states.input.items.a`, `$states.input.items.tags`, `$states.input.items.b`, `$states.input.one.a`, `$states.input.one`, `$states.input.items.tags.x`, `$states.input.nested`,
	`$states.input.nestedObjects.a`, `$states.input.nested.a`, `$states.input.emptyList`, `$states.input.emptyList.a`, `$states.input.list1`, `$states.input.mixed.k`, `$states.input.words.length`,
	`$list`, `$missing`, `$missing.a.b`, `$scalar.a`, `$text.a`, `$n_a.count`, `[1, 2].a`, `[{"a": 1}].a`, `[{"a": 1}, {"a": 2}].a`, `[].a`, `{"a": 1}.a`, `{"a": [1]}.a`, `{"a": [{"b": 1}]}.a.b`,
	`(1).a`, `("x").a`, `($states.input).id`, `($states).input.id`, `($states.input.items).a`, `($states.input.items.a)`,
	`$states.input.(id)`, `$states.input.(id & "!")`, `$states.input.items.(a)`, `$states.input.items.(a + 1)`, `$states.input.items.[a]`, `$states.input.items.[a, 1]`, `$states.input.one.[a]`,
	`$states.input.items.[a].b`, `$states.input.items.{"v": a}`, `$states.input.one.{"v": a}`, `$states.input.items.{"k" & a: 1}`, `$states.input.nested.[$]`, `$states.input.nested.{"v": $}`,
	`$states.input.items.$states.input.id`, `$list.($ * 2)`, `$list.{"n": $}`, `$list.[$]`, `$list.$`, `$list.$string($)`, `$list.($ > 2 ? $)`,
	`$states.input.items.($exists(a))`, `$states.input.items.a.($ = null)`, `$states.input.words.$uppercase($)`, `$states.input.items.tags.$length($)`, `$objects.($k := k; $k & v)`,
	`$states.input.items.tags.("[" & $ & "]")`, `[1, 2, 3].($ + 1)`, `["a"].($ & "b")`, `[[1], [2]].($count($))`, `[[1, 2]].$`, `[[1, 2]].[$]`, `[[{"a": 1}]].a`, `$states.input.nested.($sum($))`,
	// keeping lists
	`$states.input.one.a[]`, `$states.input.one[].a`, `$states.input.items.b[]`, `$states.input.missing[]`, `$list[]`, `$scalar[]`, `[1][]`, `"a"[]`, `$states.input.one.[a][]`, `($states.input.one.a)[]`,
	`{"x": $states.input.one.a[]}`, `{"x": $states.input.one.a[]}.x`, `$count($states.input.one.a[])`, `[$states.input.one.a[]]`, `$states.input.items[0].a[]`, `$states.input.items.a[][0]`, `$states.input.items.a[0][]`,
	`$append([], $states.input.one.a[])`, `[[1]].$[]`, `[1].$[]`, `$filter($list, function($v){$v = 2})[]`, `($x := $list[$ = 2][]; $x)`, `$states.input.list1[]`,
	// filters
	`$list[0]`, `$list[1]`, `$list[-1]`, `$list[5]`, `$list[-6]`, `$list[1.9]`, `$list[-1.5]`, `$list[0][0]`, `$list[[0, 2]]`, `$list[[2, 0]]`, `$list[[]]`, `$list[[0, "a"]]`, `$list[0, 1]`,
	`$list[$ > 2]`, `$list[$ > 9]`, `$list[true]`, `$list[false]`, `$list["x"]`, `$list[""]`, `$list[null]`, `$list[$missing]`, `$list[$scalar - 6]`, `$list[$count($list) - 1]`, `$list[1/0]`, `$list[[1/0]]`,
	`$list[$ > 1][$ < 4]`, `$list[$ > 1][0]`, `$scalar[0]`, `$scalar[1]`, `$scalar[-1]`, `$scalar[true]`, `$scalar[$ = 7]`, `$text[0]`, `$missing[0]`, `$missing[true]`, `[$missing[true], 1]`,
	`$states.input.items[0]`, `$states.input.items[0].a`, `$states.input.items[a = 1]`, `$states.input.items[a = 1].tags`, `$states.input.items[$exists(a)].a`, `$states.input.items.tags[0]`,
	`$states.input.items.tags[-1]`, `($states.input.items.tags)[0]`, `$states.input.items.a[0]`, `$states.input.items.a[1]`, `($states.input.items.a)[1]`, `$states.input.items[3].tags`,
	`$states.input.nested[0]`, `$states.input.nested[0][0]`, `$states.input.nested[1][1]`, `$states.input.nested[1][1][0]`, `($states.input.nested)[0][0]`, `$states.input.list1[0]`, `$states.input.list1[0][0]`,
	`$states.input.nested[$count($) = 2]`, `$states.input.nested[$ = []]`, `$states.input.items[tags]`, `$states.input.items[a]`, `$states.input[id = "ord-1"].total`, `$states.input[0].id`,
	`$states.input.items.b[true]`, `$states.input.items.b[$not($exists($))]`, `$states.input.items.b[$exists($) = false]`, `$count($states.input.items.b[$exists($) = false])`,
	`$states.input.missing[true].("k")`, `$objects[k = "a"].v`, `$objects[k = "a"][v > 1]`, `$objects[k = "z"]`, `[1, 2, 3][0]`, `[1, 2, 3][-1]`, `[[1, 2], 3][0]`, `[[1]][0]`, `[[1, 2]][true]`, `{"a": 1}[0]`, `{"a": 1}[a = 1]`, `"abc"[0]`, `5[0]`, `-5[0]`, `-5[1]`,
	`(1; 2; $list)[1]`, `([1, 2])[0]`, `$filter($list, function($v){$v > 3})[0]`, `$split("a,b", ",")[1]`, `$objects[v > 1].k[0]`, `($objects[v > 1].k)[0]`, `$list[$ in [2, 3]]`,
	// constructors
	`[]`, `[1, [2, 3]]`, `[$list, 6]`, `[[$list], 6]`, `[$missing]`, `[null]`, `[$states.input.items.a]`, `[[$states.input.items.a]]`, `[$states.input.one.a]`, `[1..3]`, `[3..1]`, `[1..1]`, `[1..3, 7, 9..10]`,
	`[-1..1]`, `[1.5..3]`, `[1.."a"]`, `["a"..1]`, `[$missing..3]`, `[1..$missing]`, `["a"..$missing]`, `[0..20000000]`, `[[1..3]]`, `[[1..3][0]]`, `[[[1, 2], [3]][0]]`, `[$list[0]]`, `[1..3].($ * 2)`, `$count([1..100])`,
	`{}`, `{"a": 1}`, `{"a": $missing}`, `{"a": null, "b": $missing, "c": [$missing]}`, `{"a": {"b": {"c": $states.input.id}}}`, `{$text: 1}`, `{$missing: 1}`, `{1: 2}`, `{null: 1}`, `{"a" & "b": 1}`,
	`{"a": $states.input.items.a}`, `{"a": $states.input.one.a}`, `{"a": [$states.input.one.a]}`, `{"a": $list[9]}`, `{$text: 1, "abc": 2}`, `$list.{$string($): $}`, `{"items": [{"x": 1}, {"y": $text}]}`,
	`[[1, 2], [3]].{"a": $}`, `[[1, 2], [3]].{$string($[0]): $}`, `$states.input.nestedObjects.{"a": a}`, `([[1, 2]]).{"k": $}`, `[[1, 2, 3, [4, 5]]].{"k": $}`, `[[$list, [[6]], 7]].{"k": $, "n": $count($)}`, `[[1, 2, 3]].{$string($ % 2): $}`,
	// blocks, variables, functions
	`()`, `(1)`, `(1; 2)`, `(1; 2;)`, `($x := 1; $x + 1)`, `($x := $missing; $x)`, `($x := 1; ($x := 2; $x) + $x)`, `$x := 5`, `$a := $b := 3`, `($a := $b := 3; $a + $b)`, `($text := "shadow"; $text)`,
	`($f := function($x){$x * 2}; $f(4))`, `(function($x, $y){$x & $y})("a", "b")`, `function($x){$x}(3)`, `($f := function($x, $y){$y}; $f(1))`, `($f := function(){1}; $f(1, 2))`, `function($x){$x}`, `[function($x){$x}]`, `{"f": function($x){$x}}`,
	`($n := 10; $f := function($x){$x + $n}; $n := 20; $f(1))`, `($f := function($n){$n <= 1 ? 1 : $n * $f($n - 1)}; $f(10))`, `($f := function($n, $s){$n = 0 ? $s : $f($n - 1, $s + $n)}; $f(500, 0))`,
	`($even := function($n){$n = 0 ? true : $odd($n - 1)}; $odd := function($n){$n = 0 ? false : $even($n - 1)}; $even(100))`, `($f := function(){$g()}; $g := function(){1}; $f())`,
	`($f := function($x){function($y){$x + $y}}; $f(1)(2))`, `($f := 1; $f(2))`, `($f := $missing; $f(2))`, `($f := function(){$h(1)}; $f(); $h := 1)`, `function($x){($x; $x + 1)}(1)`, `function($x){$y := $x}(4)`,
	`($f := function($l){$l.a}; $f($states.input.one))`, `($f := function($o){$keys($o)}; $f({"a": 1}))`, `($f := function($o){$keys($o)[]}; $f({"a": 1}))`, `($f := function($o){($keys($o))}; $f({"a": 1}))`, `($f := function($o){$keys($o)[0]}; $f({"a": 1}))`,
	`$map($states.input.items, function($o){$keys($o)})`, `$map([{"a": 1}, {"b": 2}], $keys)`, `$map([{"a": 1}], $keys)`, `$map([{"a": 1}, {"b": 2}], function($o){$keys($o)})`, `$map([{"a": 1}, {"b": 2}], function($o){($k := $keys($o); $k)})`, `$map([[1]], function($v){$v})`,
	`($x := [1, 2].a; $exists($x))`, `($y := $states.input.items.[a]; $y)`, `($y := $states.input.one.[a]; $y.b)`, `($o := {"a": $states.input.one.a[]}; $o.a)`, `($o := {"a": $list[$ > 3]}; $o.a.($ + 1))`,
	// $string, $number, $boolean, $not, $exists, $type
	`$string(1)`, `$string("a")`, `$string($missing)`, `$string(null)`, `$string([1, "a", null, {"b": 2}])`, `$string({"a": [1, 2], "b": {}, "c": []}, true)`, `$string([], true)`, `$string({}, true)`, `$string("a", true)`, `$string([[1]], false)`, `$string(1, "x")`,
	`$string($states.input.big)`, `$string(1/0)`, `$string($map)`, `$string($states.input.total)`,
	`$number("12.5")`, `$number("007")`, `$number("-1e3")`, `$number("1e400")`, `$number("0x1F")`, `$number("0b101")`, `$number("0o17")`, `$number(" 0b1 ")`, `$number(" 0b1")`, `$number("0x1G")`, `$number("x0o7")`, `$number("")`, `$number("a")`, `$number(" 1")`, `$number("1.")`, `$number(".5")`,
	`$number("+1")`, `$number(true)`, `$number(false)`, `$number(null)`, `$number([1])`, `$number($missing)`, `$number(5)`, `$number("0xFFFFFFFFFFFFFFFFFF")`, `$number("-0x10")`, `$number("0B11")`, `$number("Infinity")`, `$number("1_0")`,
	`$boolean(1)`, `$boolean("")`, `$boolean([0])`, `$boolean([0, 0])`, `$boolean([[]])`, `$boolean({})`, `$boolean(null)`, `$boolean($missing)`, `$boolean(1/0)`, `$not(1)`, `$not($missing)`, `$not(null)`, `$not([])`,
	`$exists($missing)`, `$exists(null)`, `$exists($states.input.none)`, `$exists($states.input.emptyList)`, `$exists([])`, `$exists($map)`,
	`$type(1)`, `$type("a")`, `$type(null)`, `$type(true)`, `$type([])`, `$type({})`, `$type($map)`, `$type(function($x){1})`, `$type($missing)`, `$type(1/0)`, `$type(0/0)`, `$type($states.input.one.a)`, `$type($states.input.one)`,
	`$error("boom")`, `$error()`, `$error("")`, `$error($missing)`, `$error(1)`, `[1, $error("x")]`,
	// text functions
	`$length("😀é")`, `$length("")`, `$length($missing)`, `$length(1)`, `$length(null)`, `$uppercase($states.input.German)`, `$uppercase("ǅ ᾳ ΐ ᾏ")`, `$lowercase($states.input.greek)`, `$lowercase("İI")`, `$lowercase("ΑΣ'Σ. Σ")`, `$uppercase(1)`, `$lowercase($missing)`,
	`$trim($states.input.spaces)`, `$trim("\u00a0 a \u000b")`, `$trim("")`, `$trim(" ")`, `$trim($missing)`, `$contains("abc", "b")`, `$contains("abc", "")`, `$contains("abc", "z")`, `$contains($missing, "a")`, `$contains("a", $missing)`, `$contains(1, "1")`, `$contains("1", 1)`,
	`$join(["a", "b"], "-")`, `$join(["a", "b"])`, `$join("a", "-")`, `$join([], "-")`, `$join($missing, "-")`, `$join(["a", 1])`, `$join([1])`, `$join(["a"], 1)`, `$join($states.input.words, ", ")`, `$join($missing)`,
	`$split("a,b,c", ",")`, `$split("a,b,c", ",", 2)`, `$split("a,b", ",", 0)`, `$split("a,b", ",", -1)`, `$split("a,b,c", ",", 1.9)`, `$split("a,b", ",", 1/0)`, `$split("abc", "")`, `$split("", "")`, `$split("", ",")`, `$split("a", ",")`, `$split($missing, ",")`, `$split("a", $missing)`, `$split("a,b", $missing, 0)`, `$split(1, ",")`, `$split("a", 1)`,
	`$replace("aXbXc", "X", "-")`, `$replace("aXbXc", "X", "-", 1)`, `$replace("aXb", "X", "-", 0)`, `$replace("aXbXc", "X", "-", 1.5)`, `$replace("a", "", "-")`, `$replace("a", "a", "-", -1)`, `$replace("a$b", "$", "$$0")`, `$replace($missing, "a", "b")`, `$replace("aXb", "X", $missing)`, `$replace("a", $missing, "b")`, `$replace("a", 1, "b")`, `$replace("a", "a", 1)`,
	`$substring("hello", 1)`, `$substring("hello", 1, 3)`, `$substring("hello", -3)`, `$substring("hello", -3, 2)`, `$substring("hello", -9)`, `$substring("hello", 9)`, `$substring("hello", 1, 0)`, `$substring("hello", 1, -1)`, `$substring("hello", 1.7, 1.5)`, `$substring("hello", -1.5)`, `$substring("hello", -9, 2)`,
	`$substring($states.input.smile, 1)`, `$substring($states.input.smile, 0, 1)`, `$substring($states.input.smile, -1)`, `$substring($missing, 1)`, `$substring("abc", $missing)`, `$substring("abc", $missing, 2)`, `$substring(5, 1)`, `$substring("abc", "1")`, `$substring("abc", 1/0)`, `$substring("abc", 0, 1/0)`, `$substring("abc", 0/0, 2)`,
	`$substringBefore("a-b-c", "-")`, `$substringBefore("abc", "-")`, `$substringBefore("abc", "")`, `$substringBefore($missing, "-")`, `$substringBefore("abc", $missing)`, `$substringBefore($states.input.undefinedText, $missing)`, `$substringBefore("a", 1)`,
	`$substringAfter("a-b-c", "-")`, `$substringAfter("abc", "-")`, `$substringAfter("abc", "")`, `$substringAfter($missing, "-")`, `$substringAfter("abc", $missing)`, `$substringAfter(1, "a")`,
	`$pad("a", 3)`, `$pad("a", -3)`, `$pad("a", 3, "#")`, `$pad("a", -5, "xy")`, `$pad("abc", 2)`, `$pad("a", 3, "")`, `$pad("a", 0)`, `$pad("😀", 3, "😀")`, `$pad($missing, 3)`, `$pad("a", $missing)`, `$pad(5, 3)`, `$pad("a", "3")`,
	`$parse($states.input.json)`, `$parse($states.input.json).a[1]`, `$parse("1")`, `$parse("\"a\"")`, `$parse("null")`, `$parse($missing)`, `$parse(1)`, `$parse("[1, 2]")[0]`,
	// regular expressions
	`$contains("abc", /b/)`, `$contains("aBc", /b/i)`, `$contains("abc", /^b/)`, `$contains("abc", /^a.c$/)`, `$contains("a\nc", /^a.c$/)`, `$contains("a\u2028c", /^a.c$/)`, `$contains("😀", /^.$/)`, `$contains("😀", /^..$/)`, `$contains("a😀", /😀/)`, `$contains("a", /[^a]/)`, `$contains("😀", /^[^a]{2}$/)`,
	`$contains("\u00a0", /\s/)`, `$contains("a", /\S/)`, `$contains("٣", /\d/)`, `$contains("é", /\w/)`, `$contains("foo bar", /\bbar\b/)`, `$contains("foobar", /\Bbar/)`, `$contains("a/b", /a\/b/)`, `$contains("K", /k/i)`, `$contains("ſ", /s/i)`, `$contains("B", /[a-c]/i)`, `$contains("B", /[^a-c]/i)`,
	`$contains("2024-01-31", /^\d{4}-\d{2}-\d{2}$/)`, `$contains("a@b.co", /^[^@\s]+@[^@\s]+\.[a-z]{2,}$/)`, `$contains("x", /a|x|/)`, `$contains("aaa", /^(a|aa)+?$/)`, `$contains("\u0041", /\u0041\x41?/)`, `$contains("-", /[\w-]/)`, `$contains("]", /[\]]/)`, `$contains("a", /[-a]/)`, `$contains("😀", /[\u0080-\uffff]/)`, `$contains($missing, /a/)`, `$contains("a\b", /[\b]/)`,
	`$contains("abab", /^(?:ab){2}$/)`, `$contains("\ufeff", /^\s$/)`, `$contains("é", /É/)`, `$contains("a.b", /a\.b/)`, `6 / 2 / 3`, `$list[0] / 1`, `($scalar) / 7`,
	// numbers
	`$abs(-1.5)`, `$floor(-1.5)`, `$ceil(-1.5)`, `$abs($missing)`, `$floor("1")`, `$round(0.5)`, `$round(1.5)`, `$round(2.5)`, `$round(-0.5)`, `$round(-1.5)`, `$round(0.49999999999999994)`, `$round(1.005, 2)`, `$round(2.675, 2)`, `$round(125, -1)`, `$round(135, -1)`, `$round(1e21, 2)`, `$round(1.5e-7, 7)`, `$round(12.345, 1.5)`, `$round($missing, 2)`, `$round("a")`, `$round(4.525, 2)`, `$round(1/0)`, `$round(5, 0)`, `$round(123.456, -2)`, `$round(-2.5)`, `$round(9007199254740993)`, `$round(1.5, $missing)`, `$round(0, 1e17)`, `$round(5, 1e17)`, `$round(5, -1e17)`, `$round(5, 1e21)`, `$round(0, 1e21)`,
	`$sum([1, 2, 3])`, `$sum([])`, `$sum(5)`, `$sum($missing)`, `$sum(["a"])`, `$sum([1, "a"])`, `$sum("a")`, `$sum([1, null])`, `$sum([0.1, 0.2])`, `$max([1, 3, 2])`, `$max([])`, `$max(5)`, `$max($missing)`, `$max(["a"])`, `$min([3, 1])`, `$min([])`, `$min([1, 0/0])`, `$sum($states.input.items.a)`, `$sum($objects.v)`,
	// lists
	`$count([1, 2])`, `$count([])`, `$count(1)`, `$count($missing)`, `$count(null)`, `$count($states.input.items)`, `$count("abc")`, `$count({})`,
	`$append([1], [2])`, `$append(1, 2)`, `$append(1, $missing)`, `$append($missing, [1])`, `$append($missing, $missing)`, `$append([], [])`, `$append([], 1)`, `$append(1, [])`, `$append([1], [[2]])`, `$append($list[$ > 4], $list[$ > 4])`,
	`$reverse([1, 2, 3])`, `$reverse([1])`, `$reverse(1)`, `$reverse([])`, `$reverse($missing)`, `$reverse("ab")`, `$distinct([1, 2, 1, "1", [1], [1], {"a": 1}, {"a": 1}, null, null, true])`, `$distinct(1)`, `$distinct($missing)`, `$distinct([])`, `$distinct($objects.k)`, `$distinct($list[$ > 9])`, `$distinct([1, 1])`,
	`$sort([3, 1, 2])`, `$sort(["b", "a", "B", "é"])`, `$sort([1, "a"])`, `$sort([true, false])`, `$sort([])`, `$sort(1)`, `$sort($missing)`, `$sort([[1], [0]])`, `$sort($objects, function($l, $r){$l.v < $r.v})`, `$sort([3, 1, 2], function($l, $r){$l - $r})`, `$sort([3, 1, 2, 5, 4], function($l, $r){true})`, `$sort(["b", "a"], function($l, $r){""})`, `$sort([2, 1], function($l, $r){[]})`, `$sort([1, 1/0])`, `$sort(["😀", "￰"])`,
	`$map([1, 2], function($v){$v + 1})`, `$map([1, 2], function($v, $i){$v & $i})`, `$map([1, 2], function($v, $i, $a){$count($a)})`, `$map([1, 2], function(){1})`, `$map([1], function($v){$v})`, `$map([1, 2], function($v){$missing})`, `$map($missing, function($v){1})`, `$map(1, function($v){$v})`, `$map([], function($v){1})`, `$map([1, "a"], $string)`, `$map([1.4, 2.6], $round)`, `$map(["a"], $length)`, `$map([1], $length)`, `$map([1, 2], 3)`, `$map([[1, 2], [3]], function($v){$v})`, `$map([[1, 2]], $count)`,
	`$map(["a", "b"], function($v, $i){{"i": $i, "v": $v}})`, `$map([-1, 2], $abs)`, `$map(["a", "b"], $uppercase)`, `$map([1, 2], function($v){[$v]})`, `$map([1, 2], function($v){[]})`,
	`$filter([1, 2, 3], function($v){$v > 1})`, `$filter([1, 2, 3], function($v){$v > 9})`, `$filter([1, 2, 3], function($v, $i){$i = 0})`, `$filter([0, 1, ""], $boolean)`, `$filter($missing, $boolean)`, `$filter(5, function($v){true})`, `$filter([1, 2], function($v){$missing})`, `$filter([[1, 2]], function($v){true})`,
	`$single([1, 2], function($v){$v = 2})`, `$single([1, 2], function($v){true})`, `$single([1, 2], function($v){false})`, `$single([7])`, `$single([])`, `$single($missing)`,
	`$reduce([1, 2, 3], function($a, $v){$a + $v})`, `$reduce([1, 2, 3], function($a, $v){$a + $v}, 10)`, `$reduce([], function($a, $v){$a + $v})`, `$reduce([], function($a, $v){$a + $v}, 1)`, `$reduce([1, 2], function($a){$a})`, `$reduce([1, 2, 3], function($a, $v, $i, $l){$a & $v & $i & $count($l)}, "")`, `$reduce($missing, function($a, $v){1})`, `$reduce([[1], [2]], $append)`, `$reduce(["a"], function($a, $v){$a & $v})`,
	// objects
	`$keys({"a": 1, "b": 2})`, `$keys({"a": 1})`, `$keys({})`, `$keys([{"a": 1}, {"b": 2, "a": 3}])`, `$keys(1)`, `$keys($missing)`, `$keys([])`, `$count($keys({"a": 1}))`, `$lookup({"a": 1}, "a")`, `$lookup({"a": 1}, "b")`, `$lookup([{"a": 1}, {"a": [2]}], "a")`, `$lookup($states.input, "x y")`, `$lookup($missing, "a")`, `$lookup({"a": 1}, $missing)`, `$lookup(1, "a")`, `$lookup({"a": 1}, 1)`, `$lookup({"": 5}, "")`,
	`$merge([{"a": 1}, {"b": 2}, {"a": 3}])`, `$merge({"a": 1})`, `$merge([])`, `$merge($missing)`, `$merge([1])`, `$merge([{"a": 1}, 1])`, `$merge([null])`, `$merge($objects.{k: v})`, `$merge($map($objects, function($o){{$o.k: $o.v}}))`, `$merge([$missing, {"a": 1}])`,
	`$each({"a": 1, "b": 2}, function($v, $k){$k & $v})`, `$each({"a": 1}, function($v){$v})`, `$each({}, function($v){$v})`, `$each(1, function($v){$v})`, `$each({"a": 1, "b": 2}, function($v){$v = 1 ? $v})`, `$each([{"a": 1}], function($v){$v})`,
	// lists of what an evaluation made
	`($l := $map([1..3], function($i){{"i": $i, "l": [1..$i]}}); $l.l)`, `($l := $map([1..3], function($i){{"i": $i, "l": [1..$i]}}); $l[i > 1].l[0])`, `$string($map([1, 2], function($i){{"i": $i}}))`, `($o := {"a": [1, 2, 3][$ > 1]}; $o.a[0])`,
}

const answersFile = "testdata/answers.jsonl"

// TestReferenceGivesAnswers keeps the recorded answers those of the reference;
// go test -run TestReferenceGivesAnswers -update records them anew.
func TestReferenceGivesAnswers(t *testing.T) {
	ref := startReference(t)
	vars := bindings(t)
	var b bytes.Buffer
	for _, src := range agreed {
		line, err := json.Marshal(answer{Expr: src, referenceAnswer: ref.eval(t, src, vars)})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if *update {
		if err := os.WriteFile(answersFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	recorded, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(recorded, b.Bytes()) {
		t.Errorf("%s is not what the reference answers; run this test with -update", answersFile)
	}
}

// answer is a line of answersFile.
type answer struct {
	Expr string `json:"expr"`
	referenceAnswer
}

func TestEvalAnswersAsReference(t *testing.T) {
	recorded, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	vars := bindings(t)
	lines := bytes.Split(bytes.TrimSpace(recorded), []byte("\n"))
	if len(lines) != len(agreed) {
		t.Fatalf("%s holds %d answers for %d expressions; run TestReferenceGivesAnswers with -update", answersFile, len(lines), len(agreed))
	}
	for i, line := range lines {
		var want answer
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if want.Expr != agreed[i] {
			t.Fatalf("line %d of %s answers %s, not %s; run TestReferenceGivesAnswers with -update", i+1, answersFile, want.Expr, agreed[i])
		}
		v, defined, code := evaluate(want.Expr, vars)
		if problem := disagreement(t, v, defined, code, want.referenceAnswer, true); problem != "" {
			t.Errorf("%s\n%s", want.Expr, problem)
		}
	}
}

// disagreement describes how our answer differs from the reference's, if it does.
func disagreement(tb testing.TB, v any, defined bool, code string, want referenceAnswer, codes bool) string {
	tb.Helper()
	var same bool
	switch {
	case code != "" || want.Code != "":
		// A crash of the reference, such as a missing method, has no code to compare.
		same = code != "" && want.Code != "" && (code == want.Code || want.Code == "crash" || !codes)
	case !defined || want.Undefined:
		same = defined != want.Undefined
	default:
		same = sameJSON(tb, v, want.Value)
	}
	if same {
		return ""
	}
	return fmt.Sprintf("  ours:      %q defined %t, %#v\n  reference: %q undefined %t, %s %s", code, defined, v, want.Code, want.Undefined, want.Value, want.Message)
}

// evaluate compiles and evaluates; code is that of whichever failed.
func evaluate(src string, vars map[string]any) (v any, defined bool, code string) {
	e, err := jsonata.Compile(src)
	if err == nil {
		v, defined, err = e.Eval(jsonata.MapBindings(vars))
	}
	if failure, ok := errors.AsType[*jsonata.Error](err); ok {
		return nil, false, failure.Code
	}
	return v, defined, ""
}
