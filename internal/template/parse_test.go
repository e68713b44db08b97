package template_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/template"
)

func TestParseLists(t *testing.T) {
	for src, want := range map[string][]string{
		"no variables":                        nil,
		`\{{not.one}}`:                        nil,
		"{{a}}":                               {"a"},
		"{{ trigger.body.id }}":               {"trigger.body.id"},
		"{{steps.a.rows[0]['x y'].b-1}}":      {`steps.a.rows[0]["x y"].b-1`},
		`{{trigger.headers["content-type"]}}`: {"trigger.headers.content-type"},
		`{{a.größe["\u00e9\ud83d\ude00\"'\\\/\n"]}}`:          {`a.größe["é😀\"'\\/\n"]`},
		"{{\n a\t. b [ 0 ] | upper\r\n}}":                     {"a.b[0]"},
		"{{a | default: b.c}} and {{d | replace: e, f.g}}":    {"a default", "b.c", "d", "e", "f.g"},
		"{{a | replace: b, 'x' | default: c | join: d}}":      {"a default", "b default", "c", "d"},
		"{{a | default: b | default: c}}":                     {"a default", "b default", "c"},
		`{{a | default: "}} {{"}}{{b}}`:                       {"a default", "b"},
		`{{a | default: '"' }}{{b | default: "'"}}`:           {"a default", "b default"},
		`{{a | default: "\"}}"}}`:                             {"a default"},
		"{{a | slice: -1, 2 | default: -0.5e3}}":              {"a default"},
		"{{a.true.null.false}}{{trueish}}":                    {"a.true.null.false", "trueish"},
		`\\{{a}}{{b}}`:                                        {"b"},
		"C:\\{{a}} {{b}}":                                     {"b"},
		"{{item}}{{index}}{{execution.id}}{{vars.x}}{{_a.b}}": {"item", "index", "execution.id", "vars.x", "_a.b"},
	} {
		text := parse(t, src)
		var got []string
		for _, r := range text.Refs() {
			s := r.Path.String()
			if r.HasDefault {
				s += " default"
			}
			got = append(got, s)
		}
		if strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("Parse(%q).Refs() = %q, want %q", src, got, want)
		}
		if text.Dynamic() != (want != nil) || text.Source() != src {
			t.Errorf("Parse(%q): dynamic %v, source %q", src, text.Dynamic(), text.Source())
		}
	}
}

func TestParseGivesOffsets(t *testing.T) {
	src := "é {{ a.b[0] | default : x['y'] }} {{ c }}"
	want := []string{"a.b[0]", "x['y']", "c"}
	for i, r := range parse(t, src).Refs() {
		if got := src[r.Start:r.End]; got != want[i] {
			t.Errorf("reference %d stands at %q, want %q", i, got, want[i])
		}
	}
}

