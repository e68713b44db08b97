package template_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/template"
)

// documented reads the rows of the table in the package comment.
func documented(t *testing.T) (rows [][]string) {
	t.Helper()
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(comment)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 7 || strings.HasPrefix(cells[1], " ---") || strings.HasPrefix(cells[1], " filter ") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells[1:6])
	}
	return rows
}

// The table is what people read; messages are what the code does.
func TestFilterTableAgreesWithTheFilters(t *testing.T) {
	var names, offered []string
	for _, row := range documented(t) {
		name, arguments, takes, logic := row[0], row[1], row[2], row[4]
		names = append(names, name)
		if logic == "yes" {
			offered = append(offered, name)
		}
		usage := name
		if arguments != "" {
			usage += ": " + arguments
		}
		_, problems := template.Parse("{{a | " + name + ": 1, 2, 3}}")
		if len(problems) != 1 || problems[0].Hint != "Write it as | "+usage+"." {
			t.Errorf("the table says | %s; Parse says %v", usage, problems)
		}
		checkTakes(t, name, takes)
	}
	if !slices.Equal(names, template.Filters()) {
		t.Errorf("the table lists %q, the package %q", names, template.Filters())
	}
	if !slices.Equal(offered, template.JSONataFilters()) {
		t.Errorf("the table offers %q in logic nodes, the package %q", offered, template.JSONataFilters())
	}
}

func checkTakes(t *testing.T, name, takes string) {
	t.Helper()
	arguments := map[string]string{"default": ": 1", "split": ": ','", "replace": ": 'a', 'b'", "slice": ": 0"}[name]
	text := parse(t, "{{x | "+name+arguments+"}}")
	for kind, v := range map[string]any{"text": "2", "a number": 2, "a boolean": true, "a list": []any{1}, "an object": map[string]any{"a": 1}} {
		_, err := text.Render(template.Vars{"x": v}, template.TargetText)
		if taken := takes == "anything" || strings.Contains(takes, kind); taken != (err == nil) && name != "date" {
			t.Errorf("%s of %s: %v, but the table says it takes %s", name, kind, err, takes)
		}
		if f := fault.Of(err); err != nil && name != "date" && !strings.Contains(f.Message, " takes "+takes+";") {
			t.Errorf("%s says %q, but the table says it takes %s", name, f.Message, takes)
		}
	}
}
