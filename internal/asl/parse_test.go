package asl_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
)

// goldens gives the machines of testdata by file name.
func goldens(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/machines/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no machines: %v", err)
	}
	byName := map[string][]byte{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		byName[filepath.Base(file)] = b
	}
	return byName
}

func parse(tb testing.TB, definition []byte) *asl.Machine {
	tb.Helper()
	m, err := asl.Parse(definition)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestParseRoundTrip(t *testing.T) {
	for name, golden := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			m := parse(t, golden)
			b, err := m.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, b, "", "  "); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(golden)), indented.String()); diff != "" {
				t.Errorf("marshalled differently (-golden +ours):\n%s", diff)
			}
			if diff := cmp.Diff(m, parse(t, b)); diff != "" {
				t.Errorf("parsed differently (-first +second):\n%s", diff)
			}
			if issues := m.Validate(); len(issues) > 0 {
				t.Errorf("issues: %v", issues)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Run("TextsBetweenDelimitersBecomeExpressions", func(t *testing.T) {
		m := parse(t, []byte(`{"StartAt": "a", "States": {"a": {"Type": "Succeed", "Output": {"x": ["{% $y %}", "plain", 1.50]}}}}`))
		want := map[string]any{"x": []any{asl.Expr("$y"), "plain", json.Number("1.50")}}
		if diff := cmp.Diff(want, m.States["a"].(*asl.Succeed).Output); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("LiteralsComeBackAsTheyWere", func(t *testing.T) {
		for _, text := range []string{"{% x %}", "{%", "a %}", "{%}", "a{width:100%}", "{% {% %} %}", "plain"} {
			m := asl.Machine{StartAt: "a", States: map[string]asl.State{"a": &asl.Succeed{Output: asl.Literal(text)}}}
			b, err := m.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&m, parse(t, b)); diff != "" {
				t.Errorf("%q:\n%s", text, diff)
			}
		}
	})
}

// stateWith is a definition with one state, whose fields are given.
func stateWith(fields string) string {
	return `{"StartAt": "a", "States": {"a": {` + fields + `}}}`
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ definition, pointer string }{
		"ErrNotJSON":                {`{`, ""},
		"ErrNotAnObject":            {`[]`, ""},
		"ErrTwoValues":              {`{"StartAt": "a", "States": {}} {}`, ""},
		"ErrInvalidUTF8":            {"{\"StartAt\": \"\xff\"}", "/StartAt"},
		"ErrTooLarge":               {`{"Comment": "` + strings.Repeat("x", asl.MaxDefinitionBytes) + `"}`, ""},
		"ErrNameTwice":              {`{"StartAt": "a", "States": {"a": {"Type": "Succeed"}, "a": {"Type": "Fail"}}}`, "/States/a"},
		"ErrNameTwiceInAValue":      {stateWith(`"Type": "Succeed", "Output": {"x": 1, "x": 2}`), "/States/a/Output/x"},
		"ErrUnknownField":           {`{"StartAt": "a", "States": {}, "Version": "1.0"}`, "/Version"},
		"ErrFieldCaseMatters":       {`{"startAt": "a", "States": {}}`, "/StartAt"},
		"ErrNoStartAt":              {`{"States": {}}`, "/StartAt"},
		"ErrNoStates":               {`{"StartAt": "a"}`, "/States"},
		"ErrStartAtNoText":          {`{"StartAt": 1, "States": {}}`, "/StartAt"},
		"ErrStartAtExpression":      {`{"StartAt": "{% $x %}", "States": {}}`, "/StartAt"},
		"ErrTimeoutFraction":        {`{"StartAt": "a", "States": {}, "TimeoutSeconds": 1.5}`, "/TimeoutSeconds"},
		"ErrTimeoutText":            {`{"StartAt": "a", "States": {}, "TimeoutSeconds": "1"}`, "/TimeoutSeconds"},
		"ErrUnknownType":            {stateWith(`"Type": "Sleep"`), "/States/a/Type"},
		"ErrNoType":                 {stateWith(`"End": true`), "/States/a/Type"},
		"ErrFieldOfAnotherType":     {stateWith(`"Type": "Succeed", "End": true`), "/States/a/End"},
		"ErrJSONPathField":          {stateWith(`"Type": "Pass", "ResultPath": "$.x", "End": true`), "/States/a/ResultPath"},
		"ErrStateQueryLanguage":     {stateWith(`"Type": "Pass", "QueryLanguage": "JSONata", "End": true`), "/States/a/QueryLanguage"},
		"ErrEndFalse":               {stateWith(`"Type": "Pass", "End": false`), "/States/a/End"},
		"ErrEndText":                {stateWith(`"Type": "Pass", "End": "true"`), "/States/a/End"},
		"ErrNextEmpty":              {stateWith(`"Type": "Pass", "Next": ""`), "/States/a/Next"},
		"ErrOutputNull":             {stateWith(`"Type": "Pass", "Output": null, "End": true`), "/States/a/Output"},
		"ErrOutputHalfExpression":   {stateWith(`"Type": "Pass", "Output": {"x": ["{% $y"]}, "End": true`), "/States/a/Output/x/0"},
		"ErrOutputDelimiterWithin":  {stateWith(`"Type": "Pass", "Output": "{% $x %} and {% $y %}", "End": true`), "/States/a/Output"},
		"ErrAssignList":             {stateWith(`"Type": "Pass", "Assign": [], "End": true`), "/States/a/Assign"},
		"ErrAssignEmpty":            {stateWith(`"Type": "Pass", "Assign": {}, "End": true`), "/States/a/Assign"},
		"ErrResourceMissing":        {stateWith(`"Type": "Task", "End": true`), "/States/a/Resource"},
		"ErrHeartbeat":              {stateWith(`"Type": "Task", "Resource": "r", "HeartbeatSeconds": 1`), "/States/a/HeartbeatSeconds"},
		"ErrTaskTimeoutText":        {stateWith(`"Type": "Task", "Resource": "r", "TimeoutSeconds": "1"`), "/States/a/TimeoutSeconds"},
		"ErrChoicesMissing":         {stateWith(`"Type": "Choice", "Default": "a"`), "/States/a/Choices"},
		"ErrConditionConstant":      {stateWith(`"Type": "Choice", "Choices": [{"Condition": true, "Next": "a"}]`), "/States/a/Choices/0/Condition"},
		"ErrRuleUnknownField":       {stateWith(`"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "a", "And": []}]`), "/States/a/Choices/0/And"},
		"ErrRetryNoList":            {stateWith(`"Type": "Task", "Resource": "r", "Retry": {}`), "/States/a/Retry"},
		"ErrRetryEmpty":             {stateWith(`"Type": "Task", "Resource": "r", "Retry": []`), "/States/a/Retry"},
		"ErrRetryUnknownField":      {stateWith(`"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": ["e"], "Max": 1}]`), "/States/a/Retry/0/Max"},
		"ErrRetryIntervalZero":      {stateWith(`"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": ["e"], "IntervalSeconds": 0}]`), "/States/a/Retry/0/IntervalSeconds"},
		"ErrErrorEqualsNumber":      {stateWith(`"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": [1]}]`), "/States/a/Retry/0/ErrorEquals/0"},
		"ErrCatchNoNext":            {stateWith(`"Type": "Task", "Resource": "r", "Catch": [{"ErrorEquals": ["e"]}]`), "/States/a/Catch/0/Next"},
		"ErrItemsMissing":           {stateWith(`"Type": "Map", "ItemProcessor": {"StartAt": "b", "States": {}}`), "/States/a/Items"},
		"ErrItemsObject":            {stateWith(`"Type": "Map", "Items": {}, "ItemProcessor": {"StartAt": "b", "States": {}}`), "/States/a/Items"},
		"ErrProcessorMissing":       {stateWith(`"Type": "Map", "Items": []`), "/States/a/ItemProcessor"},
		"ErrProcessorConfigUnknown": {stateWith(`"Type": "Map", "Items": [], "ItemProcessor": {"StartAt": "b", "States": {}, "ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "STANDARD"}}`), "/States/a/ItemProcessor/ProcessorConfig/ExecutionType"},
		"ErrBranchState":            {stateWith(`"Type": "Parallel", "Branches": [{"StartAt": "b", "States": {"b/c~d": 1}}]`), "/States/a/Branches/0/States/b~1c~0d"},
		"ErrSecondsText":            {stateWith(`"Type": "Wait", "Seconds": "5"`), "/States/a/Seconds"},
		"ErrTimestampNumber":        {stateWith(`"Type": "Wait", "Timestamp": 5`), "/States/a/Timestamp"},
		"ErrErrorNumber":            {stateWith(`"Type": "Fail", "Error": 5`), "/States/a/Error"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := asl.Parse([]byte(c.definition))
			if err == nil {
				t.Fatalf("parsed %+v", m)
			}
			f := fault.Of(err)
			if len(f.Fields) != 1 || f.Fields[0].Pointer != c.pointer || !strings.Contains(err.Error(), `"`+c.pointer+`"`) {
				t.Errorf("got %v at %+v, want it at %q", err, f.Fields, c.pointer)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, golden := range goldens(f) {
		f.Add(golden)
	}
	f.Add([]byte(stateWith(`"Type": "Pass", "Output": "{%%}", "End": true`)))
	f.Fuzz(func(t *testing.T, definition []byte) {
		m, err := asl.Parse(definition)
		if err != nil {
			return
		}
		m.Validate()
		first, err := m.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if len(first) > asl.MaxDefinitionBytes {
			return
		}
		again := parse(t, first)
		if diff := cmp.Diff(m, again); diff != "" {
			t.Fatalf("parsed differently the second time (-first +second):\n%s", diff)
		}
		if second, err := again.MarshalJSON(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("marshalled differently the second time: %v\n%s\n%s", err, first, second)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	definition := goldens(b)["every_state.json"]
	b.SetBytes(int64(len(definition)))
	for b.Loop() {
		if _, err := asl.Parse(definition); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	m := parse(b, goldens(b)["every_state.json"])
	for b.Loop() {
		if issues := m.Validate(); len(issues) > 0 {
			b.Fatal(issues)
		}
	}
}
