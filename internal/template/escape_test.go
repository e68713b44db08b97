package template_test

import (
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

const escapeVars = `{
	"html": "<b>\"a\" & 'b'</b>", "path": "a/b c?d#e%2F..", "dots": "..", "dot": ".", "empty": "", "quote": "say \"hi\"\\\n\u0001", "n": 5, "nil": null,
	"object": {"k": "<\"v\">"}, "list": [1, "<"], "header": "a\r\nX-Evil: 1", "nul": "a\u0000b", "slack": "<@U1> & <!channel>",
	"snake": "a_b *c* [d](e) f\\g.",
	"base": "https://api.example.com:8443/v1", "baseq": "https://api.example.com/v1?x=1", "evil": "evil.com/", "at": "user@evil.com", "host": "eu-1", "spaced": "https://a b", "back": "https://a\\b"
}`

func TestEscaping(t *testing.T) {
	for target, cases := range map[template.Target]map[string]string{
		template.TargetText: {"<{{html}}>": `"<<b>\"a\" & 'b'</b>>"`},
		template.TargetHTML: {
			"<p>{{html}}</p>": `"<p>&lt;b&gt;&#34;a&#34; &amp; &#39;b&#39;&lt;/b&gt;</p>"`,
			"{{html}}":        `"&lt;b&gt;&#34;a&#34; &amp; &#39;b&#39;&lt;/b&gt;"`,
			"{{object}}":      `{"k":"<\"v\">"}`,
			"<i>{{object}}":   `"<i>{&#34;k&#34;:&#34;&lt;\\&#34;v\\&#34;&gt;&#34;}"`,
			"{{n}}":           "5",
		},
		template.TargetSlack: {
			"Hi {{slack}}":            `"Hi &lt;@U1&gt; &amp; &lt;!channel&gt;"`,
			"<@U2> {{slack | upper}}": `"<@U2> &lt;@U1&gt; &amp; &lt;!CHANNEL&gt;"`,
			"{{slack}}":               `"&lt;@U1&gt; &amp; &lt;!channel&gt;"`,
		},
		template.TargetMarkdown: {
			"*Order* {{snake}} (1.5)": `"*Order* a\\_b \\*c\\* \\[d](e) f\\g. (1.5)"`,
			"{{snake}}":               `"a\\_b \\*c\\* \\[d](e) f\\g."`,
		},
		template.TargetMarkdownV2: {
			"*Order* {{snake}}\\!": `"*Order* a\\_b \\*c\\* \\[d\\]\\(e\\) f\\\\g\\.\\!"`,
			"[{{n}}](https://x.y)": `"[5](https://x.y)"`,
		},
		template.TargetSOQL: {
			"SELECT Id FROM Lead WHERE Name = '{{html}}' LIMIT {{n}}": `"SELECT Id FROM Lead WHERE Name = '<b>\\\"a\\\" & \\'b\\'</b>' LIMIT 5"`,
			`WHERE A = 'it\'s {{quote}}'`:                             `"WHERE A = 'it\\'s say \\\"hi\\\"\\\\\\n\u0001'"`,
			"WHERE A = {{host}}":                                      `"WHERE A = eu-1"`,
			"WHERE A = {{html}}":                                      "Template.Invalid: {{html}}: outside of quotes a query takes only a name, a number or a date; put single quotes around it",
			"WHERE A = {{empty}} ":                                    "Template.Invalid: {{empty}}: outside of quotes a query takes only a name, a number or a date; put single quotes around it",
		},
		template.TargetHeader: {
			"Bearer {{html}}": `"Bearer <b>\"a\" & 'b'</b>"`,
			"x {{header}}":    "Template.Invalid: {{header}}: a header cannot hold line breaks or NUL",
			"{{header}}":      "Template.Invalid: {{header}}: a header cannot hold line breaks or NUL",
			"{{nul}}":         "Template.Invalid: {{nul}}: a header cannot hold line breaks or NUL",
		},
		template.TargetPathSegment: {
			"{{path}}":             `"a%2Fb%20c%3Fd%23e%252F.."`,
			"x-{{path}}":           `"x-a%2Fb%20c%3Fd%23e%252F.."`,
			"{{dots}}":             `Template.Invalid: {{dots}}: a value cannot make a path segment "." or ".."`,
			"{{dot}}{{dot}}":       `Template.Invalid: {{dot}}: a value cannot make a path segment "." or ".."`,
			".{{dot}}":             `Template.Invalid: {{dot}}: a value cannot make a path segment "." or ".."`,
			"..":                   `".."`,
			"%2E{{dot}}":           `Template.Invalid: {{dot}}: a value cannot make a path segment "." or ".."`,
			"{{dots}}.":            `"..."`,
			"{{n}}":                "5",
			"{{list}}":             `[1,"<"]`,
			"{{list[0]}}{{empty}}": `"1"`,
		},
		template.TargetJSON: {
			`{"a": {{html}}, "b": "x{{quote}}y"}`:                   `"{\"a\": \"<b>\\\"a\\\" & 'b'</b>\", \"b\": \"xsay \\\"hi\\\"\\\\\\n\\u0001y\"}"`,
			`[{{object}}, {{nil}}, {{n}}, "{{nil}}", "{{object}}"]`: `"[{\"k\":\"<\\\"v\\\">\"}, null, 5, \"\", \"{\\\"k\\\":\\\"<\\\\\\\"v\\\\\\\">\\\"}\"]"`,
			`{"\"{{n}}\\": {{html | length}}}`:                      `"{\"\\\"5\\\\\": 16}"`,
			`{"\u0041{{n}}": {{html | json}}}`:                      `"{\"\\u00415\": \"<b>\\\"a\\\" & 'b'</b>\"}"`,
			`[{{nope | json | default: html}}]`:                     `"[\"<b>\\\"a\\\" & 'b'</b>\"]"`,
			`[{{object | json | default: 1}}]`:                      `"[{\"k\":\"<\\\"v\\\">\"}]"`,
			`"\u00{{n}}"`:                                           "Template.Invalid: {{n}}: a value cannot stand within an escape sequence of JSON",
			"{{quote}}":                                             `"say \"hi\"\\\n\u0001"`,
			"{{object}}":                                            `{"k":"<\"v\">"}`,
			"{{object | json}}":                                     `"{\"k\":\"<\\\"v\\\">\"}"`,
		},
		template.TargetURL: {
			"{{base}}":                           `"https://api.example.com:8443/v1"`,
			"{{base}}/x/{{path}}":                `"https://api.example.com:8443/v1/x/a%2Fb%20c%3Fd%23e%252F.."`,
			"{{baseq}}&y={{path}}":               `"https://api.example.com/v1?x=1&y=a%2Fb+c%3Fd%23e%252F.."`,
			"https://{{host}}.example.com/{{n}}": `"https://eu-1.example.com/5"`,
			"https://h:{{n}}/":                   `"https://h:5/"`,
			"https://{{evil}}":                   "Template.Invalid: {{evil}}: only letters, digits, dots, hyphens and underscores can stand in the host of a URL",
			"https://good.com{{at}}":             "Template.Invalid: {{at}}: only letters, digits, dots, hyphens and underscores can stand in the host of a URL",
			"https://api.{{host}}":               "Template.Invalid: {{host}}: a value cannot be the end of a host that begins with other text; it would be another host",
			"https://api{{host}}/x":              "Template.Invalid: {{host}}: a value cannot be the end of a host that begins with other text; it would be another host",
			"https://api{{host}}:80/x":           "Template.Invalid: {{host}}: a value cannot be the end of a host that begins with other text; it would be another host",
			"https://api-{{host}}.h:80/x":        `"https://api-eu-1.h:80/x"`,
			"https://{{host}}/x":                 `"https://eu-1/x"`,
			"https://{{host}}:{{n}}/x":           `"https://eu-1:5/x"`,
			"https://h/a?q={{path}}#{{path}}":    `"https://h/a?q=a%2Fb+c%3Fd%23e%252F..#a%2Fb%20c%3Fd%23e%252F.."`,
			"https://h/{{dots}}/x":               `Template.Invalid: {{dots}}: a value cannot make a path segment "." or ".."`,
			"https://h/x/{{dots}}":               `Template.Invalid: {{dots}}: a value cannot make a path segment "." or ".."`,
			"https://h/x/.{{dot}}?y":             `Template.Invalid: {{dot}}: a value cannot make a path segment "." or ".."`,
			"https://h/x/%2e{{dot}}#y":           `Template.Invalid: {{dot}}: a value cannot make a path segment "." or ".."`,
			"{{base}}/{{dots}}":                  `Template.Invalid: {{dots}}: a value cannot make a path segment "." or ".."`,
			"https://h/../{{n}}?{{dots}}":        `"https://h/../5?.."`,
			"https://h{{empty}}/..":              `"https://h/.."`,
			"/{{evil}}":                          `"/evil.com%2F"`,
			"/{{empty}}/{{evil}}":                "Template.Invalid: {{empty}}: the first segment of a path cannot be empty",
			"{{empty}}{{evil}}":                  "Template.Invalid: {{evil}}: only letters, digits, dots, hyphens and underscores can stand in the host of a URL",
			"{{spaced}}/x":                       "Template.Invalid: {{spaced}}: a URL cannot hold spaces, control characters or backslashes",
			"{{back}}/x":                         "Template.Invalid: {{back}}: a URL cannot hold spaces, control characters or backslashes",
			"mailto:{{at}}":                      `"mailto:user@evil.com"`,
			"//{{evil}}":                         "Template.Invalid: {{evil}}: only letters, digits, dots, hyphens and underscores can stand in the host of a URL",
		},
	} {
		t.Run(string(target), func(t *testing.T) { testRender(t, escapeVars, target, cases) })
	}
}

func TestUnknownTarget(t *testing.T) {
	for _, src := range []string{"a{{x}}", "{{x}}"} {
		if _, err := parse(t, src).Render(template.Vars{"x": "1"}, "sql"); !fault.Is(err, fault.Internal) {
			t.Errorf("%s for an unknown target gives %v, want an Internal fault", src, err)
		}
	}
}
