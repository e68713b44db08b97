package notion

import (
	"regexp"
	"strings"
	"unicode/utf16"
)

// Limits of Notion.
//
// Source: https://developers.notion.com/reference/request-limits
const (
	longestPart = 2000 // characters in one part of a rich text, counted as in UTF-16
	mostParts   = 100  // parts in one rich text
	mostBlocks  = 100  // blocks in one call
)

// richText is a text in parts that are as long as Notion takes them.
func richText(text string) []any {
	parts := []any{}
	for text != "" {
		part := clip(text, longestPart)
		parts = append(parts, map[string]any{"type": "text", "text": map[string]any{"content": part}})
		text = text[len(part):]
	}
	return parts
}

// clip gives the beginning of a text, at most so many UTF-16 units long.
func clip(text string, units int) string {
	for i, r := range text {
		if units -= max(utf16.RuneLen(r), 1); units < 0 {
			return text[:i]
		}
	}
	return text
}

// block makes a block of a kind that holds text. More than fits one is cut into several.
func block(kind, text string, more map[string]any) []any {
	parts := richText(text)
	var blocks []any
	for first := true; first || len(parts) > 0; first = false {
		n := min(len(parts), mostParts)
		content := map[string]any{"rich_text": parts[:n:n]}
		for name, value := range more {
			content[name] = value
		}
		blocks = append(blocks, map[string]any{"object": "block", "type": kind, kind: content})
		parts = parts[n:]
	}
	return blocks
}

// What lines may begin with, the longer first.
var beginnings = []struct {
	pattern *regexp.Regexp
	kind    string
	more    map[string]any
}{
	{regexp.MustCompile(`^### +`), "heading_3", nil},
	{regexp.MustCompile(`^## +`), "heading_2", nil},
	{regexp.MustCompile(`^# +`), "heading_1", nil},
	{regexp.MustCompile(`^[-*] \[ \] +`), "to_do", map[string]any{"checked": false}},
	{regexp.MustCompile(`^[-*] \[[xX]\] +`), "to_do", map[string]any{"checked": true}},
	{regexp.MustCompile(`^[-*] +`), "bulleted_list_item", nil},
	{regexp.MustCompile(`^[0-9]{1,9}[.)] +`), "numbered_list_item", nil},
	{regexp.MustCompile(`^> ?`), "quote", nil},
}

var (
	rule  = regexp.MustCompile(`^(?:-{3,}|\*{3,})$`)
	fence = regexp.MustCompile("^```([A-Za-z0-9+#]*)$")
)

// languages of code that Notion knows by the name that people write; others are
// shown as plain text, since Notion refuses a name that it does not know.
var languages = map[string]string{
	"bash": "bash", "c": "c", "c++": "c++", "cpp": "c++", "c#": "c#", "css": "css", "diff": "diff", "docker": "docker", "go": "go", "graphql": "graphql",
	"html": "html", "java": "java", "javascript": "javascript", "js": "javascript", "json": "json", "kotlin": "kotlin", "markdown": "markdown", "md": "markdown",
	"php": "php", "python": "python", "py": "python", "ruby": "ruby", "rust": "rust", "sh": "shell", "shell": "shell", "sql": "sql", "swift": "swift",
	"typescript": "typescript", "ts": "typescript", "xml": "xml", "yaml": "yaml", "yml": "yaml",
}

// readBlocks makes blocks of a text: each line that begins with a mark of Markdown
// is one, lines between fences are code, and other lines make paragraphs.
func readBlocks(content string) []any {
	var blocks []any
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			blocks = append(blocks, block("paragraph", strings.Join(paragraph, "\n"), nil)...)
			paragraph = nil
		}
	}
	lines := strings.Split(strings.ReplaceAll(content, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t")
		if opening := fence.FindStringSubmatch(line); opening != nil {
			flush()
			code, end := lines[i+1:], len(lines)
			for j, l := range code {
				if strings.TrimRight(l, " \t") == "```" {
					code, end = code[:j], i+1+j
					break
				}
			}
			language := "plain text"
			if known, ok := languages[strings.ToLower(opening[1])]; ok {
				language = known
			}
			blocks = append(blocks, block("code", strings.Join(code, "\n"), map[string]any{"language": language})...)
			i = end
			continue
		}
		if line == "" {
			flush()
			continue
		}
		if marked := readMarked(line); marked != nil {
			flush()
			blocks = append(blocks, marked...)
			continue
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return blocks
}

// readMarked reads a line that begins with a mark; nil for one that does not.
func readMarked(line string) []any {
	if rule.MatchString(line) {
		return []any{map[string]any{"object": "block", "type": "divider", "divider": map[string]any{}}}
	}
	for _, b := range beginnings {
		if mark := b.pattern.FindString(line); mark != "" {
			return block(b.kind, line[len(mark):], b.more)
		}
	}
	return nil
}
