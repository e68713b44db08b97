package curl

import "strings"

// windowsWords reads a command in two steps, as Windows does: the command prompt
// resolves its ^, and the program's runtime cuts what is left into words.
func (r *reader) windowsWords(text string) ([]string, error) {
	line, rest := resolveCarets(strings.ReplaceAll(text, "\r\n", "\n"))
	if strings.TrimSpace(rest) != "" {
		r.warn(oneCommand())
	}
	words, closed := runtimeWords(line)
	if !closed {
		return nil, refuse("A quote in the command is not closed.", "Copy the command again as a whole. In a browser, take Copy as cURL (bash).")
	}
	return words, nil
}

// resolveCarets takes out the ^ of one command: before a line end it joins lines,
// before another character it takes away what is special about it. Between quotes
// it is a character like others. rest is what stands after the command.
func resolveCarets(s string) (line, rest string) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
			b.WriteByte(c)
		case c == '^' && !quoted:
			end := i + 1 // spaces that were copied after a ^ were not meant
			for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
				end++
			}
			if end < len(s) && s[end] == '\n' {
				i = end
				if end+1 < len(s) && s[end+1] == '\n' { // ^ and two line ends are one that is meant
					b.WriteByte('\n')
					i++
				}
				continue
			}
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case !quoted && (c == '\n' || c == '|' || c == '&' || c == '>' || c == '<'):
			return b.String(), s[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// runtimeWords cuts a command line as Microsoft's C runtime does ("Parsing C
// command-line arguments"): backslashes mean something only before a quote, and
// two quotes within quotes are one.
func runtimeWords(s string) (words []string, closed bool) {
	var b strings.Builder
	inWord, quoted := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			n := 1
			for i+n < len(s) && s[i+n] == '\\' {
				n++
			}
			i += n - 1
			inWord = true
			if i+1 == len(s) || s[i+1] != '"' {
				b.WriteString(strings.Repeat(`\`, n))
				continue
			}
			b.WriteString(strings.Repeat(`\`, n/2))
			if n%2 == 1 {
				b.WriteByte('"')
				i++
			}
		case c == '"':
			inWord = true
			if quoted && i+1 < len(s) && s[i+1] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\n'):
			if inWord {
				words = append(words, b.String())
				b.Reset()
			}
			inWord = false
		default:
			inWord = true
			b.WriteByte(c)
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, !quoted
}
