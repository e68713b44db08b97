package template_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

func decode(t testing.TB, text string) template.Vars {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var vars template.Vars
	if err := d.Decode(&vars); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return vars
}

func parse(t testing.TB, src string) *template.Template {
	t.Helper()
	text, problems := template.Parse(src)
	for _, p := range problems {
		t.Fatalf("Parse(%q): %s at %d to %d", src, p.Message, p.Start, p.End)
	}
	return text
}

// compare renders in Go and in the reference implementation.
func compare(t *testing.T, p evaluator, src string, vars template.Vars) {
	t.Helper()
	text := parse(t, src)
	expr, err := text.JSONata(resolve)
	if err != nil {
		t.Fatalf("JSONata(%q): %v", src, err)
	}
	got := p.evaluate(t, expr, variables(vars))
	want, err := text.Render(vars, template.TargetText)
	describe := func() string {
		all, _ := json.Marshal(vars)
		if len(all) > 400 {
			all = []byte("the variables of the test")
		}
		return fmt.Sprintf("%s\nwith %s\nas %s\nJSONata gives %s %s\nGo gives %#v, %v", src, all, expr, got.Value, got.Error, want, err)
	}
	if err != nil {
		f := fault.Of(err)
		message := strings.NewReplacer("{{", "", "}}", "").Replace(string(f.Code) + ": " + f.Message)
		if got.Error != message {
			t.Error(describe())
		}
		return
	}
	if got.Error != "" || got.undefined() || !sameJSON(t, got.Value, want) {
		t.Error(describe())
	}
}

// sameJSON compares numbers as the doubles that they are in JavaScript.
func sameJSON(t *testing.T, got json.RawMessage, want any) bool {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(a, b)
}

const comparedVars = `{
	"trigger": {"body": {"id": "A-1", "total": 12.5, "none": null, "x y": [1, [2], []], "toString": "mine", "and": 7, "zürich": "ok", "": "empty"},
		"headers": {"content-type": "text/plain"}},
	"steps": {"a": {"list": [{"n": 1}, {"n": 2}], "one": [{"n": 3}], "empty": [], "nested": [[1]], "text": " a, b ", "nulls": [null, "x", 1.5, true, {"k": [1]}]},
		"skipped": null, "scalar": "text"},
	"n": 2.675, "minus": -2.5, "big": 1e+21, "small": 1e-7, "digits": 123456789012345, "flag": false, "zero": 0,
	"s": "Straße ǰ 𝒳 ΟΔΟΣ", "t": "\t x  y \r\n", "v": {"v": {"v": 1}}, "emptytext": "", "quoted": "\"%} \\ \n é \u2028 $v {{x}}",
	"tie": [0.5, 1.5, 2.5, -0.5, 1.005, 1.115, 8.345, -1.115, 2.5000001, 1e-7, 123456789.125], "sep": ", ", "two": 2, "commit": "12e4567", "digits400": "9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
}`

func TestJSONataGivesWhatRenderGives(t *testing.T) { eachEvaluator(t, compareTable) }

func compareTable(t *testing.T, p evaluator) {
	t.Helper()
	vars := decode(t, comparedVars)
	paths := []string{
		"trigger.body.id", "trigger.body.total", "trigger.body.none", `trigger.body["x y"]`, `trigger.body["x y"][1]`, `trigger.body["x y"][2]`,
		`trigger.body["x y"][3]`, `trigger.body["x y"][1][0]`, `trigger.body["x y"][0][0]`, "trigger.body.toString", "trigger.headers.toString",
		"trigger.headers.constructor", "trigger.body.__proto__", "trigger.body.and", "trigger.body.zürich", `trigger.body[""]`, "trigger.headers.content-type",
		"trigger.body.id[0]", "trigger.body.id.length", "trigger.body.none.x", "trigger.nope", "nope", "nope.x", "trigger.body", "steps.a.list",
		"steps.a.list.n", "steps.a.list[0].n", "steps.a.list[1]", "steps.a.list[2]", "steps.a.list[2].n", "steps.a.one", "steps.a.one.n", "steps.a.one[0]",
		"steps.a.empty", "steps.a.empty[0]", "steps.a.nested", "steps.a.nested[0]", "steps.a.nested[0][0]", "steps.skipped", "steps.skipped.x",
		"steps.never", "steps.scalar", "steps.scalar.x", "steps.scalar[0]", "n", "big", "small", "digits", "flag", "zero", "s", "t", "v.v.v", "emptytext",
		"quoted", "steps.a.nulls", "tie", "minus",
	}
	filters := []string{
		"", `default: "none"`, `default: null`, `default: trigger.body.id`, `default: steps.skipped`, `default: nope.x | default: 5`, "upper", "lower", "trim",
		"number", "string", "length", "join", `join: "-"`, `join: sep`, `join: nope`, `join: two`, `split: ","`, `split: ", " | length`, `split: sep`, "first", "last",
		`first | default: "-"`, `first | upper | default: "-"`, `replace: "a", "$1$$"`, `replace: " ", ""`, `replace: sep, nope | default: 1`, "slice: 1", "slice: -2", "slice: 0, 2",
		"slice: 1, 1", "slice: 2, 1", "slice: -3, -1", "slice: two", "slice: 0, two", "slice: 0, n", "slice: -100, 100", "slice: 100", "round", "round: 2", "round: two",
		`string | replace: ".", ","`, `upper | default: "d" | lower`, "slice: 0, 2 | first", `join | split: ", " | last`,
	}
	for _, path := range paths {
		for _, f := range filters {
			src := "{{" + path + "}}"
			if f != "" {
				src = "{{" + path + " | " + f + "}}"
			}
			compare(t, p, src, vars)
			if f == "" {
				compare(t, p, "<"+src+">", vars)
			}
		}
	}
	for _, src := range []string{
		"", "plain", `\{{x}}`, "%} {% x %}", "{{n}}{{flag}}", "a {{trigger.body.id}} b {{trigger.body.total}} c {{nope}} d", `"{{quoted}}"`,
		"{{trigger.body.none}}|{{trigger.body}}|{{steps.a.nulls}}", `{{nope | default: "%}"}}`, "{{tie[4] | round: 2}} {{tie[5] | round: 2}}",
		"{{commit | number}}", "{{digits400 | number}}", "{{digits}}{{small}}{{big}}", "{{v.v}}{{trigger.body.id}}{{steps.a.text | trim | upper | split: ','| last}}",
	} {
		compare(t, p, src, vars)
	}
	for i := range 11 {
		for d := range 5 {
			compare(t, p, fmt.Sprintf("{{tie[%d] | round: %d}}", i, d), vars)
		}
	}
}

