package jira_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/jira"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// sketch writes a document down in short: <p>...</p>, <ul><li>..., <br>, [text](href).
func sketch(t testing.TB, doc any) string {
	t.Helper()
	encoded, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var n adf
	if err := json.Unmarshal(encoded, &n); err != nil {
		t.Fatal(err)
	}
	if n.Type != "doc" || n.Version != 1 {
		t.Fatalf("%s is no document", encoded)
	}
	var b strings.Builder
	for _, c := range n.Content {
		c.sketch(&b)
	}
	return b.String()
}

// adf is a document as Jira reads it.
type adf struct {
	Type    string         `json:"type"`
	Version int            `json:"version"`
	Text    string         `json:"text"`
	Attrs   map[string]any `json:"attrs"`
	Content []adf          `json:"content"`
	Marks   []struct {
		Type  string            `json:"type"`
		Attrs map[string]string `json:"attrs"`
	} `json:"marks"`
}

func (n adf) sketch(b *strings.Builder) {
	tag := map[string]string{"paragraph": "p", "bulletList": "ul", "orderedList": "ol", "listItem": "li"}[n.Type]
	switch {
	case n.Type == "hardBreak":
		b.WriteString("<br>")
	case n.Type == "text" && len(n.Marks) > 0:
		b.WriteString("[" + n.Text + "](" + n.Marks[0].Attrs["href"] + ")")
	case n.Type == "text":
		b.WriteString(n.Text)
	default:
		b.WriteString("<" + tag)
		if order, ok := n.Attrs["order"].(float64); ok {
			b.WriteString(" " + json.Number(jsonText(order)).String())
		}
		b.WriteString(">")
		for _, c := range n.Content {
			c.sketch(b)
		}
		b.WriteString("</" + tag + ">")
	}
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) // a number always encodes
	return string(b)
}

