package letter

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText is the text of an HTML body, for readers and filters that don't
// take HTML. It keeps paragraphs, list items and where links lead.
func plainText(body string) string {
	var t textWriter
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end, as the reader of a string has no other error
			return strings.TrimSpace(t.out.String())
		case html.TextToken:
			t.text(tokens.Token().Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			t.open(tokens.Token())
		case html.EndTagToken:
			t.close(tokens.Token().DataAtom)
		}
	}
}

// textWriter collects text, collapsing white space as a browser would.
type textWriter struct {
	out    strings.Builder
	breaks int  // line breaks that are due before the next text
	space  bool // a space is due before the next text
	hidden atom.Atom
	pre    bool
	link   string // where the open link leads
	linked int    // where its text begins
}

func (t *textWriter) text(s string) {
	if t.hidden != 0 {
		return
	}
	if t.pre {
		t.flush()
		t.out.WriteString(s)
		return
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		t.space = t.space || s != ""
		return
	}
	t.space = t.space || isSpace(s[0])
	t.flush()
	t.out.WriteString(strings.Join(words, " "))
	t.space = isSpace(s[len(s)-1])
}

// flush writes the breaks or the space that are due.
func (t *textWriter) flush() {
	switch {
	case t.out.Len() == 0:
	case t.breaks > 0:
		t.out.WriteString(strings.Repeat("\n", t.breaks))
	case t.space:
		t.out.WriteByte(' ')
	}
	t.breaks, t.space = 0, false
}

func (t *textWriter) open(tag html.Token) {
	if t.hidden != 0 {
		return
	}
	switch tag.DataAtom {
	case atom.Style, atom.Script, atom.Title, atom.Template:
		if tag.Type == html.StartTagToken {
			t.hidden = tag.DataAtom
		}
	case atom.Br:
		t.breaks = min(t.breaks+1, 2)
	case atom.Hr:
		t.block(2)
	case atom.Li:
		t.block(1)
		t.flush()
		t.out.WriteString("- ")
	case atom.Td, atom.Th:
		t.space = true
	case atom.Pre:
		t.block(2)
		t.pre = true
	case atom.A:
		t.link = attribute(tag, "href")
		t.flush()
		t.linked = t.out.Len()
	case atom.Img:
		t.text(attribute(tag, "alt"))
	default:
		t.block(apart[tag.DataAtom])
	}
}

func (t *textWriter) close(tag atom.Atom) {
	if t.hidden != 0 {
		if tag == t.hidden {
			t.hidden = 0
		}
		return
	}
	switch tag {
	case atom.Pre:
		t.pre = false
		t.block(2)
	case atom.A:
		t.endLink()
	case atom.Li:
		t.block(1)
	default:
		t.block(apart[tag])
	}
}

// endLink says where a link leads, unless its text says so itself.
func (t *textWriter) endLink() {
	link := t.link
	t.link = ""
	scheme, target, ok := strings.Cut(link, ":")
	if !ok || t.out.Len() <= t.linked {
		return
	}
	shown := t.out.String()[t.linked:]
	switch strings.ToLower(scheme) {
	case "http", "https":
		if shown != link && shown != strings.Trim(target, "/") {
			t.out.WriteString(" (" + link + ")")
		}
	case "mailto", "tel":
		if shown != target {
			t.out.WriteString(" (" + target + ")")
		}
	}
}

func (t *textWriter) block(lines int) { t.breaks = max(t.breaks, lines) }

// apart says with how many line breaks an element stands apart from its neighbours.
var apart = map[atom.Atom]int{
	atom.Div: 1, atom.Tr: 1, atom.Section: 1, atom.Article: 1, atom.Header: 1, atom.Footer: 1, atom.Dt: 1, atom.Dd: 1,
	atom.P: 2, atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2,
	atom.Ul: 2, atom.Ol: 2, atom.Dl: 2, atom.Table: 2, atom.Blockquote: 2,
}

func attribute(tag html.Token, name string) string {
	for _, a := range tag.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\r\n\f", c) >= 0 }
