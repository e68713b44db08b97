package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestOddValues runs logic nodes over values that people do not think of when they
// draw: null, nothing, numbers beyond what a float holds, texts that stand for numbers.
func TestOddValues(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	run := func(w *world, nodes, edges, input string) response {
		w.Helper()
		wf, _ := w.published(agent, `{"name": "Odd", "trigger": {"type": "manual"}, "nodes": [`+nodes+`], "edges": [`+edges+`]}`)
		return w.ended(w.post("/v1/workflows/"+wf+"/executions", `{"input": `+input+`}`).want(http.StatusAccepted).text("/id"))
	}
	const ends = `{"id": "none", "type": "set", "config": {"values": {"took": "none"}}}, {"id": "one", "type": "set", "config": {"values": {"took": "one"}}},
		{"id": "yes", "type": "set", "config": {"values": {"took": "yes"}}}, {"id": "other", "type": "set", "config": {"values": {"took": "other"}}}`
	const toEnds = `{"from": "trigger", "to": "s"}, {"from": "s", "port": "nothing", "to": "none"}, {"from": "s", "port": "first", "to": "one"},
		{"from": "s", "port": "true", "to": "yes"}, {"from": "s", "port": "default", "to": "other"}`
	for value, took := range map[string]string{
		"null": "none", "1": "one", "1.0": "one", `"1"`: "one", "true": "yes", `"true"`: "other", "false": "other", "0": "other", `""`: "other", "[1]": "other", `{"a": 1}`: "other",
	} {
		t.Run("Switch/"+value, func(t *testing.T) {
			w := w.in(t)
			run(w, `{"id": "s", "type": "switch", "config": {"value": "{{trigger.input.v}}", "cases": [
				{"name": "nothing", "equals": null}, {"name": "first", "equals": 1}, {"name": "true", "equals": true}]}}, `+ends, toEnds, `{"v": `+value+`}`).
				wantAt("/status", `"succeeded"`).wantAt("/output", fmt.Sprintf(`{%q:{"took":%q}}`, took, took))
		})
	}
	t.Run("NumbersKeepTheirDigits", func(t *testing.T) {
		run(w.in(t), `{"id": "s", "type": "set", "config": {"values": {"n": "{{trigger.input.n}}", "nothing": "{{trigger.input.z}}", "none": "<{{trigger.input.z}}>"}}}`,
			`{"from": "trigger", "to": "s"}`, `{"n": 9007199254740993, "z": null}`).
			wantAt("/output", `{"s":{"n":9007199254740993,"none":"\u003c\u003e","nothing":null}}`)
		run(w.in(t), `{"id": "s", "type": "set", "config": {"values": {"text": "n={{trigger.input.n}}"}}}`, `{"from": "trigger", "to": "s"}`, `{"n": 9007199254740993}`).
			wantAt("/error/name", `"Template.Invalid"`) // rather than with other digits
	})
	t.Run("AStopShowsWhatItGave", func(t *testing.T) {
		run(w.in(t), `{"id": "s", "type": "stop", "config": {"status": "succeeded", "message": "enough"}}`, `{"from": "trigger", "to": "s"}`, `{}`).
			wantAt("/status", `"succeeded"`).wantAt("/output/s/message", `"enough"`).wantAt("/nodes/0/output", `{"message":"enough","status":"succeeded"}`)
	})
	const wait, list = `{"id": "s", "type": "wait", "config": {%s}}`, `{"id": "s", "type": "loop", "config": {"items": "{{trigger.input.v}}"}}, {"id": "b", "type": "set", "config": {"values": {"x": "{{item}}"}}}`
	const begin = `{"from": "trigger", "to": "s"}`
	const body = begin + `, {"from": "s", "port": "body", "to": "b"}`
	for name, c := range map[string]struct{ node, edges, value, code, message string }{
		"WaitOfText":       {fmt.Sprintf(wait, `"seconds": "{{trigger.input.v}}"`), begin, `"soon"`, "Template.Invalid", "seconds must be a number from 0 to 31536000 (field /seconds)"},
		"WaitOfLess":       {fmt.Sprintf(wait, `"seconds": "{{trigger.input.v}}"`), begin, `-1`, "Template.Invalid", "seconds must be a number from 0 to 31536000 (field /seconds)"},
		"WaitOfALongTime":  {fmt.Sprintf(wait, `"seconds": "{{trigger.input.v}}"`), begin, `1e9`, "Template.Invalid", "seconds must be a number from 0 to 31536000 (field /seconds)"},
		"WaitOfNothing":    {fmt.Sprintf(wait, `"seconds": "{{trigger.input.w}}"`), begin, `1`, "Template.MissingValue", "trigger.input.w has no value (field /seconds)"},
		"UntilADay":        {fmt.Sprintf(wait, `"until": "{{trigger.input.v}}"`), begin, `"2026-01-31"`, "Template.Invalid", "until must be a time such as 2026-01-31T09:00:00Z (field /until)"},
		"UntilANumber":     {fmt.Sprintf(wait, `"until": "{{trigger.input.v}}"`), begin, `1769850000`, "Template.Invalid", "until must be a time such as 2026-01-31T09:00:00Z (field /until)"},
		"LoopOverAnObject": {list, body, `{"a": 1}`, "Template.Invalid", "the items of a loop must be a list (field /items)"},
		"LoopOverNothing":  {list, body, `null`, "Template.Invalid", "the items of a loop must be a list (field /items)"},
		"SwitchOfNothing": {`{"id": "s", "type": "switch", "config": {"value": "{{trigger.input.w}}", "cases": [{"name": "first", "equals": 1}]}}`, begin, `1`,
			"Template.MissingValue", "trigger.input.w has no value (field /value)"},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			w := w.in(t)
			run(w, c.node, c.edges, `{"v": `+c.value+`}`).wantAt("/status", `"failed"`).wantAt("/error/node", `"s"`).
				wantAt("/error/name", `"`+c.code+`"`).wantAt("/error/message", `"`+c.message+`"`)
		})
	}
	t.Run("AMistakeInATemplateIsSaidOnce", func(t *testing.T) {
		w := w.in(t)
		for _, template := range []string{"{{ }}", "{{trigger.input", "{{trigger.input.a | nofilter}}"} {
			answer := w.post("/v1/workflows/check?agent="+agent, map[string]any{
				"name": "x", "trigger": map[string]any{"type": "manual"}, "edges": []any{map[string]any{"from": "trigger", "to": "s"}},
				"nodes": []any{map[string]any{"id": "s", "type": "set", "config": map[string]any{"values": map[string]any{"a": template}}}},
			}).want(http.StatusOK)
			if answer.at("/diagnostics/0") == "" || answer.at("/diagnostics/1") != "" {
				t.Errorf("%s: %s, want one diagnostic", template, answer.body)
			}
		}
	})
}

