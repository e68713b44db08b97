package httpconnector

import "strings"

// nextLink gives the target of the link with the relation next in Link headers
// (RFC 8288); "" where there is none.
func nextLink(headers []string) string {
	for _, h := range headers {
		for {
			_, rest, ok := strings.Cut(h, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			var relations string
			relations, h = readParameters(rest)
			for relation := range strings.FieldsSeq(relations) {
				if strings.EqualFold(relation, "next") {
					return target
				}
			}
		}
	}
	return ""
}

// readParameters reads the parameters that follow a link's target: the value of
// rel, and what comes after the comma that ends them. A comma in quotes ends nothing.
func readParameters(s string) (relations, after string) {
	var parameter strings.Builder
	quoted, given := false, false
	end := func() {
		name, value, _ := strings.Cut(parameter.String(), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && !given { // the first one counts
			relations, given = strings.TrimSpace(value), true
		}
		parameter.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted && i+1 < len(s):
			i++
			parameter.WriteByte(s[i])
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			end()
		case c == ',' && !quoted:
			end()
			return relations, s[i+1:]
		default:
			parameter.WriteByte(c)
		}
	}
	end()
	return relations, ""
}
