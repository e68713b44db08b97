package jsonata

import (
	"encoding/json"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Functions over text. Arguments come checked, and undefined where missing; an
// undefined text is an undefined result.

func toText(s *state, args []any) (any, error) {
	if pretty, _ := args[1].(bool); pretty {
		if _, ok := items(args[0]); ok || symbol(args[0]) == 'o' {
			b, err := s.appendJSON(nil, args[0], 0)
			return string(b), err
		}
	}
	text, defined, err := s.text(args[0])
	if err != nil || !defined {
		return nothing{}, err
	}
	return text, nil
}

func length(_ *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	return float64(utf8.RuneCountInString(text)), nil
}

func uppercase(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	return upper(text), s.grow(3 * len(text))
}

func lowercase(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	return lower(text), s.grow(2 * len(text))
}

// trim also makes one space of every run of white space within, as the reference does.
func trim(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r", r) })
	return strings.Join(words, " "), s.grow(len(text))
}

// pad fills up to |width| code points: behind the text, or before it where width is negative.
func pad(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	width, _ := float(args[1])
	missing := math.Abs(width) - float64(utf8.RuneCountInString(text))
	if !(missing > 0) {
		return text, nil
	}
	fill, _ := args[2].(string)
	if fill == "" {
		fill = " "
	}
	if missing != math.Trunc(missing) || missing > maxGrowth {
		return nil, s.fail("D3001", "$pad cannot pad to a width of %s", numberText(width))
	}
	if err := s.grow(int(missing) * len(fill)); err != nil {
		return nil, err
	}
	padding := sliceRunes(strings.Repeat(fill, int(missing)), 0, missing)
	if width > 0 {
		return text + padding, nil
	}
	return padding + text, nil
}

func substring(_ *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	total := float64(utf8.RuneCountInString(text))
	start, ok := float(args[1])
	if !ok {
		start = math.NaN() // an undefined start counts as the beginning
	}
	if total+start < 0 {
		start = 0
	}
	end := math.Inf(1)
	if n, ok := float(args[2]); ok {
		if n <= 0 {
			return "", nil
		}
		// With an undefined start, this is NaN, and the end is the beginning.
		if end = start + n; start < 0 {
			end += total
		}
	}
	return sliceRunes(text, start, end), nil
}

// coerced is what JavaScript makes of an argument that the reference passes on
// without looking whether it is there.
func coerced(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return "undefined"
}

func substringBefore(_ *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	before, _, _ := strings.Cut(text, coerced(args[1]))
	return before, nil
}

func substringAfter(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	_, after, found := strings.Cut(text, coerced(args[1]))
	if !found {
		return text, nil
	}
	if isUndefined(args[1]) {
		return nil, s.fail("T0410", "$substringAfter needs a text to look for")
	}
	return after, nil
}

func contains(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	switch token := args[1].(type) {
	case string:
		return strings.Contains(text, token), nil
	case *pattern:
		return token.matches(text), nil
	}
	return nil, s.fail("T0410", "$contains needs a text or a regular expression to look for")
}

func split(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	most := -1
	if limit, ok := float(args[2]); ok {
		if limit < 0 {
			return nil, s.fail("D3020", "the limit of $split must not be negative")
		}
		most = 0
		if !math.IsInf(limit, 0) && !math.IsNaN(limit) {
			most = int(math.Mod(math.Trunc(limit), 1<<32)) // as ToUint32 has it
		}
	}
	list := &array{items: []any{}}
	if most == 0 {
		return list, nil
	}
	separator, ok := args[1].(string)
	if !ok {
		return nil, s.fail("T0410", "$split needs a text to split at")
	}
	if separator == "" && text == "" {
		return list, nil
	}
	for part := range strings.SplitSeq(text, separator) {
		if len(list.items) == most {
			break
		}
		if err := s.growItems(1); err != nil {
			return nil, err
		}
		list.items = append(list.items, part)
	}
	return list, nil
}

func join(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	separator, _ := args[1].(string)
	var b strings.Builder
	for i, part := range list {
		if i > 0 {
			b.WriteString(separator)
		}
		text, _ := part.(string)
		if err := s.grow(len(text) + len(separator)); err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func replace(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	old, ok := args[1].(string)
	if !ok {
		return nil, s.fail("T0410", "$replace needs a text to look for")
	}
	if old == "" {
		return nil, s.fail("D3010", "the text that $replace looks for must not be empty")
	}
	most := math.Inf(1)
	if limit, ok := float(args[3]); ok {
		if limit < 0 {
			return nil, s.fail("D3011", "the limit of $replace must not be negative")
		}
		most = limit
	}
	if callable(args[2]) {
		return nil, s.fail("D3012", "$replace needs a text to put in")
	}
	replacement := coerced(args[2])
	var b strings.Builder
	for n := 0.0; n < most; n++ {
		before, after, found := strings.Cut(text, old)
		if !found {
			break
		}
		if err := s.grow(len(before) + len(replacement)); err != nil {
			return nil, err
		}
		b.WriteString(before)
		b.WriteString(replacement)
		text = after
	}
	b.WriteString(text)
	return b.String(), s.grow(len(text))
}

// parseJSON is Step Functions' own $parse.
func parseJSON(s *state, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nothing{}, nil
	}
	if err := s.grow(4 * len(text)); err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, s.fail("D3120", "$parse was given a text that is not JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, s.fail("D3120", "$parse was given a text with more than one JSON value")
	}
	return v, nil
}