func TestDocument(t *testing.T) {
	tests := map[string]struct {
		text, want string
	}{
		"Line":               {"One line.", "<p>One line.</p>"},
		"Paragraphs":         {"One.\n\nTwo.\n \t\n\nThree.", "<p>One.</p><p>Two.</p><p>Three.</p>"},
		"Breaks":             {"One\ntwo\r\nthree", "<p>One<br>two<br>three</p>"},
		"Edges":              {"\n\n  One  \n\n", "<p>One</p>"},
		"Bullets":            {"- a\n* b\n• c", "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>"},
		"Numbers":            {"1. a\n2) b\n10. c", "<ol><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ol>"},
		"NumbersFromThree":   {"3. a\n4. b", "<ol 3><li><p>a</p></li><li><p>b</p></li></ol>"},
		"ListAfterText":      {"Refused:\n- a\n- b\nThen paid.", "<p>Refused:</p><ul><li><p>a</p></li><li><p>b</p></li></ul><p>Then paid.</p>"},
		"BlankBetweenItems":  {"1. a\n\n2. b\n\nEnd", "<ol><li><p>a</p></li><li><p>b</p></li></ol><p>End</p>"},
		"TwoKinds":           {"- a\n1. b", "<ul><li><p>a</p></li></ul><ol><li><p>b</p></li></ol>"},
		"Nested":             {"- a\n  1. b\n  2. c\n    - d\n- e", "<ul><li><p>a</p><ol><li><p>b</p></li><li><p>c</p><ul><li><p>d</p></li></ul></li></ol></li><li><p>e</p></li></ul>"},
		"NestedByTabs":       {"- a\n\t- b\n- c", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>"},
		"ItemOfSeveralLines": {"- a\n  goes on\n- b", "<ul><li><p>a<br>goes on</p></li><li><p>b</p></li></ul>"},
		"HalfIndented":       {"- a\n - b\n- c", "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>"},
		"NoList":             {"-5 degrees\n3.5 euros\n*bold*\n-- \n1.x", "<p>-5 degrees<br>3.5 euros<br>*bold*<br>--<br>1.x</p>"},
		"YearIsNoList":       {"It was in\n26. May, then\n", "<p>It was in<br>26. May, then</p>"},
		"NumberWithZeros":    {"Call\n007) Bond", "<p>Call<br>007) Bond</p>"},
		"BareLink":           {"See https://example.com/a?b=c#d, or not.", "<p>See [https://example.com/a?b=c#d](https://example.com/a?b=c#d), or not.</p>"},
		"LinkAtEnd":          {"(https://example.com/x).", "<p>([https://example.com/x](https://example.com/x)).</p>"},
		"LinkWithBrackets":   {"https://en.example.org/wiki/Go_(game)!", "<p>[https://en.example.org/wiki/Go_(game)](https://en.example.org/wiki/Go_(game))!</p>"},
		"NamedLink":          {"the [order A](https://example.com/a_(b)) and [none](ftp://x)", "<p>the [order A](https://example.com/a_(b)) and [none](ftp://x)</p>"},
		"TwoLinks":           {"http://a.example http://b.example", "<p>[http://a.example](http://a.example) [http://b.example](http://b.example)</p>"},
		"LinkInItem":         {"- https://example.com", "<ul><li><p>[https://example.com](https://example.com)</p></li></ul>"},
		"NoLink":             {"https:// and javascript:alert(1)", "<p>https:// and javascript:alert(1)</p>"},
		"ControlCharacters":  {"a\x00b\x1b[31m", "<p>ab[31m</p>"},
		"JSONThatIsNone":     {`{"type": "table"}`, `<p>{"type": "table"}</p>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc, err := jira.ReadDocument(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, sketch(t, doc)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadDocument(t *testing.T) {
	own := map[string]any{"type": "doc", "version": 1, "content": []any{map[string]any{"type": "rule"}}}
	tests := map[string]struct {
		value any
		want  any // nil for none
		ok    bool
	}{
		"OKDocument": {own, own, true},
		"OKWritten":  {` {"type": "doc", "version": 1, "content": []}`, map[string]any{"type": "doc", "version": float64(1), "content": []any{}}, true},
		"OKNothing":  {nil, nil, true},
		"OKEmpty":    {" \n", nil, true},
		"ErrObject":  {map[string]any{"type": "paragraph"}, nil, false},
		"ErrList":    {[]any{"a"}, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := jira.ReadDocument(tt.value)
			if !tt.ok {
				connectortest.Refusal{Code: fault.InvalidInput, Message: "Comment is neither text nor a document.", Pointer: "/body", Hint: `"type": "doc"`}.Check(t, err)
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("error = %v, %s", err, diff)
			}
		})
	}
	t.Run("OKNumber", func(t *testing.T) {
		doc, err := jira.ReadDocument(json.Number("1200.50"))
		if err != nil || sketch(t, doc) != "<p>1200.50</p>" {
			t.Errorf("document = %v, error = %v", doc, err)
		}
	})
}

func TestDocumentTarget(t *testing.T) {
	for name, tt := range map[string]struct {
		value any
		want  template.Target
	}{
		"Text":     {"Order {{id}}", template.TargetText},
		"Variable": {"{{note}}", template.TargetText},
		"Braces":   {"{note} {{id}}", template.TargetText},
		"Written":  {"{\n \"type\": \"doc\", \"content\": [{\"type\": \"text\", \"text\": \"{{id}}\"}]}", template.TargetJSON},
		"Object":   {map[string]any{"type": "doc"}, template.TargetText},
	} {
		t.Run(name, func(t *testing.T) {
			if got := jira.DescriptionField.Target(map[string]any{"description": tt.value}); got != tt.want {
				t.Errorf("target = %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzDocument: every text makes a document that Jira's schema allows, and none of
// its letters is lost.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{"a\n\nb", "- a\n  1. b\n\n- c", "1) [x](https://e.example/(a))", "https://\nhttp://x).", "\t* a\n *  b", "•\u00a0x", "\x00- ", "999. a\n1. b", "https://a]https://b", "[1](\x01http://2)", "[1](\xffhttp://2)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := jira.ReadDocument(text)
		if err != nil || doc == nil {
			return
		}
		encoded, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var n adf
		if err := json.Unmarshal(encoded, &n); err != nil {
			t.Fatal(err)
		}
		if _, own := doc.(map[string]any); own {
			return
		}
		n.check(t, "")
		taken := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, ""))
		if strings.Contains(taken, "](http") { // what a link shows is kept, its address is not text
			return
		}
		var kept strings.Builder
		n.gather(&kept)
		if want, got := letters(taken), letters(kept.String()); got != want {
			t.Fatalf("of %q the letters %q are left", want, got)
		}
	})
}

func (n adf) gather(b *strings.Builder) {
	b.WriteString(n.Text)
	for _, c := range n.Content {
		c.gather(b)
	}
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// parents says which nodes may stand in which.
var parents = map[string]string{
	"doc": "", "paragraph": "doc listItem", "bulletList": "doc listItem", "orderedList": "doc listItem",
	"listItem": "bulletList orderedList", "text": "paragraph", "hardBreak": "paragraph",
}

func (n adf) check(t *testing.T, parent string) {
	t.Helper()
	if allowed, ok := parents[n.Type]; !ok || !strings.Contains(" "+allowed+" ", " "+parent+" ") {
		t.Fatalf("%s stands in %q", n.Type, parent)
	}
	switch {
	case n.Type == "text" && (n.Text == "" || strings.ContainsAny(n.Text, "\r\n\x00")):
		t.Fatalf("the text %q is not allowed", n.Text)
	case n.Type == "listItem" && n.Content[0].Type != "paragraph":
		t.Fatal("an item does not begin with a paragraph")
	case (n.Type == "bulletList" || n.Type == "orderedList" || n.Type == "doc") && len(n.Content) == 0:
		t.Fatalf("a %s is empty", n.Type)
	}
	for _, m := range n.Marks {
		if href := m.Attrs["href"]; m.Type != "link" || (!strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "http://")) {
			t.Fatalf("the mark %v is not allowed", m)
		}
	}
	for _, c := range n.Content {
		c.check(t, n.Type)
	}
}