// Each problem is the code, the text it points at, and what message and hint say.
func TestParseFindsProblems(t *testing.T) {
	for src, want := range map[string][]string{
		"{{}}":                                 {"template_syntax {{}}: nothing between"},
		"a {{  }} b":                           {"template_syntax {{  }}: nothing between"},
		"{{a":                                  {"template_syntax {{: no }}"},
		"{{a b c":                              {"template_syntax {{: no }}"},
		"x {{a {{b}}":                          {"template_syntax {{: no }}"},
		"{{":                                   {"template_syntax {{: no }}"},
		"{{a | upper} }}":                      {"template_syntax }: A filter after | or the closing }}"},
		"{{a b}}":                              {"template_syntax b: A filter after |"},
		"{{a + 1}}":                            {"template_syntax +: A filter after |"},
		"{{1}}":                                {"template_syntax 1: A path is expected"},
		"{{'a'}}":                              {"template_syntax 'a': A path is expected here, not a text"},
		"{{true}}":                             {"template_syntax true: A path is expected"},
		"{{$json.a}}":                          {"template_syntax $: A path is expected"},
		"{{{a}}}":                              {"template_syntax {: A path is expected"},
		"{{.a}}":                               {"template_syntax .: A path is expected"},
		"{{a.}}":                               {"template_syntax }}: A name is expected after the dot"},
		"{{a..b}}":                             {"template_syntax .: A name is expected after the dot"},
		"{{a.0}}":                              {"template_syntax 0: [0] for an item"},
		"{{a.x y}}":                            {"template_syntax y: A filter after |"},
		"{{a[-1]}}":                            {"template_syntax -1: | last"},
		"{{a[1.5]}}":                           {"template_syntax 1.5: The index"},
		"{{a[b]}}":                             {`template_syntax b: ["name"]`},
		"{{a[]}}":                              {"template_syntax ]: The index"},
		"{{a[0}}":                              {"template_syntax }}: A ] is expected"},
		"{{a[9999999999]}}":                    {"template_syntax 9999999999: The index"},
		"{{a |}}":                              {"template_syntax }}: The name of a filter"},
		"{{a || b}}":                           {"template_syntax |: The name of a filter"},
		"{{a | upper()}}":                      {"template_syntax (: A filter after |"},
		"{{a | default:}}":                     {"template_syntax }}: An argument is expected"},
		"{{a | replace: 'x',}}":                {"template_syntax }}: An argument is expected"},
		"{{a | uper}}":                         {`unknown_filter uper: Did you mean "upper"?`},
		"{{a | uper | lowr}}":                  {`unknown_filter uper: Did you mean "upper"?`, `unknown_filter lowr: Did you mean "lower"?`},
		"{{a | encrypt}}":                      {`unknown_filter encrypt: There is no filter "encrypt"`},
		"{{a | upper: 1}}":                     {"filter_arguments upper: takes no arguments, not 1"},
		"{{a | default}}":                      {"filter_arguments default: one argument, not 0"},
		"{{a | replace: 'x'}}":                 {"filter_arguments replace: | replace: old, new"},
		"{{a | join: 1}}":                      {"filter_arguments 1: The separator of join must be text"},
		"{{a | split: ''}}":                    {"filter_arguments '': at least one character"},
		"{{a | slice: 0.5, 'x'}}":              {"filter_arguments 0.5: The start of slice must be a whole number", "filter_arguments 'x': The end of slice"},
		"{{a | slice: 1, 2, 3, 4, 5, 6}}":      {"filter_arguments slice: 1 to 2 arguments, not 6"},
		"{{a | round: 16}}":                    {"filter_arguments 16: from 0 to 15"},
		"{{a | date: 'yyyy-MM-dd'}}":           {`filter_arguments 'yyyy-MM-dd': yyyy is not a token. Did you mean "YYYY"?`},
		"{{a | date: 'iso', 'Mars/Olympus'}}":  {"filter_arguments 'Mars/Olympus': the name of a time zone"},
		"{{a | date: 'iso', 'Local'}}":         {"filter_arguments 'Local': the name of a time zone"},
		"{{a | default: 01}}":                  {"template_syntax 01: 01 is not a number"},
		"{{a | default: 1x}}":                  {"template_syntax 1x: 1x is not a number"},
		"{{a | default: 1e999}}":               {"template_syntax 1e999: not a number"},
		"{{a | default: -}}":                   {"template_syntax -: - is not a number"},
		`{{a | default: "x}} and {{b}}`:        {`template_syntax ": no closing quote`},
		"{{a | default: 'x\n'}}":               {`template_syntax ': no closing quote`},
		`{{a | default: "\x"}}`:                {`template_syntax \x: not an escape`},
		`{{a | default: "\ud800"}}`:            {`template_syntax \u: not an escape`},
		"{{a b}} {{c | uper}} {{}} {{d}} {{ e": {"template_syntax b: A filter", "unknown_filter uper: upper", "template_syntax {{}}: nothing", "template_syntax {{: no }}"},
		"{{a" + strings.Repeat(" | upper", 33) + "}}": {"template_too_large upper: at most 32 filters"},
		"{{a" + strings.Repeat(".b", 65) + "}}":       {"template_too_large a" + strings.Repeat(".b", 65) + ": at most 64 steps"},
		strings.Repeat("{{a}}", 1002):                 {"template_too_large {{: at most 1000 expressions"},
	} {
		_, problems := template.Parse(src)
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%s %s: %s %s", p.Code, src[p.Start:p.End], p.Message, p.Hint))
		}
		ok := len(got) == len(want)
		for i := 0; ok && i < len(want); i++ {
			head, tail, _ := strings.Cut(want[i], ": ")
			ok = strings.HasPrefix(got[i], head+": ") && strings.Contains(got[i], tail)
		}
		if !ok {
			t.Errorf("Parse(%.60q) finds\n\t%s\nwant\n\t%s", src, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
}

// What could be read before a problem is still listed, for completion and checks.
func TestParseListsDespiteProblems(t *testing.T) {
	text, problems := template.Parse("{{a.b c}} {{d | uper}} {{e.} {{f}}")
	var got []string
	for _, r := range text.Refs() {
		got = append(got, r.Path.String())
	}
	if want := "a.b d e f"; strings.Join(got, " ") != want || len(problems) != 3 {
		t.Errorf("Refs = %q with %d problems, want %q with 3", got, len(problems), want)
	}
	if _, err := text.Render(template.Vars{}, template.TargetText); err == nil {
		t.Error("a template with problems rendered")
	}
	if _, err := text.JSONata(resolve); err == nil {
		t.Error("a template with problems was emitted")
	}
}

func TestHasExpression(t *testing.T) {
	for src, want := range map[string]bool{
		"": false, "a": false, "{": false, "{ {": false, `\{{a}}`: false, `\{{a}} \{{`: false,
		"{{": true, "{{a}}": true, `\{{a}}{{b}}`: true, `x{{`: true,
	} {
		if got := template.HasExpression(src); got != want {
			t.Errorf("HasExpression(%q) = %v", src, got)
		}
	}
}

func TestPathStringReadsBack(t *testing.T) {
	p := template.Path{Root: "steps", Steps: []template.Step{{Name: "a"}, {IsIndex: true, Index: 3}, {Name: "x \"y\" \u2028"}, {Name: ""}, {Name: "-b"}, {Name: "0"}, {Name: "null"}}}
	again := parse(t, "{{"+p.String()+"}}").Refs()[0].Path
	if again.String() != p.String() || len(again.Steps) != len(p.Steps) {
		t.Errorf("%s reads back as %s", p, again)
	}
}
