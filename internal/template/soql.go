package template

import (
	"errors"
	"strings"
)

// soqlPlace is where a query stands after what has been written. As in JSON, values
// never change it: within quotes they are content, and elsewhere a single word.
type soqlPlace struct {
	inString bool
	escaped  bool // right after a backslash within quotes
}

func (p *soqlPlace) advance(s string) {
	for i := range len(s) {
		switch c := s[i]; {
		case p.escaped:
			p.escaped = false
		case p.inString && c == '\\':
			p.escaped = true
		case c == '\'':
			p.inString = !p.inString
		}
	}
}

// soqlEscaper writes the content of a string.
// Source: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
var soqlEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

func (o *output) soqlValue(s string) error {
	switch {
	case o.soql.escaped:
		return errors.New(complaintSOQL)
	case o.soql.inString:
		o.text = append(o.text, soqlEscaper.Replace(s)...)
	case isSOQLWord(s):
		o.text = append(o.text, s...)
	default:
		return errors.New(complaintSOQL)
	}
	return o.checkSize()
}

// isSOQLWord says whether a text is a single word wherever it stands.
func isSOQLWord(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("_.:+-", rune(c)) {
			return false
		}
	}
	return s != ""
}
