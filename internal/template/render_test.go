package template_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

const renderVars = `{
	"trigger": {"body": {"id": "A-1", "total": 12.50, "big": 12345678901234567890, "none": null, "yes": true, "no": false, "empty": "", "zero": 0,
		"list": [1, "two", null, {"b": 1, "a": "<&>\u2028é"}], "length": "own", "0": "zero"}, "headers": {"content-type": "text/html"}},
	"steps": {"ran": {"ok": null}, "skipped": null}, "item": {"a": [[]]}, "index": 2, "name": "Ada"
}`

// rendered is a value as JSON, or what a fault says.
func rendered(v any, err error) string {
	if err != nil {
		f := fault.Of(err)
		return string(f.Code) + ": " + f.Message
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
}

func testRender(t *testing.T, vars string, target template.Target, cases map[string]string) {
	t.Helper()
	values := decode(t, vars)
	for src, want := range cases {
		if got := rendered(parse(t, src).Render(values, target)); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
	}
}

func TestRender(t *testing.T) {
	testRender(t, renderVars, template.TargetText, map[string]string{
		"":                                          `""`,
		"plain":                                     `"plain"`,
		`\{{name}} }} \ {`:                          `"{{name}} }} \\ {"`,
		"{{name}}":                                  `"Ada"`,
		" {{name}}":                                 `" Ada"`,
		"{{trigger.body.total}}":                    "12.50",
		"{{trigger.body.total}} EUR":                `"12.50 EUR"`,
		"id {{trigger.body.big}}":                   `"id 12345678901234567890"`,
		"{{trigger.body.yes}}":                      "true",
		"{{trigger.body.yes}}.":                     `"true."`,
		"{{trigger.body.none}}":                     "null",
		"<{{trigger.body.none}}>":                   `"<>"`,
		"{{trigger.body.list[3]}}":                  `{"a":"<&>\u2028é","b":1}`,
		"{{trigger.body.list}}!":                    `"[1,\"two\",null,{\"a\":\"<&>\u2028é\",\"b\":1}]!"`,
		"{{trigger.body.list[1]}}":                  `"two"`,
		`{{trigger.body["0"]}}`:                     `"zero"`,
		"{{trigger.body.length}}":                   `"own"`,
		"{{trigger.headers.content-type}}{{index}}": `"text/html2"`,
		"{{item.a[0]}}":                             "[]",
		"{{steps.ran.ok}}":                          "null",
		"{{steps.ran}}":                             `{"ok":null}`,
	})
}

func TestRenderMissingValues(t *testing.T) {
	const missing = "Template.MissingValue: {{%}} has no value"
	cases := map[string]string{
		"{{nope}}": "nope", "{{trigger.nope}}": "trigger.nope", "a {{trigger.body.id.x}} b": "trigger.body.id.x",
		"{{trigger.body.list[4]}}": "trigger.body.list[4]", "{{trigger.body.list.a}}": "trigger.body.list.a",
		`{{trigger.body.list["0"]}}`: `trigger.body.list["0"]`, "{{trigger.body.list.length}}": "trigger.body.list.length",
		"{{trigger.body.id[0]}}": "trigger.body.id[0]", "{{trigger.body[0]}}": "trigger.body[0]", "{{trigger.body.none.x}}": "trigger.body.none.x",
		"{{steps.skipped}}": "steps.skipped", "{{steps.skipped.x}}": "steps.skipped.x", "{{steps.never.x}}": "steps.never.x",
		"{{trigger.Body}}": "trigger.Body", "{{nope | upper}}": "nope", "{{name | join: nope}}": "nope", "{{nope | default: nada}}": "nada",
		"{{nope | default: 1 | replace: nada, ''}}": "nada", "{{item.a[0] | first}}": "item.a[0] | first", "{{item.a[0] | last | upper}}": "item.a[0] | last",
	}
	want := map[string]string{}
	for src, name := range cases {
		want[src] = strings.Replace(missing, "%", name, 1)
	}
	testRender(t, renderVars, template.TargetText, want)
	testRender(t, renderVars, template.TargetText, map[string]string{
		`{{nope | default: "x"}}`:                            `"x"`,
		`{{nope | default: null}}`:                           "null",
		`<{{nope | default: null}}>`:                         `"<>"`,
		`{{trigger.body.none | default: "x"}}`:               `"x"`,
		`{{steps.skipped | default: false}}`:                 "false",
		`{{trigger.body.empty | default: "x"}}`:              `""`,
		`{{trigger.body.no | default: "x"}}`:                 "false",
		`{{trigger.body.zero | default: "x"}}`:               "0",
		`{{nope | upper | default: "x"}}`:                    `"x"`,
		`{{nope | default: "x" | upper}}`:                    `"X"`,
		`{{nope | default: nada | default: name}}`:           `"Ada"`,
		`{{name | replace: nope, "" | default: "x"}}`:        `"x"`,
		`{{trigger.body.none | upper}}`:                      "null",
		`{{trigger.body.none | string}}`:                     `""`,
		`{{trigger.body.none | json}}`:                       `"null"`,
		`{{item.a[0] | first | default: trigger.body.list}}`: `[1,"two",null,{"a":"<&>\u2028é","b":1}]`,
		`{{name | default: nope}}`:                           `"Ada"`,
	})
}

func TestRenderTakesGoNumbers(t *testing.T) {
	vars := template.Vars{"f": 1e21, "s": 1e-7, "i": 7, "n": int64(8), "half": 2.675, "minus": math.Copysign(0, -1)}
	for src, want := range map[string]string{
		"{{f}} {{s}} {{i}} {{n}} {{half}} {{minus}}": "1e+21 1e-7 7 8 2.675 0",
		"{{half | round: 2}} {{i | round}}":          "2.68 7",
	} {
		if got, err := parse(t, src).Render(vars, template.TargetText); err != nil || got != want {
			t.Errorf("%s = %v, %v, want %s", src, got, err, want)
		}
	}
	if got, err := parse(t, "{{i}}").Render(vars, template.TargetText); err != nil || !reflect.DeepEqual(got, 7) {
		t.Errorf("{{i}} = %#v, %v, want the value itself", got, err)
	}
}

// Filters must not make a small workflow into a text that fills the memory.
func TestRenderIsBounded(t *testing.T) {
	vars := template.Vars{"x": strings.Repeat("a", 1000)}
	for _, src := range []string{
		"{{x" + strings.Repeat(" | replace: 'a', 'aaaaaaaaaaaaaaaa'", 20) + "}}",
		"{{x" + strings.Repeat(" | split: 'a' | join: 'aaaaaaaaaaaaaaaa'", 15) + "}}",
		strings.Repeat("{{x | replace: 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}}", 900),
	} {
		if _, err := parse(t, src).Render(vars, template.TargetText); !fault.Is(err, fault.InvalidTemplate) {
			t.Errorf("%.40s renders with %v, want an InvalidTemplate fault", src, err)
		}
	}
}
