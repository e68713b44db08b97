package asl_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"switchboard/internal/asl"
)

// TestEncodeValues compares the text of values within a machine with encoding/json's.
func TestEncodeValues(t *testing.T) {
	three := int64(3)
	values := map[string]any{
		"Nothing":    nil,
		"Texts":      []any{"", "plain", `a "quoted" \ text`, "<b>&amp;", "äöü \u2028 \x00\x1f\x7f\t\n", "\xff broken"},
		"Numbers":    []any{1, -2.5, 1e21, int64(7), json.Number("1.50"), &three},
		"Bools":      []any{true, false},
		"Objects":    map[string]any{"b": map[string]any{}, "a": []any{}, `"`: asl.Expr(`$states.input.a & "x"`), "ä": asl.Assign{"v": 1}},
		"NilLists":   map[string]any{"list": []any(nil), "object": map[string]any(nil)},
		"TypedLists": []string{"a", "b"},
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			want := new(bytes.Buffer)
			enc := json.NewEncoder(want)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(map[string]any{"out": v}); err != nil {
				t.Fatal(err)
			}
			m := &asl.Machine{StartAt: "P", States: map[string]asl.State{"P": &asl.Pass{Output: map[string]any{"out": v}, End: true}}}
			got, err := m.MarshalJSON()
			wanted := `{"StartAt":"P","States":{"P":{"Type":"Pass","Output":` + strings.TrimSpace(want.String()) + `,"End":true}}}`
			if err != nil || string(got) != wanted {
				t.Errorf("%s, %v\nwant %s", got, err, wanted)
			}
		})
	}
}

func TestEncodeRetriers(t *testing.T) {
	zero, five := int64(0), int64(5)
	for _, r := range []asl.Retrier{
		{ErrorEquals: []string{"a"}},
		{ErrorEquals: []string{"a", "b"}, IntervalSeconds: 2, MaxAttempts: &zero, BackoffRate: 2, MaxDelaySeconds: 60, JitterStrategy: "FULL"},
		{MaxAttempts: &five, BackoffRate: 1.25},
		{BackoffRate: 1e-7},
		{BackoffRate: 1e22},
	} {
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		m := &asl.Machine{StartAt: "P", States: map[string]asl.State{"P": &asl.Parallel{Branches: []*asl.Machine{}, Retry: []asl.Retrier{r}}}}
		got, err := m.MarshalJSON()
		wanted := `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[],"Retry":[` + string(want) + `]}}}`
		if err != nil || string(got) != wanted {
			t.Errorf("%s, %v\nwant %s", got, err, wanted)
		}
	}
}

func TestEncodeErrNotJSON(t *testing.T) {
	m := &asl.Machine{StartAt: "P", States: map[string]asl.State{"P": &asl.Pass{Output: func() {}}}}
	if got, err := m.MarshalJSON(); err == nil || !strings.Contains(err.Error(), `state "P"`) {
		t.Errorf("%s, %v; want an error that names the state", got, err)
	}
}