// TestJSONataOfCases compares upper and lower over all characters that have cases
// in the Unicode version of both.
func TestJSONataOfCases(t *testing.T) { eachEvaluator(t, compareCases) }

func compareCases(t *testing.T, p evaluator) {
	t.Helper()
	var b strings.Builder
	for _, r := range [][2]rune{{0x20, 0x19A}, {0x19C, 0x263}, {0x265, 0x587}, {0x10A0, 0x10FF}, {0x13A0, 0x13FF}, {0x1C90, 0x1CBF}, {0x1D00, 0x2132}, {0x24B6, 0x24E9}, {0x2C00, 0x2D2D}, {0xFB00, 0xFB17}, {0xFF21, 0xFF5A}, {0x10400, 0x1044F}} {
		for c := r[0]; c <= r[1]; c++ {
			b.WriteString(string(c) + " ")
		}
	}
	b.WriteString("ΑΣ ΑΣ. ΑΣ.Α Σ 'Σ Α'Σ ΑΣΣ ΑΣ'Β ΑΣ' Β ΑΣ1 1Σ ΣΑΣ ᾼΣ ⓐΣ ʰΣ")
	vars := template.Vars{"x": b.String()}
	compare(t, p, "{{x | upper}}", vars)
	compare(t, p, "{{x | lower}}", vars)
}

func TestJSONataOfRandomTemplates(t *testing.T) { eachEvaluator(t, compareRandom) }

func compareRandom(t *testing.T, p evaluator) {
	t.Helper()
	g := generator{Rand: rand.New(rand.NewPCG(20, 6))}
	for range 600 {
		g.vars = template.Vars{"trigger": g.value(3), "item": g.value(2), "x": g.value(1), "v": g.value(3), "steps": map[string]any{"a": g.value(3), "b": g.value(2), "c": nil}}
		compare(t, p, g.text(), g.vars)
	}
}

func TestOptionalJSONata(t *testing.T) { eachEvaluator(t, checkOptional) }

func checkOptional(t *testing.T, p evaluator) {
	t.Helper()
	vars := decode(t, comparedVars)
	for src, want := range map[string]string{
		"{{trigger.body.id}}":             `"A-1"`,
		"{{trigger.nope}}":                "undefined",
		"{{nope.x | upper | string}}":     "undefined",
		"{{steps.skipped}}":               "undefined",
		"{{steps.a.empty | first}}":       "undefined",
		"{{s | join: nope}}":              "undefined",
		"{{steps.a.list | join: nope}}":   "undefined",
		"{{trigger.body.none}}":           "null",
		"{{nope | default: 1}}":           "1",
		"{{nope | default: nope.y}}":      "undefined",
		"{{trigger.body.total | string}}": `"12.5"`,
	} {
		expr, err := parse(t, src).OptionalJSONata(resolve)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := template.ParseValue(src)
		switch found, err := value.Found(resolve); {
		case err != nil:
			t.Fatal(err)
		case len(found) == 0 && want == "undefined" || len(found) > 0 && found[0] != expr:
			t.Errorf("%s is found by %q, want %s", src, found, expr)
		}
		got := p.evaluate(t, expr, variables(vars))
		text := string(got.Value) + got.Error
		if got.undefined() {
			text = "undefined"
		}
		if text != want {
			t.Errorf("%s as %s = %s, want %s", src, expr, text, want)
		}
	}
}