// TestLargeLoop gives results that are more than Step Functions takes, which is said.
func TestLargeLoop(t *testing.T) {
	w := newWorld(t)
	wf, _ := w.published(w.agent(), `{"name": "Large", "trigger": {"type": "manual"}, "nodes": [
		{"id": "each", "type": "loop", "config": {"items": "{{trigger.input.list}}", "concurrency": 40}},
		{"id": "said", "type": "set", "config": {"values": {"text": "{{item}} `+strings.Repeat("x", 200)+`"}}},
		{"id": "last", "type": "set", "config": {"values": {"last": "{{steps.each.results[1999].said.text}}"}}}],
		"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "said"}, {"from": "each", "port": "done", "to": "last"}]}`)
	list := make([]int, 2_000)
	for i := range list {
		list[i] = i
	}
	ended := w.ended(w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"list": list}}).want(http.StatusAccepted).text("/id"))
	ended.wantAt("/status", `"succeeded"`).wantAt("/nodes/1/iterations/1999/iteration", `"1999"`).
		wantAt("/nodes/1/iterations_total", "").wantAt("/nodes/1/iterations_by_status", "").wantAt("/nodes/1/iterations_next", "")
	exe := "/v1/executions/" + ended.text("/id")
	w.get(exe+"?iterations=1000").want(http.StatusOK).wantAt("/nodes/1/iterations/999/iteration", `"999"`).wantAt("/nodes/1/iterations/1000", "").
		wantAt("/nodes/1/iterations_total", "2000").wantAt("/nodes/1/iterations_by_status", `{"succeeded":2000}`).wantAt("/nodes/1/iterations_next", "1000")
	w.get(exe+"?iterations_from=1000").want(http.StatusOK).wantAt("/nodes/1/iterations/0/iteration", `"1000"`).wantAt("/nodes/1/iterations/999/iteration", `"1999"`).
		wantAt("/nodes/1/iterations_total", "2000").wantAt("/nodes/1/iterations_next", "")
	if got := ended.text("/output/last/last"); !strings.HasPrefix(got, "1999 x") {
		t.Errorf("the last result is %q", got)
	}
	if got := ended.at("/nodes/0/warning"); !strings.Contains(got, "256 KiB") || ended.at("/nodes/2/warning") != "" {
		t.Errorf("warning %s, want the limit on AWS, at the loop alone", got)
	}
}
