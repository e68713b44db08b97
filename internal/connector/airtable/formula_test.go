package airtable_test

import (
	"strings"
	"testing"

	"switchboard/internal/connector/airtable"
	"switchboard/internal/template"
)

func TestCheckQuotes(t *testing.T) {
	tests := map[string]struct {
		formula string
		ok      bool
	}{
		"OKEmpty":          {``, true},
		"OKDouble":         {`{Status} = "Open"`, true},
		"OKSingle":         {`{Status} = 'Open'`, true},
		"OKApostrophe":     {`{Status} = "it's"`, true},
		"OKEscaped":        {`{Status} = "say \"hi\""`, true},
		"OKBraceInText":    {`{Status} = "a { b"`, true},
		"OKQuoteInName":    {`{It's} = "x"`, true},
		"ErrInSingle":      {`{Status} = '"Open"'`, false},
		"ErrInName":        {`{"Status"} = 1`, false},
		"ErrAfterSlash":    {`{Status} = \"Open"`, false},
		"ErrSlashInSingle": {`{Status} = 'a\"b'`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := airtable.CheckQuotes(tt.formula); (err == nil) != tt.ok {
				t.Errorf("error = %v, want ok = %t", err, tt.ok)
			}
		})
	}
}

// FuzzValueStaysInItsPlace: where the check lets a formula through, a value is
// within one text of it, whatever it holds.
func FuzzValueStaysInItsPlace(f *testing.F) {
	for _, value := range []string{`x`, `"`, `\`, `\"`, `" = "" , "`, `'`, `}`, "\n", `')`} {
		f.Add(value)
	}
	places := []string{`{A} = {{v}} `, `{A} = "{{v}}"`, `{A} = "a {{v}} b"`, `{A} = '{{v}}'`, `{A} = 'a {{v}}'`, `{ {{v}}} = 1`}
	f.Fuzz(func(t *testing.T, value string) {
		for _, place := range places {
			formula, ok := render(t, place, value)
			if !ok || airtable.CheckQuotes(formula) != nil {
				continue
			}
			if quotes := strings.Count(withoutEscapes(formula), `"`); quotes != 2 {
				t.Errorf("%q in %s gives %s", value, place, formula)
			}
		}
	})
}

// render fills a value into a formula as a workflow does.
func render(t testing.TB, formula, value string) (string, bool) {
	t.Helper()
	tmpl, problems := template.Parse(formula)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", formula, problems)
	}
	rendered, err := tmpl.Render(template.Vars{"v": value}, airtable.FormulaField.Target(nil))
	if err != nil {
		return "", false
	}
	text, ok := rendered.(string)
	return text, ok
}

// withoutEscapes leaves out what stands behind backslashes.
func withoutEscapes(formula string) string {
	var b strings.Builder
	for i := 0; i < len(formula); i++ {
		if formula[i] == '\\' {
			i++
			continue
		}
		b.WriteByte(formula[i])
	}
	return b.String()
}
