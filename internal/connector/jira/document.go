package jira

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// node is a part of a document in Atlassian Document Format.
// Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
type node struct {
	Type    string         `json:"type"`
	Version int            `json:"version,omitempty"` // of a doc
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content []node         `json:"content,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []node         `json:"marks,omitempty"`
}

// The types of nodes that are made of text.
const (
	typeDoc          = "doc"
	typeParagraph    = "paragraph"
	typeBulletList   = "bulletList"
	typeOrderedList  = "orderedList"
	typeListItem     = "listItem"
	typeText         = "text"
	typeHardBreak    = "hardBreak"
	typeLink         = "link"
	formatVersion    = 1
	documentShape    = `{"type": "doc", "version": 1, "content": [...]}`
	documentHelpPage = "https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/"
)

// writtenDocument is how a document begins that is written out as JSON text.
var writtenDocument = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*\{\s*"`) })

// documentTarget says how variables in the field are escaped: in a document that is
// written out as JSON they must not break out of their place. Text has no markup
// that they could.
func documentTarget(field string) func(map[string]any) template.Target {
	return func(config map[string]any) template.Target {
		if text, ok := config[field].(string); ok && writtenDocument().MatchString(text) {
			return template.TargetJSON
		}
		return template.TargetText
	}
}

// readDocument gives the document that a field holds: as it is, or made of text.
// nil stands for an empty one.
func readDocument(field schema.Field, value any) (any, error) {
	text, isText := value.(string)
	if isText && writtenDocument().MatchString(text) {
		var written map[string]any
		if json.Unmarshal([]byte(text), &written) == nil && written["type"] == typeDoc {
			value, isText = written, false
		}
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if v["type"] == typeDoc {
			return v, nil
		}
	case []any:
	default:
		if !isText {
			text = fmt.Sprint(v) // a number or a boolean, as a variable may give one
		}
		if doc := makeDocument(text); len(doc.Content) > 0 {
			return doc, nil
		}
		return nil, nil
	}
	wrong := field.Title + " is neither text nor a document."
	return nil, fault.New(fault.InvalidInput, "%s", wrong).
		WithHint("A document looks like %s; %s describes it.", documentShape, documentHelpPage).At("/"+field.Name, wrong)
}

// makeDocument makes a document of text. Empty lines part paragraphs. Lines that
// begin with a bullet or a number are items of a list, which more indentation
// nests; a list may follow a paragraph without an empty line.
func makeDocument(text string) node {
	r := reader{lines: readLines(text)}
	return node{Type: typeDoc, Version: formatVersion, Content: r.blocks()}
}

// line is one line of text, told apart by how it begins.
type line struct {
	indent int
	list   string // the type of the list that it is an item of, or ""
	number int    // of an item of an ordered list
	text   string // without indentation and marker
	whole  string // without indentation
}

func (l line) isBlank() bool { return l.text == "" && l.list == "" }

var (
	bullet   = regexp.MustCompile(`^[-*•]\s+(\S.*)$`)
	numbered = regexp.MustCompile(`^(\d{1,3})[.)]\s+(\S.*)$`)
)

const tabWidth = 4

func readLines(text string) []line {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f {
			return r
		}
		return -1 // Jira takes no other control characters, and of CRLF the LF is enough
	}, strings.ToValidUTF8(text, ""))
	var lines []line
	for raw := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(raw, " \t")
		lead := raw[:len(raw)-len(rest)]
		rest = strings.TrimRight(rest, " \t")
		l := line{indent: len(lead) + (tabWidth-1)*strings.Count(lead, "\t"), text: rest, whole: rest}
		if m := bullet.FindStringSubmatch(rest); m != nil {
			l.list, l.text = typeBulletList, m[1]
		} else if m := numbered.FindStringSubmatch(rest); m != nil {
			l.list, l.text = typeOrderedList, m[2]
			l.number, _ = strconv.Atoi(m[1]) // one to three digits are always a number
		}
		lines = append(lines, l)
	}
	return lines
}

// reader goes through lines.
type reader struct {
	lines []line
	at    int
}

func (r *reader) more() bool { return r.at < len(r.lines) }

func (r *reader) skipBlank() {
	for r.more() && r.lines[r.at].isBlank() {
		r.at++
	}
}

func (r *reader) blocks() []node {
	var blocks []node
	for r.skipBlank(); r.more(); r.skipBlank() {
		if r.lines[r.at].list != "" {
			blocks = append(blocks, r.list())
		} else {
			blocks = append(blocks, r.paragraph())
		}
	}
	return blocks
}

// paragraph reads until a blank line or a list. A number begins a list within a
// paragraph only if it is 1: "in\n2026. Then" is none.
func (r *reader) paragraph() node {
	var texts []string
	for r.more() {
		l := r.lines[r.at]
		if l.isBlank() || l.list == typeBulletList || l.list == typeOrderedList && (l.number == 1 || len(texts) == 0) {
			break
		}
		texts = append(texts, l.whole)
		r.at++
	}
	return node{Type: typeParagraph, Content: inlines(texts)}
}

// list reads the items of one list, and of those nested in it.
func (r *reader) list() node {
	first := r.lines[r.at]
	list := node{Type: first.list}
	if first.list == typeOrderedList && first.number != 1 {
		list.Attrs = map[string]any{"order": first.number}
	}
	for r.more() && r.continues(first) {
		list.Content = append(list.Content, r.item())
	}
	return list
}

// continues says whether the next line that is not blank is another item of the
// list, and if so goes to it.
func (r *reader) continues(first line) bool {
	i := r.at
	for i < len(r.lines) && r.lines[i].isBlank() {
		i++
	}
	if i == len(r.lines) || r.lines[i].list != first.list || r.lines[i].indent > first.indent+1 || r.lines[i].indent < first.indent-1 {
		return false
	}
	r.at = i
	return true
}

// item reads an item: its line, the indented lines that go on with it, and the
// lists nested in it.
func (r *reader) item() node {
	first := r.lines[r.at]
	texts := []string{first.text}
	for r.at++; r.more(); r.at++ {
		l := r.lines[r.at]
		if l.isBlank() || l.list != "" || l.indent <= first.indent {
			break
		}
		texts = append(texts, l.text)
	}
	item := node{Type: typeListItem, Content: []node{{Type: typeParagraph, Content: inlines(texts)}}}
	for r.more() && r.lines[r.at].list != "" && r.lines[r.at].indent > first.indent+1 {
		item.Content = append(item.Content, r.list())
	}
	return item
}

// inlines makes the content of a paragraph of its lines.
func inlines(lines []string) []node {
	var content []node
	for i, text := range lines {
		if i > 0 {
			content = append(content, node{Type: typeHardBreak})
		}
		content = append(content, linked(text)...)
	}
	return content
}
