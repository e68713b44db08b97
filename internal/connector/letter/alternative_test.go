package letter_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard/internal/connector/letter"
)

func TestPlainText(t *testing.T) {
	tests := map[string]struct{ html, want string }{
		"Empty":          {"", ""},
		"NoMarkup":       {"Hello", "Hello"},
		"Paragraphs":     {"<p>One</p>\n<p>Two <b>bold</b>!</p>", "One\n\nTwo bold!"},
		"WhiteSpace":     {"  a\n\t b<span> c</span><span>d</span> ", "a b cd"},
		"Breaks":         {"a<br>b<br/>\nc<br><br><br>d", "a\nb\nc\n\nd"},
		"Entities":       {"Tom &amp; Jerry &lt;3 &euro;", "Tom & Jerry <3 €"},
		"List":           {"<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter"},
		"Table":          {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		"Link":           {`See <a href="https://x.org/a?b=1&amp;c">here</a>.`, "See here (https://x.org/a?b=1&c)."},
		"LinkSaysItSelf": {`<a href="https://x.org/">x.org</a> <a href="https://x.org">https://x.org</a> <a href="mailto:a@x.org">a@x.org</a>`, "x.org https://x.org a@x.org"},
		"MailLink":       {`<a href="mailto:a@x.org">write</a>`, "write (a@x.org)"},
		"OtherLinks":     {`<a href="#top">up</a> <a href="javascript:alert(1)">run</a> <a>no</a>`, "up run no"},
		"NotForReaders":  {"<head><title>t</title><style>p{}</style></head><script>alert('x')</script><!-- c -->text", "text"},
		"Preformatted":   {"<pre>a\n  b</pre>c", "a\n  b\n\nc"},
		"Image":          {`<img alt="Logo"> x <img>`, "Logo x"},
		"Unclosed":       {"<div>a<p>b<a href='https://x.org'>c", "a\n\nbc"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := letter.PlainText(test.html); got != test.want {
				t.Errorf("PlainText(%q) = %q, want %q", test.html, got, test.want)
			}
		})
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("<p>Hello <a href='https://x.org'>x</a></p><pre>\n</pre>")
	f.Add("<a href=mailto:><li><td></a></script><script>")
	f.Add("<title>&#0;<!--><br><br/><a></p")
	f.Fuzz(func(t *testing.T, html string) {
		got := letter.PlainText(html)
		if utf8.ValidString(html) && !utf8.ValidString(got) {
			t.Errorf("PlainText(%q) = %q, which is not UTF-8", html, got)
		}
		if len(got) > 4*len(html)+8 {
			t.Errorf("PlainText made %d bytes of %d", len(got), len(html))
		}
		if strings.TrimSpace(got) != got {
			t.Errorf("PlainText(%q) = %q, with space around it", html, got)
		}
	})
}
