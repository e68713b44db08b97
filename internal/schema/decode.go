package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"switchboard/internal/secret"
)

// Problem is one wrong value. Pointer is a JSON pointer from the object that was checked.
type Problem struct {
	Pointer string
	Code    string // one of the Problem codes
	Message string
	Hint    string
}

// Codes of problems.
const (
	CodeMissing = "missing_field"
	CodeUnknown = "unknown_field"
	CodeType    = "wrong_type"
	CodeValue   = "invalid_value"
)

// Input is the checked values of one action or credential, read through the
// fields that declare them. Reading an absent value gives the zero value.
type Input struct{ values map[string]any }

// NewInput wraps values that are known to fit, such as those of a test.
func NewInput(values map[string]any) Input { return Input{values: values} }

// Has says whether the field was given, or has a default.
func (in Input) Has(f Field) bool { _, ok := in.values[f.Name]; return ok }

// Text reads a text, choice or secret.
func (in Input) Text(f Field) string {
	switch v := in.values[f.Name].(type) {
	case string:
		return v
	case secret.Text:
		return v.Reveal()
	default:
		return ""
	}
}

// Secret reads a secret without showing it.
func (in Input) Secret(f Field) secret.Text { return secret.New(in.Text(f)) }

// Int reads an integer.
func (in Input) Int(f Field) int { n, _ := in.values[f.Name].(int64); return int(n) }

// Float reads a number.
func (in Input) Float(f Field) float64 { n, _ := in.values[f.Name].(float64); return n }

// Bool reads a boolean.
func (in Input) Bool(f Field) bool { b, _ := in.values[f.Name].(bool); return b }

// List reads a list of texts.
func (in Input) List(f Field) []string { l, _ := in.values[f.Name].([]string); return l }

// Map reads an object or a map.
func (in Input) Map(f Field) map[string]any { m, _ := in.values[f.Name].(map[string]any); return m }

// Any reads the value as JSON has it.
func (in Input) Any(f Field) any { return in.values[f.Name] }

// Items reads a list of objects.
func (in Input) Items(f Field) []Input { l, _ := in.values[f.Name].([]Input); return l }

// Values reads a list of JSON values.
func (in Input) Values(f Field) []any { l, _ := in.values[f.Name].([]any); return l }

// Decode checks the values of a config or of credential data, fills defaults in
// and converts what converts without loss (the text "5" for an integer, a number
// for a text: templates mix them). It reports every problem, not only the first.
// Numbers may be json.Number, float64 or int.
func (fs Fields) Decode(raw map[string]any) (Input, []Problem) {
	return decoder{}.fields(fs, raw, "")
}

// Check reports what Decode would, for values that are still being edited: a
// text for which dynamic is true holds a template, so its type is not known yet.
func (fs Fields) Check(raw map[string]any, dynamic func(string) bool) []Problem {
	_, problems := decoder{dynamic: dynamic}.fields(fs, raw, "")
	return problems
}

type decoder struct{ dynamic func(string) bool }

func (d decoder) fields(fs Fields, raw map[string]any, at string) (Input, []Problem) {
	in := Input{values: make(map[string]any, len(fs))}
	var problems []Problem
	for _, f := range fs {
		v, given := raw[f.Name]
		if absent(f, v) && (!given || v != nil || !f.Nullable) {
			if f.Default != nil {
				in.values[f.Name] = f.Default
			} else if f.Required {
				problems = append(problems, missing(f, at+"/"+Escape(f.Name)))
			}
			continue
		}
		if d.isDynamic(v) {
			if f.Fixed {
				problems = append(problems, notKnown(f, at+"/"+Escape(f.Name)))
			}
			continue
		}
		value, ps := d.value(f, v, at+"/"+Escape(f.Name))
		problems = append(problems, ps...)
		if len(ps) == 0 {
			in.values[f.Name] = value
		}
	}
	for _, name := range fs.unknownNames(raw) {
		problems = append(problems, unknown(fs, name, at+"/"+Escape(name)))
	}
	return in, problems
}

// absent says whether a value counts as not given: null does, and for a field that
// is required or has a default so does an empty text.
func absent(f Field, v any) bool {
	return v == nil || v == "" && f.Kind != JSON && (f.Required || f.Default != nil || f.Kind != Text)
}

func (d decoder) isDynamic(v any) bool {
	s, ok := v.(string)
	return ok && d.dynamic != nil && d.dynamic(s)
}

