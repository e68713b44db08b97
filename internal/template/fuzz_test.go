package template_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"", "plain", "{{a.b[0] | default: 'x'}}", `\{{a}}`, "{{a | replace: b.c, \"}}\" | upper}} {{d", "{{{a}}}", "{{a[\"\\ud83d\\ude00\"]}}",
		"{{a | date: 'YYYY-MM-DD', 'Europe/Berlin'}}", "{{a | slice: -1, 2e3 | nope: 1, 2, 3}}", "{{ 'a\\'", "{{a..b}}{{}}{{ }}", "\xff{{\xff}}", "{{größe.é}}",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		text, problems := template.Parse(src)
		if text.Source() != src {
			t.Fatalf("Source = %q", text.Source())
		}
		for _, p := range problems {
			if p.Start < 0 || p.Start > p.End || p.End > len(src) || p.Code == "" || p.Message == "" {
				t.Errorf("problem %+v in a text of %d bytes", p, len(src))
			}
		}
		end := 0
		for _, r := range text.Refs() {
			if r.Start < end || r.Start >= r.End || r.End > len(src) {
				t.Errorf("reference %+v after one that ends at %d, in a text of %d bytes", r, end, len(src))
			}
			end = r.End
			again, found := template.Parse("{{" + src[r.Start:r.End] + "}}")
			if refs := again.Refs(); len(problems) == 0 && len(found) > 0 || len(refs) != 1 || !reflect.DeepEqual(refs[0].Path, r.Path) {
				t.Errorf("%q reads back as %v with problems %v", src[r.Start:r.End], again.Refs(), found)
			}
			if canonical, _ := template.Parse("{{" + r.Path.String() + "}}"); utf8.ValidString(src) && !reflect.DeepEqual(canonical.Refs()[0].Path, r.Path) {
				t.Errorf("%s reads back as %v", r.Path, canonical.Refs())
			}
		}
		if text.Dynamic() && !template.HasExpression(src) {
			t.Error("dynamic, but HasExpression is false")
		}
		again, sameProblems := template.Parse(text.Source())
		if !reflect.DeepEqual(again.Refs(), text.Refs()) || !reflect.DeepEqual(problems, sameProblems) {
			t.Error("parsing the source again gives something else")
		}
	})
}

var targets = []template.Target{
	template.TargetText, template.TargetPathSegment, template.TargetURL, template.TargetHTML, template.TargetJSON, template.TargetHeader, template.TargetSlack, template.TargetSOQL,
	template.TargetMarkdown, template.TargetMarkdownV2,
}

func FuzzRender(f *testing.F) {
	for _, seed := range [][2]string{
		{"a {{x}} b", "<b>\"&'"}, {"{{x | upper | slice: 1}}", "../x"}, {`"{{x}}": {{x}}`, "a\"b\\\n"}, {"{{x | split: ',' | join: x}}", "1,2"},
		{"https://{{x}}/{{x}}?{{x}}#{{x}}", "."}, {"{{x | number | round: 2}}", "2.675"}, {"{{x | date: x, x}}", "YYYY"}, {"{{x[0].a | default: x}}", "\x00\r\n"},
		{"{{x | json | default: 1}}", "\xff"}, {"{{x | number | date}}", "1e300"}, {"%2e{{x}}", "%2E"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		vars := template.Vars{"x": value, "list": []any{value, nil}, "object": map[string]any{value: value}}
		text, _ := template.Parse(src)
		for _, target := range targets {
			v, err := text.Render(vars, target)
			if f := fault.Of(err); err != nil && f.Code != fault.MissingValue && f.Code != fault.InvalidTemplate {
				t.Errorf("%s: %v", target, err)
			}
			if _, isText := v.(string); err == nil && !isText && !text.Whole() {
				t.Errorf("%s: a text renders as %T", target, v)
			}
		}
		_, _ = text.JSONata(resolve)
		literal := strings.NewReplacer("{", "", "}", "", "\\", "").Replace(src)
		checkHTML(t, literal, vars)
		checkJSON(t, literal, value, vars)
		checkSegment(t, literal, vars)
		checkURL(t, value, vars)
	})
}

func renderText(t *testing.T, src string, vars template.Vars, target template.Target) (string, bool) {
	t.Helper()
	v, err := parse(t, src).Render(vars, target)
	if err != nil {
		return "", false
	}
	return v.(string), true
}

func checkHTML(t *testing.T, literal string, vars template.Vars) {
	t.Helper()
	literal = strings.NewReplacer("<", "", ">", "", `"`, "", "'", "").Replace(literal)
	for _, src := range []string{literal + "{{x}}{{object}}", "{{x}}"} {
		if got, ok := renderText(t, src, vars, template.TargetHTML); !ok || strings.ContainsAny(got, `<>"'`) {
			t.Errorf("HTML of %q has markup from a value: %q", src, got)
		}
	}
}

func checkJSON(t *testing.T, literal, value string, vars template.Vars) {
	t.Helper()
	quoted, err := json.Marshal(literal)
	if err != nil {
		t.Fatal(err)
	}
	// json.Marshal writes no {{, as literal has no braces.
	inner := string(quoted[1 : len(quoted)-1])
	src := `{ "k` + inner + `{{x}}":{{x}},"list":[ {{list}},"{{object}}",{{object | json}} ]}`
	got, ok := renderText(t, src, vars, template.TargetJSON)
	var decoded map[string]any
	if !ok || json.Unmarshal([]byte(got), &decoded) != nil {
		t.Fatalf("JSON of %q is %q", src, got)
	}
	clean := strings.ToValidUTF8
	if want := decoded["k"+clean(literal, "\ufffd")+value]; utf8.ValidString(literal) && utf8.ValidString(value) && (want != value || len(decoded) != 2) {
		t.Errorf("JSON of %q decodes to %v", src, decoded)
	}
}

func checkSegment(t *testing.T, literal string, vars template.Vars) {
	t.Helper()
	literal = strings.ReplaceAll(literal, "/", "")
	for _, src := range []string{literal + "{{x}}", "{{x}}", "{{x}}{{x}}" + literal} {
		got, ok := renderText(t, src, vars, template.TargetPathSegment)
		if ok && (strings.Contains(got, "/") || slices.Contains([]string{".", ".."}, got)) {
			t.Errorf("path segment of %q is %q", src, got)
		}
	}
}

func checkURL(t *testing.T, value string, vars template.Vars) {
	t.Helper()
	got, ok := renderText(t, "https://h/a/{{x}}/b?q={{x}}&r=1#{{x}}", vars, template.TargetURL)
	if !ok {
		if value != "." && value != ".." {
			t.Errorf("a URL with %q is refused", value)
		}
		return
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if u.Host != "h" || strings.Count(u.EscapedPath(), "/") != 3 || query.Get("q") != value || query.Get("r") != "1" || len(query) != 2 || u.Fragment != value {
		t.Errorf("a URL with %q is %q", value, got)
	}
	if got, ok := renderText(t, "https://{{x}}.h/", vars, template.TargetURL); ok {
		if u, err := url.Parse(got); err != nil || u.Host != value+".h" || u.User != nil {
			t.Errorf("a URL with the host %q is %q", value, got)
		}
	}
}
