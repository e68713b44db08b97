package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

const orderAlert = `{
  "name": "Order alert",
  "trigger": {"type": "webhook", "config": {"respond": "when_finished"}},
  "nodes": [
    {"id": "is_big", "type": "condition",
     "config": {"all": [{"left": "{{trigger.body.total}}", "op": "gt", "right": 1000}]}}
  ],
  "edges": [{"from": "trigger", "to": "is_big"}]
}`

func TestParse(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		doc, err := workflow.Parse([]byte(orderAlert))
		if err != nil {
			t.Fatal(err)
		}
		if doc.Name != "Order alert" || doc.Trigger.Type != "webhook" || len(doc.Nodes) != 1 || doc.Edges[0].To != "is_big" {
			t.Errorf("doc = %+v", doc)
		}
	})
	t.Run("PositionsOfLeaves", func(t *testing.T) {
		doc, err := workflow.Parse([]byte(orderAlert))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(orderAlert, "\n")
		for pointer, want := range map[string]string{
			"/name":                       `"Order alert"`,
			"/trigger":                    `{"type"`,
			"/trigger/config/respond":     `"when_finished"`,
			"/nodes/0/config/all/0/left":  `"{{trigger.body.total}}"`,
			"/nodes/0/config/all/0/right": `1000}`,
			"/edges/0":                    `{"from"`,
		} {
			at := doc.Positions[pointer]
			if at.Line == 0 || !strings.HasPrefix(lines[at.Line-1][at.Column-1:], want) {
				t.Errorf("position of %s = %+v, which is not where %s stands", pointer, at, want)
			}
		}
	})
	t.Run("ErrShapeListsEverything", func(t *testing.T) {
		_, err := workflow.Parse([]byte(`{"nme": 1, "nodes": [{"id": 7, "config": []}], "edges": {}}`))
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.ValidationFailed {
			t.Fatalf("err = %v", err)
		}
		var pointers []string
		for _, field := range f.Fields {
			pointers = append(pointers, field.Pointer)
		}
		want := []string{"/nme", "/nodes/0/config", "/nodes/0/id", "/edges"}
		if diff := cmp.Diff(want, pointers); diff != "" {
			t.Errorf("pointers (-want +got):\n%s", diff)
		}
		if f.Fields[0].Hint != `Did you mean "name"?` {
			t.Errorf("hint = %q", f.Fields[0].Hint)
		}
	})
	for name, text := range map[string]string{
		"ErrNotJSON":       `{"name": `,
		"ErrTrailing":      `{} {}`,
		"ErrDuplicateName": `{"name": "a", "name": "b"}`,
		"ErrDeep":          strings.Repeat(`{"output":`, 80) + `1` + strings.Repeat(`}`, 80),
		"ErrTooLarge":      `{"name": "` + strings.Repeat("x", workflow.MaxDocumentBytes) + `"}`,
		"ErrNotAnObject":   `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			if doc, err := workflow.Parse([]byte(text)); err == nil {
				t.Errorf("parsed as %+v", doc)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(orderAlert))
	f.Add([]byte(`{"nodes":[{"id":"a","retry":{"max_attempts":1e9}}],"output":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := workflow.Parse(text)
		if (doc == nil) == (err == nil) {
			t.Errorf("doc %v and err %v", doc, err)
		}
	})
}