func (d decoder) value(f Field, v any, pointer string) (any, []Problem) {
	wrong := func() (any, []Problem) { return nil, []Problem{wrongType(f, v, pointer)} }
	switch f.Kind {
	case Text, Secret, Choice:
		s, ok := scalarText(v)
		if !ok {
			return wrong()
		}
		return s, checkText(f, s, pointer)
	case Integer:
		n, ok := number(v)
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return wrong()
		}
		return int64(n), checkRange(f, n, pointer)
	case Number:
		n, ok := number(v)
		if !ok {
			return wrong()
		}
		return n, checkRange(f, n, pointer)
	case Boolean:
		b, ok := boolean(v)
		if !ok {
			return wrong()
		}
		return b, nil
	case List:
		return d.list(f, v, pointer)
	case Map, Object:
		m, ok := v.(map[string]any)
		if !ok {
			return wrong()
		}
		return m, d.mapValues(f, m, pointer)
	case Items:
		return d.items(f, v, pointer)
	case Values:
		l, ok := v.([]any)
		if !ok {
			return wrong()
		}
		return l, checkCount(f, len(l), pointer)
	default: // JSON
		return v, nil
	}
}

func (d decoder) list(f Field, v any, pointer string) (any, []Problem) {
	if s, ok := scalarText(v); ok {
		v = []any{s}
	}
	l, ok := v.([]any)
	if !ok {
		return nil, []Problem{wrongType(f, v, pointer)}
	}
	var problems []Problem
	texts := make([]string, 0, len(l))
	for i, e := range l {
		if d.isDynamic(e) {
			continue
		}
		s, ok := scalarText(e)
		if !ok {
			problems = append(problems, wrongType(Field{Kind: Text, Title: f.Title}, e, fmt.Sprintf("%s/%d", pointer, i)))
			continue
		}
		if f.Pattern != "" {
			element := f
			element.MinLength, element.MaxLength = 0, 0
			problems = append(problems, checkText(element, s, fmt.Sprintf("%s/%d", pointer, i))...)
		}
		texts = append(texts, s)
	}
	return texts, append(problems, checkCount(f, len(l), pointer)...)
}

func (d decoder) mapValues(f Field, m map[string]any, pointer string) []Problem {
	if f.Kind != Map {
		return nil
	}
	var problems []Problem
	for _, k := range slices.Sorted(maps.Keys(m)) {
		switch m[k].(type) {
		case map[string]any, []any:
			problems = append(problems, wrongType(Field{Kind: Text, Title: k}, m[k], pointer+"/"+Escape(k)))
		}
	}
	return problems
}

func (d decoder) items(f Field, v any, pointer string) (any, []Problem) {
	l, ok := v.([]any)
	if !ok {
		return nil, []Problem{wrongType(f, v, pointer)}
	}
	var problems []Problem
	items := make([]Input, 0, len(l))
	for i, e := range l {
		at := fmt.Sprintf("%s/%d", pointer, i)
		if d.isDynamic(e) {
			if f.Fixed {
				problems = append(problems, notKnown(f, at))
			}
			continue
		}
		m, ok := e.(map[string]any)
		if !ok {
			problems = append(problems, wrongType(Field{Kind: Object, Title: f.Title}, e, at))
			continue
		}
		item, ps := d.fields(f.Fields, m, at)
		problems = append(problems, ps...)
		items = append(items, item)
	}
	return items, append(problems, checkCount(f, len(l), pointer)...)
}

var patterns sync.Map // pattern -> *regexp.Regexp

func checkText(f Field, s, pointer string) []Problem {
	var problems []Problem
	n := utf8.RuneCountInString(s)
	if f.MinLength > 0 && n < f.MinLength {
		problems = append(problems, tooShort(f, n, pointer))
	}
	if f.MaxLength > 0 && n > f.MaxLength {
		problems = append(problems, tooLong(f, n, pointer))
	}
	if f.Kind == Choice && !slices.Contains(f.Choices, s) {
		problems = append(problems, notAChoice(f, s, pointer))
	}
	if f.Pattern != "" {
		re, ok := patterns.Load(f.Pattern)
		if !ok {
			re, _ = patterns.LoadOrStore(f.Pattern, regexp.MustCompile(`^(?:`+f.Pattern+`)$`))
		}
		if !re.(*regexp.Regexp).MatchString(s) {
			problems = append(problems, noMatch(f, pointer))
		}
	}
	return problems
}

func checkRange(f Field, n float64, pointer string) []Problem {
	if (f.Min != nil && n < *f.Min) || (f.Max != nil && n > *f.Max) {
		return []Problem{outOfRange(f, pointer)}
	}
	return nil
}

func checkCount(f Field, n int, pointer string) []Problem {
	if (f.MinLength > 0 && n < f.MinLength) || (f.MaxLength > 0 && n > f.MaxLength) {
		return []Problem{wrongCount(f, n, pointer)}
	}
	return nil
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

func number(v any) (float64, bool) {
	if _, isBool := v.(bool); isBool {
		return 0, false
	}
	s, ok := scalarText(v)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return n, true
}

func boolean(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// Escape makes a name into one token of a JSON pointer.
func Escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
