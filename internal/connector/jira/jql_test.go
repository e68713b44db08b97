package jira_test

import (
	"strings"
	"testing"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/jira"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// render fills a value into a query as a workflow does.
func render(t testing.TB, query string, value any) (string, bool) {
	t.Helper()
	tmpl, problems := template.Parse(query)
	if len(problems) > 0 {
		return "", false
	}
	rendered, err := tmpl.Render(template.Vars{"v": value}, jira.QueryField.Target(nil))
	if err != nil {
		return "", false
	}
	text, ok := rendered.(string)
	return text, ok
}

func TestValuesStayInTheirQuotes(t *testing.T) {
	const attack = `x" OR project = "SECRET`
	const attackSingle = `x' OR project = 'SECRET`
	tests := map[string]struct {
		query string
		value any
		want  string // "" for refused
	}{
		"Whole value":       {`project = {{v}} and a = b`, attack, `project = "x\" OR project = \"SECRET" and a = b`},
		"WithinQuotes":      {`summary ~ "order {{v}}"`, attack, `summary ~ "order x\" OR project = \"SECRET"`},
		"SingleInDouble":    {`summary ~ "order {{v}}"`, attackSingle, `summary ~ "order x' OR project = 'SECRET"`},
		"Number":            {`id = {{v}} and a = b`, 17, `id = 17 and a = b`},
		"BackslashAtTheEnd": {`a = "{{v}}" and b = "c"`, `\`, `a = "\\" and b = "c"`},
		"SinglesAreFine":    {`a = 'b' and c = {{v}}`, "d", `a = 'b' and c = "d"`},
		"ErrWithinSingles":  {`summary ~ '{{v}}'`, attackSingle, ""},
		"ErrAfterText":      {`summary ~ 'order {{v}}'`, "harmless", ""},
		"ErrListInSingles":  {`summary ~ '{{v}}'`, []any{attackSingle}, ""},
		"ErrQuoteInSingles": {`a = 'b"c' and d = {{v}}`, attack, ""},
		"ErrEscapedQuote":   {`a = \" and d = {{v}}`, attack, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			query, ok := render(t, tt.query, tt.value)
			if !ok {
				t.Fatal("it cannot be rendered")
			}
			err := jira.CheckQuotes(query)
			if tt.want == "" {
				connectortest.Refusal{Code: fault.InvalidInput, Message: "The query has a double quote within single quotes, or behind a backslash.", Hint: "double quotes", Pointer: "/jql"}.Check(t, err)
				return
			}
			if err != nil || query != tt.want {
				t.Errorf("query = %s, error = %v, want %s", query, err, tt.want)
			}
		})
	}
}

// FuzzQuotes: whatever a value holds, and wherever an author puts it, the query has
// the same parts as with a harmless value, or it is refused.
func FuzzQuotes(f *testing.F) {
	for _, before := range []string{`a = `, `a ~ "x `, `a ~ 'x `, `a = \"`, `a = \\`, `'"' = `, `"'" = `, `a = "\u00`} {
		for _, value := range []string{`b`, `" or "`, `' or '`, `\`, `\" or \"`, "\n'\"", `\u0022`} {
			f.Add(before, value, `" and c = d`)
		}
	}
	f.Fuzz(func(t *testing.T, before, value, after string) {
		harmless, ok := render(t, before+"{{v}}"+after, "harmless")
		if !ok || before+after == "" {
			return
		}
		query, ok := render(t, before+"{{v}}"+after, value)
		if !ok || jira.CheckQuotes(query) != nil {
			return
		}
		if want, got := outside(harmless), outside(query); want != "" && got != "" && got != want {
			t.Errorf("%q with %q: outside of its strings the query is %q, not %q", before+"{{v}}"+after, value, got, want)
		}
	})
}

// outside gives what of a query does not stand in strings, "" where Jira would not
// take the query: a string has no end, or an escape in it is none of JQL's.
func outside(query string) string {
	var b strings.Builder
	inside := byte(0)
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case c == '\\':
			if i+1 == len(query) || !strings.ContainsRune(`tnr\'" u`, rune(query[i+1])) {
				return ""
			}
			i++
			if query[i] == 'u' {
				if len(query) < i+5 || strings.Trim(query[i+1:i+5], "0123456789abcdefABCDEF") != "" {
					return ""
				}
				i += 4
			}
			if inside == 0 {
				b.WriteByte('e')
			}
		case inside == 0 && (c == '"' || c == '\''):
			inside = c
			b.WriteByte('s')
		case c == inside:
			inside = 0
		case inside == 0:
			b.WriteByte(c)
		}
	}
	if inside != 0 {
		return ""
	}
	return b.String()
}
