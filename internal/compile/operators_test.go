package compile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestOperators runs every operator of a condition, over values that come from the
// trigger, as the definition has it. A rule is true or false, never an error.
func TestOperators(t *testing.T) {
	const (
		missing   = "{{trigger.input.nope}}"
		emptyList = `{{trigger.input.left | string | split: "," | slice: 1`
	)
	for _, c := range []struct {
		left, op, right string // JSON; right "" for none
		want            bool
	}{
		{`5`, "eq", `5`, true}, {`5`, "eq", `5.0`, true}, {`5`, "eq", `"5"`, true}, {`"5"`, "eq", `5`, true}, {`"5"`, "eq", `"5.0"`, false},
		{`"a"`, "eq", `"a"`, true}, {`"a"`, "eq", `"A"`, false}, {`true`, "eq", `true`, true}, {`true`, "eq", `"true"`, false}, {`null`, "eq", `null`, true},
		{`null`, "eq", `0`, false}, {`[1,2]`, "eq", `[1,2]`, true}, {`[1]`, "eq", `1`, false}, {`{"a":[1]}`, "eq", `{"a":[1]}`, true}, {`""`, "eq", `0`, false},
		{`5`, "ne", `6`, true}, {`5`, "ne", `"5"`, false}, {`"x"`, "ne", `5`, true}, {`null`, "ne", `1`, true},
		{`5`, "gt", `4`, true}, {`5`, "gt", `5`, false}, {`"1200"`, "gt", `1000`, true}, {`"900"`, "gt", `"1000"`, false}, {`"b"`, "gt", `"a"`, true},
		{`"x"`, "gt", `1`, false}, {`null`, "gt", `1`, false}, {`[5]`, "gt", `1`, false}, {`-1.5`, "gt", `-2`, true}, {`"1e3"`, "gt", `999`, true},
		{`"2026-02-01"`, "gt", `"2026-01-31"`, true}, {`5`, "ge", `5`, true}, {`4`, "ge", `5`, false}, {`4`, "lt", `5`, true}, {`5`, "lt", `5`, false}, {`5`, "le", `5`, true},
		{`"hello"`, "contains", `"ell"`, true}, {`"hello"`, "contains", `"ELL"`, false}, {`["a","b"]`, "contains", `"b"`, true}, {`["ab"]`, "contains", `"b"`, false},
		{`[1,2]`, "contains", `2`, true}, {`{"a":1}`, "contains", `"a"`, true}, {`{"a":1}`, "contains", `"b"`, false}, {`15`, "contains", `5`, false}, {`"a5"`, "contains", `5`, true},
		{`[]`, "contains", `"a"`, false}, {`null`, "contains", `"a"`, false},
		{`"hello"`, "not_contains", `"x"`, true}, {`["a"]`, "not_contains", `"a"`, false}, {`[]`, "not_contains", `"a"`, true},
		{`"hello"`, "starts_with", `"he"`, true}, {`"hello"`, "starts_with", `""`, true}, {`"hello"`, "starts_with", `"lo"`, false}, {`5`, "starts_with", `"5"`, false},
		{`"hello"`, "ends_with", `"lo"`, true}, {`"hello"`, "ends_with", `""`, true}, {`"lo"`, "ends_with", `"hello"`, false}, {`"äöü"`, "ends_with", `"ü"`, true}, {`"😀x"`, "starts_with", `"😀"`, true},
		{`"a"`, "in", `["a","b"]`, true}, {`"c"`, "in", `["a","b"]`, false}, {`1`, "in", `[1]`, true}, {`"ell"`, "in", `"hello"`, true}, {`1`, "in", `1`, false},
		{`"1"`, "in", `[1,2]`, true}, {`1`, "in", `["1"]`, true}, {`"x"`, "in", `[1,2]`, false}, {`{"a":1}`, "in", `[{"a":2},{"a":1}]`, true}, {`[2]`, "in", `[[2],[3]]`, true}, {`[]`, "in", `[[]]`, true}, {`[]`, "in", `[]`, false},
		{`2`, "in", `[[2]]`, false}, {`null`, "in", `[1,null]`, true}, {`false`, "in", `[false]`, true}, {`false`, "in", `[0]`, false}, {`1`, "in", `[]`, false},
		{`[1,2]`, "contains", `"2"`, true}, {`[{"a":1}]`, "contains", `{"a":1}`, true}, {`[null]`, "contains", `null`, true}, {`[1,2]`, "not_contains", `"2"`, false}, {`[[1]]`, "contains", `1`, false},
		{`"AB-12"`, "matches", `"[A-Z]+-[0-9]+"`, true}, {`"x AB-1"`, "matches", `"^[A-Z]+"`, false}, {`12`, "matches", `"1"`, false}, {`"a/b"`, "matches", `"a/b"`, true}, {`"100%}"`, "matches", `"%}$"`, true},
		{`0`, "exists", ``, true}, {`null`, "exists", ``, true}, {`0`, "not_exists", ``, false},
		{`""`, "empty", ``, true}, {`[]`, "empty", ``, true}, {`{}`, "empty", ``, true}, {`null`, "empty", ``, true}, {`0`, "empty", ``, false}, {`false`, "empty", ``, false},
		{`" "`, "empty", ``, false}, {`[0]`, "empty", ``, false}, {`[[]]`, "empty", ``, false}, {`{"a":null}`, "empty", ``, false},
		{`""`, "not_empty", ``, false}, {`[0]`, "not_empty", ``, true}, {`null`, "not_empty", ``, false}, {`0`, "not_empty", ``, true},
		{missing, "exists", ``, false}, {missing, "not_exists", ``, true}, {missing, "empty", ``, true}, {missing, "not_empty", ``, false},
		{missing, "eq", `1`, false}, {missing, "ne", `1`, false}, {missing, "gt", `1`, false}, {missing, "lt", `1`, false}, {missing, "contains", `"a"`, false},
		{missing, "not_contains", `"a"`, false}, {missing, "starts_with", `""`, false}, {missing, "ends_with", `""`, false}, {missing, "in", `["a"]`, false}, {missing, "matches", `"."`, false},
		// Texts that look like numbers beyond all that there are: commits have such hashes.
		{`"12e4567"`, "gt", `5`, false}, {`"12e4567"`, "lt", `5`, false}, {`"12e4567"`, "eq", `5`, false}, {`"12e4567"`, "ne", `5`, true}, {`5`, "lt", `"12e4567"`, false},
		{`"12e4567"`, "eq", `"12e4567"`, true}, {`"12e4567"`, "in", `[5,"12e4567"]`, true}, {`"12e4567"`, "in", `[5]`, false}, {`[5]`, "contains", `"12e4567"`, false},
		{`"12e4567"`, "gt", `"11e4567"`, true}, {`"` + strings.Repeat("9", 400) + `"`, "gt", `5`, false}, {`"12e-4567"`, "lt", `5`, true}, {`"1e199"`, "gt", `5`, true}, {`"1e+007"`, "eq", `10000000`, true},
		{"{{trigger.input.nope | upper}}", "eq", `"X"`, false}, {"a {{trigger.input.nope}}", "eq", `"a "`, false}, {"a {{trigger.input.left}}", "eq", `"a 5"`, true},
		// What stands in for something, and what finds nothing in what is there.
		{"{{trigger.input.left | default: trigger.input.nope}}", "eq", `5`, true}, {"{{trigger.input.nope | default: trigger.input.left}}", "eq", `5`, true},
		{"{{trigger.input.nope | default: trigger.input.nope}}", "exists", ``, false}, {"{{trigger.input.nope | default: null}}", "exists", ``, true},
		{"a {{trigger.input.left | default: trigger.input.nope}}", "eq", `"a 5"`, true}, {"a {{trigger.input.nope | default: trigger.input.nope}}", "exists", ``, false},
		{emptyList + " | first}}", "exists", ``, false}, {emptyList + " | last}}", "empty", ``, true}, {emptyList + " | first}}", "eq", `5`, false},
		{"a " + emptyList + " | first}}", "not_exists", ``, true}, {emptyList + ` | first | default: "x"}}`, "eq", `"x"`, true}, {emptyList + "}}", "empty", ``, true},
	} {
		t.Run(fmt.Sprintf("%s %s %s", c.left, c.op, c.right), func(t *testing.T) {
			input := map[string]any{}
			rule := map[string]any{"left": "{{trigger.input.left}}", "op": c.op}
			if strings.Contains(c.left, "{{") {
				rule["left"] = c.left
				input["left"] = 5
			} else {
				input["left"] = json.RawMessage(c.left)
			}
			if c.right != "" {
				rule["right"] = "{{trigger.input.right}}"
				input["right"] = json.RawMessage(c.right)
				if c.op == "matches" {
					rule["right"] = json.RawMessage(c.right)
				}
			}
			text, err := json.Marshal(map[string]any{
				"name": "x", "trigger": map[string]any{"type": "manual"},
				"nodes": []any{map[string]any{"id": "c", "type": "condition", "config": map[string]any{"all": []any{rule}}}},
				"edges": []any{map[string]any{"from": "trigger", "to": "c"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var w world
			result := w.run(t, mustCompile(t, string(text)).Definition, map[string]any{"input": input})
			if want := fmt.Sprintf(`{"c":{"result":%v}}`, c.want); string(result.Output) != want {
				t.Errorf("got %s %s %s, want %s", result.Output, result.Error, result.Cause, want)
			}
		})
	}
}

func TestNestedRules(t *testing.T) {
	compiled := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[{"id":"c","type":"condition","config":{"all":[
		{"left":"{{trigger.input.a}}","op":"eq","right":1},
		{"any":[{"left":"{{trigger.input.b}}","op":"eq","right":2},{"all":[{"left":"{{trigger.input.c}}","op":"exists"},{"left":"{{trigger.input.c}}","op":"ne","right":3}]}]}]}}],
		"edges":[{"from":"trigger","to":"c"}]}`)
	for input, want := range map[string]bool{
		`{"a":1,"b":2}`: true, `{"a":1,"c":4}`: true, `{"a":1,"c":3}`: false, `{"a":1}`: false, `{"a":2,"b":2}`: false, `{}`: false,
	} {
		var w world
		result := w.run(t, compiled.Definition, json.RawMessage(`{"input":`+input+`}`))
		if got := string(result.Output); got != fmt.Sprintf(`{"c":{"result":%v}}`, want) {
			t.Errorf("%s gives %s %s", input, got, result.Cause)
		}
	}
}
