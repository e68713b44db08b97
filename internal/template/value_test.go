package template_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

const config = `{
	"channel": "#orders", "text": "Order {{trigger.body.id}}", "total": "{{trigger.body.total}}", "limit": 5, "on": true, "none": null,
	"blocks": [{"a/b": "{{trigger.body.id | upper}}", "x~y": ["\\{{literal}}", "{{missing | default: 1}}"]}, ["plain"], {}], "{{key}}": "v"
}`

func parseValue(t *testing.T, text string) *template.Value {
	t.Helper()
	value, problems := template.ParseValue(map[string]any(decode(t, text)))
	for _, p := range problems {
		t.Fatalf("%s: %s", p.Pointer, p.Message)
	}
	return value
}

func TestValueRefs(t *testing.T) {
	var got []string
	for _, r := range parseValue(t, config).Refs() {
		got = append(got, r.Pointer+" "+r.Path.String())
	}
	want := []string{"/blocks/0/a~1b trigger.body.id", "/blocks/0/x~0y/1 missing", "/text trigger.body.id", "/total trigger.body.total"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Refs = %q, want %q", got, want)
	}
}

func TestParseValueProblems(t *testing.T) {
	_, problems := template.ParseValue([]any{"{{a | uper}}", map[string]any{"b": "{{", "a": "{{x y}}"}})
	var got []string
	for _, p := range problems {
		got = append(got, p.Pointer+" "+p.Code)
	}
	want := []string{"/0 unknown_filter", "/1/a template_syntax", "/1/b template_syntax"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
}

func TestValueRender(t *testing.T) {
	vars := decode(t, `{"trigger": {"body": {"id": "<a>", "total": 12.50}}}`)
	value := parseValue(t, config)
	t.Run("OK", func(t *testing.T) {
		got := rendered(value.Render(vars, nil))
		want := `{"blocks":[{"a/b":"<A>","x~y":["{{literal}}",1]},["plain"],{}],"channel":"#orders","limit":5,"none":null,"on":true,"text":"Order <a>","total":12.50,"{{key}}":"v"}`
		if got != want {
			t.Errorf("Render = %s\nwant %s", got, want)
		}
	})
	t.Run("EscapesByPointer", func(t *testing.T) {
		got, err := value.Render(vars, func(pointer string) template.Target {
			if pointer == "/text" {
				return template.TargetHTML
			}
			return template.TargetText
		})
		if err != nil {
			t.Fatal(err)
		}
		object := got.(map[string]any)
		if object["text"] != "Order &lt;a&gt;" || !strings.Contains(rendered(object["blocks"], nil), "<A>") {
			t.Errorf("Render = %v, want only /text escaped for HTML", got)
		}
	})
	t.Run("ErrMissingValueNamesPathAndField", func(t *testing.T) {
		_, err := value.Render(decode(t, `{"trigger": {"body": {"id": "x"}}}`), nil)
		f := fault.Of(err)
		want := []fault.Field{{Pointer: "/total", Message: "{{trigger.body.total}} has no value", Hint: f.Hint}}
		if f.Code != fault.MissingValue || f.Message != "{{trigger.body.total}} has no value (field /total)" || !reflect.DeepEqual(f.Fields, want) {
			t.Errorf("Render fails with %+v", f)
		}
	})
	t.Run("ErrInvalidTemplateNamesField", func(t *testing.T) {
		_, err := value.Render(decode(t, `{"trigger": {"body": {"id": 5, "total": 1}}}`), nil)
		if f := fault.Of(err); f.Code != fault.InvalidTemplate || f.Fields[0].Pointer != "/blocks/0/a~1b" || !strings.Contains(f.Message, "upper takes text") {
			t.Errorf("Render fails with %+v", f)
		}
	})
	t.Run("ScalarAtTheRoot", func(t *testing.T) {
		for _, v := range []any{"{{missing | default: 'x'}}", json.Number("5"), nil, "x"} {
			value, _ := template.ParseValue(v)
			got, err := value.Render(nil, nil)
			if want := v; err != nil || want == "{{missing | default: 'x'}}" && got != "x" || want != "{{missing | default: 'x'}}" && got != want {
				t.Errorf("rendering %v gives %v, %v", v, got, err)
			}
		}
	})
}

func TestValueEmit(t *testing.T) {
	value := parseValue(t, config)
	got, err := value.Emit(resolve, func(expr string) any { return "{% " + expr + " %}" })
	if err != nil {
		t.Fatal(err)
	}
	object := got.(map[string]any)
	if want := `{% ($v:=$type($trigger)="object"?$trigger.body;$v:=$type($v)="object"?$v.total;` +
		`$exists($v)?$v:$error("Template.MissingValue: trigger.body.total has no value (field /total)")) %}`; object["total"] != want {
		t.Errorf("total = %s\nwant %s", object["total"], want)
	}
	block := object["blocks"].([]any)[0].(map[string]any)["x~y"].([]any)
	if object["channel"] != "#orders" || block[0] != "{{literal}}" || !strings.HasPrefix(block[1].(string), "{% ") {
		t.Errorf("Emit = %v, want literals as they are and {%% %%} for the rest", got)
	}
	t.Run("ErrFilterNotOffered", func(t *testing.T) {
		value := parseValue(t, `{"a": ["{{x | date}}"]}`)
		_, err := value.Emit(resolve, func(expr string) any { return expr })
		if f := fault.Of(err); f.Code != fault.InvalidTemplate || f.Fields[0].Pointer != "/a/0" || f.Hint == "" {
			t.Errorf("Emit fails with %+v", f)
		}
	})
}

func TestValuePath(t *testing.T) {
	for src, want := range map[string]string{"{{a.b[0]}}": "a.b[0]", " {{a}}": "", "{{a | upper}}": "", "plain": "", "{{a}}{{b}}": ""} {
		value, _ := template.ParseValue(src)
		path, ok := value.Path()
		if ok != (want != "") || ok && path.String() != want {
			t.Errorf("Path of %q = %s, %v, want %q", src, path, ok, want)
		}
	}
}

func TestValuePart(t *testing.T) {
	value := parseValue(t, config)
	refs := func(value *template.Value) string {
		var all []string
		for _, r := range value.Refs() {
			all = append(all, r.Pointer+" "+r.Path.String())
		}
		return strings.Join(all, ", ")
	}
	emitted := func(value *template.Value) string {
		return rendered(value.Emit(resolve, func(string) any { return "expr" }))
	}
	object := value.At("blocks", "0")
	for _, c := range []struct{ what, got, want string }{
		{"refs of a part", refs(object), "/blocks/0/a~1b trigger.body.id, /blocks/0/x~0y/1 missing"},
		{"a part of a part", refs(object.At("x~y", "1")), "/blocks/0/x~0y/1 missing"},
		{"value of a part", emitted(object), `{"a/b":"expr","x~y":["{{literal}}","expr"]}`},
		{"plain list", emitted(value.At("blocks", "1", "0")), `"plain"`},
		{"plain member", emitted(value.At("limit")), "5"},
		{"no such member", emitted(value.At("limit", "x")), "null"},
		{"no such item", emitted(value.At("blocks", "3")), "null"},
		{"no index", emitted(value.At("blocks", "x")), "null"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	var parts []string
	for step, part := range object.Parts() {
		parts = append(parts, step.Name+": "+refs(part))
		for step, part := range part.Parts() {
			parts = append(parts, strconv.Itoa(step.Index)+": "+refs(part))
		}
	}
	if got, want := strings.Join(parts, "; "), "a/b: /blocks/0/a~1b trigger.body.id; x~y: /blocks/0/x~0y/1 missing; 0: ; 1: /blocks/0/x~0y/1 missing"; got != want {
		t.Errorf("Parts = %s\nwant %s", got, want)
	}
}

// TestInJSONata: a value can be emitted exactly if InJSONata has nothing against it, and
// both say the same.
func TestInJSONata(t *testing.T) {
	said := func(err error) string {
		if err == nil {
			return ""
		}
		f := fault.Of(err)
		return fmt.Sprintf("%s: %s %s %v", f.Code, f.Message, f.Hint, f.Fields)
	}
	for _, filter := range template.Filters() {
		value, problems := template.ParseValue(map[string]any{"a": "plain", "b": []any{"{{x | upper}}", "{{x | upper | " + filter + "}}"}})
		if len(problems) > 0 {
			continue // it needs arguments
		}
		_, want := value.Emit(resolve, func(expr string) any { return expr })
		if got := value.InJSONata(); said(got) != said(want) {
			t.Errorf("%s: %s, but Emit gives %s", filter, said(got), said(want))
		}
	}
}
