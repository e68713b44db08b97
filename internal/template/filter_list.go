package template

import (
	"errors"
	"unicode/utf8"
)

const defaultSeparator = ", "

func applyJoin(v any, args []any) (any, error) {
	separator := defaultSeparator
	if len(args) > 0 {
		separator = args[0].(string)
	}
	var joined []byte
	for i, item := range v.([]any) {
		if i > 0 {
			joined = append(joined, separator...)
		}
		if joined = appendText(joined, item); len(joined) > maxTextBytes {
			return nil, errors.New(complaintLarge)
		}
	}
	return string(joined), nil
}

func applyFirst(v any, _ []any) (any, error) {
	if s, ok := v.(string); ok {
		_, size := utf8.DecodeRuneInString(s)
		return s[:size], nil
	}
	list := v.([]any)
	if len(list) == 0 {
		return nothing{}, nil
	}
	return list[0], nil
}

func applyLast(v any, _ []any) (any, error) {
	if s, ok := v.(string); ok {
		_, size := utf8.DecodeLastRuneInString(s)
		return s[len(s)-size:], nil
	}
	list := v.([]any)
	if len(list) == 0 {
		return nothing{}, nil
	}
	return list[len(list)-1], nil
}

func applySlice(v any, args []any) (any, error) {
	if list, ok := v.([]any); ok {
		start, end := bounds(args, len(list))
		return list[start:end:end], nil
	}
	characters := []rune(v.(string))
	start, end := bounds(args, len(characters))
	return string(characters[start:end]), nil
}

// bounds turns the arguments of slice into a range within length; an empty one
// where the end is before the start.
func bounds(args []any, length int) (start, end int) {
	place := func(i, otherwise int) int {
		if i >= len(args) {
			return otherwise
		}
		n, _ := wholeNumber(args[i]) // checked by its domain
		if n < 0 {
			n += length
		}
		return min(max(n, 0), length)
	}
	start, end = place(0, 0), place(1, length)
	return start, max(start, end)
}
