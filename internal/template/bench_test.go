package template_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/template"
)

const threeVariables = "Order {{trigger.body.id}}: {{trigger.body.total}} EUR for {{steps.find.contact.name}}"

func threeVars(t testing.TB) template.Vars {
	return decode(t, `{"trigger": {"body": {"id": "A-1", "total": 12.5}}, "steps": {"find": {"contact": {"name": "Ada"}}}}`)
}

// The aim is 2 µs and 10 allocations.
func BenchmarkRenderThreeVariables(b *testing.B) {
	for _, target := range []template.Target{template.TargetText, template.TargetHTML, template.TargetJSON, template.TargetSlack} {
		b.Run("target="+string(target), func(b *testing.B) {
			text, vars := parse(b, threeVariables), threeVars(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := text.Render(vars, target); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestRenderThreeVariablesAllocates(t *testing.T) {
	text, vars := parse(t, threeVariables), threeVars(t)
	if n := testing.AllocsPerRun(100, func() { _, _ = text.Render(vars, template.TargetText) }); n > 10 {
		t.Errorf("rendering three variables allocates %v times, want at most 10", n)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		template.Parse(threeVariables)
	}
}

// The time for a byte must not grow with the text, whatever never ends in it.
func BenchmarkParseEndless(b *testing.B) {
	for _, piece := range []string{`{{ \'`, `{{"`, `{{'\`, "{{", `{{a | default: "\'`, `'`, "{{a[", `\{{`, `{{ \'}}`, "{{a|", "{{a | x:1,"} {
		for _, n := range []int{2_000, 64_000} {
			b.Run(fmt.Sprintf("%s/%d", piece, n), func(b *testing.B) {
				src := strings.Repeat(piece, n)
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					template.Parse(src)
				}
			})
		}
	}
}
