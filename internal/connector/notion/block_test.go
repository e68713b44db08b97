package notion_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector/notion"
)

type written struct {
	Kind, Text string
	Checked    any
	Language   any
}

// outline says what blocks hold, and checks that Notion would take them.
func outline(t testing.TB, blocks []any) []written {
	t.Helper()
	var all []written
	for _, b := range blocks {
		object, _ := b.(map[string]any)
		kind, _ := object["type"].(string)
		content, _ := object[kind].(map[string]any)
		parts, _ := content["rich_text"].([]any)
		if len(parts) > 100 {
			t.Errorf("a block has %d parts", len(parts))
		}
		var text strings.Builder
		for _, p := range parts {
			part, _ := p.(map[string]any)["text"].(map[string]any)["content"].(string)
			if n := len(utf16.Encode([]rune(part))); n == 0 || n > 2000 {
				t.Errorf("a part has %d characters", n)
			}
			text.WriteString(part)
		}
		all = append(all, written{kind, text.String(), content["checked"], content["language"]})
	}
	return all
}

func TestReadBlocks(t *testing.T) {
	tests := map[string]struct {
		content string
		want    []written
	}{
		"Empty":          {"", nil},
		"Blank":          {" \n\n\t", nil},
		"Paragraphs":     {"One\ntwo\r\n\r\nThree", []written{{Kind: "paragraph", Text: "One\ntwo"}, {Kind: "paragraph", Text: "Three"}}},
		"Headings":       {"# A\n## B\n### C\n#### D\n#E", []written{{Kind: "heading_1", Text: "A"}, {Kind: "heading_2", Text: "B"}, {Kind: "heading_3", Text: "C"}, {Kind: "paragraph", Text: "#### D\n#E"}}},
		"Lists":          {"- A\n* B\n1. C\n2) D", []written{{Kind: "bulleted_list_item", Text: "A"}, {Kind: "bulleted_list_item", Text: "B"}, {Kind: "numbered_list_item", Text: "C"}, {Kind: "numbered_list_item", Text: "D"}}},
		"Tasks":          {"- [ ] A\n- [x] B", []written{{Kind: "to_do", Text: "A", Checked: false}, {Kind: "to_do", Text: "B", Checked: true}}},
		"QuoteAndLine":   {"> A\n---\n-5 degrees", []written{{Kind: "quote", Text: "A"}, {Kind: "divider"}, {Kind: "paragraph", Text: "-5 degrees"}}},
		"Code":           {"A\n```go\n# x\n\n- y\n```\nB", []written{{Kind: "paragraph", Text: "A"}, {Kind: "code", Text: "# x\n\n- y", Language: "go"}, {Kind: "paragraph", Text: "B"}}},
		"UnknownCode":    {"```brainf\n+\n```", []written{{Kind: "code", Text: "+", Language: "plain text"}}},
		"CodeWithoutEnd": {"```\nA", []written{{Kind: "code", Text: "A", Language: "plain text"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, outline(t, notion.ReadBlocks(tt.content))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A long text comes in parts, and a very long one in several blocks; none is lost,
// and no character is cut in two.
func TestLongText(t *testing.T) {
	for name, long := range map[string]string{"Part": strings.Repeat("ab🙂", 600) + "c", "Blocks": strings.Repeat("🙂x", 70000)} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, b := range outline(t, notion.ReadBlocks(long)) {
				got.WriteString(b.Text)
			}
			if got.String() != long {
				t.Error("the text is another one")
			}
		})
	}
}

func FuzzReadBlocks(f *testing.F) {
	for _, s := range []string{"# A\n\nB", "```go\nx", "- [x] y\n> z", "---", "\r\n", "\xff", "1. "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		blocks := notion.ReadBlocks(content)
		outline(t, blocks)
		if _, err := json.Marshal(blocks); err != nil {
			t.Error(err)
		}
	})
}