// A number that would print as another one is refused rather than changed.
func TestJSONataRefusesToChangeWholeNumbers(t *testing.T) { eachEvaluator(t, checkWholeNumbers) }

func checkWholeNumbers(t *testing.T, p evaluator) {
	t.Helper()
	vars := decode(t, `{"id": 9007199254740993, "long": 1234567890123456789, "fraction": 0.30000000000000004, "nanos": 1700000000000000000}`)
	for src, want := range map[string]string{
		"id {{id}}":         "15 digits",
		"{{long | string}}": "15 digits",
		"is {{fraction}}":   `"is 0.3"`,
		"at {{nanos}}":      `"at 1700000000000000000"`,
		"{{id}}":            "90071992547409",
	} {
		expr, err := parse(t, src).JSONata(resolve)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.evaluate(t, expr, variables(vars)); !strings.Contains(string(got.Value)+got.Error, want) {
			t.Errorf("%s = %s%s, want %s", src, got.Value, got.Error, want)
		}
	}
}

func TestJSONataBesideOtherVariables(t *testing.T) { eachEvaluator(t, checkVariables) }

func checkVariables(t *testing.T, p evaluator) {
	t.Helper()
	vars := decode(t, `{"v": {"a": {"b": "x"}}, "t": ["y"], "a": "-", "n_1": null}`)
	for _, src := range []string{"{{v.a.b}}{{t[0]}}", "{{t | join: a}}", "{{n_1 | default: v.a.b}}", "{{t | slice: 0, 1}}"} {
		compare(t, p, src, vars)
	}
	expr := "$map([{\"k\":{\"x\":1}},{\"k\":5}],function($v){" + template.PathJSONata("$v", []template.Step{{Name: "k"}, {Name: "x"}}) + "})"
	if got := p.evaluate(t, expr, nil); string(got.Value) != "1" {
		t.Errorf("%s = %s%s, want 1", expr, got.Value, got.Error)
	}
}

func TestPathJSONata(t *testing.T) {
	steps := []template.Step{{Name: "x"}, {IsIndex: true, Index: 2}, {Name: "and"}}
	for base, want := range map[string]string{
		"$n_a":         `($v:=$type($n_a)="object"?$n_a.x;$v:=$type($v)="array"?$v[2];$type($v)="object"?$lookup($v,"and"))`,
		"$merge($n_a)": `($v:=$merge($n_a);$v:=$type($v)="object"?$v.x;$v:=$type($v)="array"?$v[2];$type($v)="object"?$lookup($v,"and"))`,
		"$f($v, $i12)": `($v1:=$f($v, $i12);$v1:=$type($v1)="object"?$v1.x;$v1:=$type($v1)="array"?$v1[2];$type($v1)="object"?$lookup($v1,"and"))`,
	} {
		if got := template.PathJSONata(base, steps); got != want {
			t.Errorf("PathJSONata(%s) = %s\nwant %s", base, got, want)
		}
	}
	if got := template.PathJSONata("$n_a", nil); got != "$n_a" {
		t.Errorf("PathJSONata without steps = %s", got)
	}
}

var (
	emittedText = regexp.MustCompile(`"(\\.|[^"\\])*"|/[^/]+/`) // or pattern
	bareContext = regexp.MustCompile(`\$([^A-Za-z]|$)`)
)

// At the top level Step Functions has no $ and no $$, and %} ends an expression.
func TestJSONataFitsStepFunctions(t *testing.T) {
	for _, src := range []string{"{{a.b.c | default: \"%}\"}} %} $$", `{{a["%}"] | trim | round | slice: 1, -1 | join}}`, "{{a | number | string | first}}"} {
		expr, err := parse(t, src).JSONata(resolve)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(expr, "%}") {
			t.Errorf("%s has %%}: %s", src, expr)
		}
		if code := emittedText.ReplaceAllString(expr, `""`); bareContext.MatchString(code) {
			t.Errorf("%s uses $ or $$: %s", src, code)
		}
	}
}

func TestJSONataFilters(t *testing.T) {
	offered := map[string]bool{}
	for _, name := range template.JSONataFilters() {
		offered[name] = true
	}
	for _, name := range template.Filters() {
		src := "{{a | " + name + "}}"
		if name == "default" || name == "split" || name == "slice" {
			src = "{{a | " + name + ": 1}}"
		}
		if name == "split" {
			src = `{{a | split: ","}}`
		}
		if name == "replace" {
			src = `{{a | replace: "a", "b"}}`
		}
		_, err := parse(t, src).JSONata(resolve)
		if offered[name] != (err == nil) {
			t.Errorf("%s: error %v, but offered is %v", name, err, offered[name])
		}
		if f := fault.Of(err); err != nil && (f.Code != fault.InvalidTemplate || f.Hint == "") {
			t.Errorf("%s: %+v, want an InvalidTemplate fault with a hint", name, f)
		}
	}
}
