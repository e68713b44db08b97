package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/event"
)

// question is whether an event's detail fits a pattern.
type question struct {
	Rule  string `json:"rule"`
	Event string `json:"event"`
}

// askRuler gives the answers of Event Ruler, by which EventBridge matches: true, false,
// or what is wrong with the pattern.
func askRuler(t *testing.T, questions []question) []string {
	t.Helper()
	const folder = "testdata/ruler"
	java, err := exec.LookPath("java")
	if _, missing := os.Stat(filepath.Join(folder, "target", "lib")); err == nil {
		err = missing
	}
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("Event Ruler is not installed: %v", err)
		}
		t.Skipf("Event Ruler is not installed: run mvn dependency:copy-dependencies -DoutputDirectory=target/lib in internal/event/%s: %v", folder, err)
	}
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	enc.SetEscapeHTML(false)
	for _, q := range questions {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), java, "-cp", filepath.Join(folder, "target", "lib", "*"),
		"org.mozilla.javascript.tools.shell.Main", filepath.Join(folder, "peer.js"))
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("asking Event Ruler: %v", err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions: %s", len(answers), len(questions), out[max(0, len(out)-1000):])
	}
	return answers
}

// TestRuler compares what filters mean here with what they mean to Amazon, as they are
// written and as EventBridge is given them.
func TestRuler(t *testing.T) {
	type pair struct{ filter, detail string }
	var pairs []pair
	for _, c := range fitting {
		pairs = append(pairs, pair{c.filter, c.detail})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		pairs = append(pairs, pair{jsonOf(t, randomFilter(random, 0)), jsonOf(t, randomDetail(random, 0))})
	}
	var questions []question
	var want []string
	fitted := 0
	for _, c := range pairs {
		p, problems := event.Parse(object(t, c.filter))
		if len(problems) > 0 {
			t.Fatalf("%s: %+v", c.filter, problems)
		}
		if p.EventBridge() == nil {
			continue // a pattern without a condition on the detail
		}
		answer := fmt.Sprint(p.Fits(object(t, c.detail)))
		if answer == "true" {
			fitted++
		}
		for _, rule := range []string{c.filter, jsonOf(t, p.EventBridge())} {
			questions, want = append(questions, question{rule, c.detail}), append(want, answer)
		}
	}
	if fitted < len(pairs)/10 {
		t.Errorf("only %d of %d fit, which tests little", fitted, len(pairs))
	}
	for i, got := range askRuler(t, questions) {
		if got != want[i] {
			t.Errorf("%s fits %s: EventBridge says %s, we say %s", questions[i].Rule, questions[i].Event, got, want[i])
		}
	}
}

// TestRulerRefuses holds what is refused here to what EventBridge refuses.
func TestRulerRefuses(t *testing.T) {
	ours := map[string]bool{ // what EventBridge would take, and we do not
		`{"a":[{"prefix":"x","suffix":1}]}`:                             false,
		`{"$or":[{"a":["x"]},{"b":["y"]}]}`:                             true,
		strings.Repeat(`{"a":`, 25) + `["x"]` + strings.Repeat(`}`, 25): true,
	}
	var questions []question
	for filter := range refused {
		questions = append(questions, question{filter, `{}`})
	}
	for i, got := range askRuler(t, questions) {
		if taken := !strings.HasPrefix(got, "error: "); taken != ours[questions[i].Rule] {
			t.Errorf("%s: EventBridge says %s", questions[i].Rule, got)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Values that come up in filters and in details, so that they often meet.
var (
	someNames = []string{"a", "b", "c"}
	someTexts = []string{"", "x", "X", "xy", "yx", "ä", "1", "true"}
	numbers   = []any{0, 1, -1, 1.5, 100, 4999999999.0, json.Number("1.0"), json.Number("1e2")}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func randomScalar(r *rand.Rand) any {
	switch r.IntN(6) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3:
		return pick(r, numbers)
	default:
		return pick(r, someTexts)
	}
}

func randomDetail(r *rand.Rand, depth int) map[string]any {
	m := map[string]any{}
	for _, name := range someNames {
		if r.IntN(4) > 0 {
			m[name] = randomValue(r, depth+1)
		}
	}
	return m
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case n < 2 && depth < 3:
		return randomDetail(r, depth)
	case n < 4 && depth < 3:
		var list []any
		for range r.IntN(4) {
			list = append(list, randomValue(r, depth+1))
		}
		if list == nil {
			list = []any{}
		}
		return list
	default:
		return randomScalar(r)
	}
}

func randomFilter(r *rand.Rand, depth int) map[string]any {
	m := map[string]any{}
	for len(m) == 0 {
		for _, name := range someNames {
			switch n := r.IntN(10); {
			case n == 0 && depth < 2:
				m[name] = randomFilter(r, depth+1)
			case n < 4:
				var list []any
				for range 1 + r.IntN(3) {
					list = append(list, randomAlternative(r))
				}
				m[name] = list
			}
		}
	}
	return m
}

func randomAlternative(r *rand.Rand) any {
	text := pick(r, []string{"prefix", "suffix", "equals-ignore-case"})
	switch r.IntN(8) {
	case 0:
		return map[string]any{"exists": r.IntN(2) == 0}
	case 1:
		return map[string]any{text: pick(r, someTexts)}
	case 2:
		return map[string]any{"anything-but": pick(r, []any{"x", 1, []any{"x", "X"}, []any{1, 100}, map[string]any{text: "x"}})}
	case 3:
		return map[string]any{"numeric": pick(r, [][]any{{"=", 1}, {">", 0}, {"<=", 1.5}, {">=", 0, "<", 100}, {">", -1, "<=", 1}})}
	default:
		return randomScalar(r)
	}
}
