package schema

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"switchboard/internal/spelling"
)

// All messages about values stand here, so that they read alike.

func missing(f Field, pointer string) Problem {
	return Problem{Pointer: pointer, Code: CodeMissing, Message: fmt.Sprintf("%s is required.", f.label()), Hint: f.Help}
}

func unknown(fs Fields, name, pointer string) Problem {
	return Problem{
		Pointer: pointer, Code: CodeUnknown, Message: fmt.Sprintf("There is no field %q here.", name),
		Hint: spelling.Hint(name, fs.Names(), "The fields are"),
	}
}

func wrongType(f Field, v any, pointer string) Problem {
	return Problem{
		Pointer: pointer, Code: CodeType,
		Message: fmt.Sprintf("%s must be %s, not %s.", f.label(), f.Kind.noun(), typeName(v)),
	}
}

func tooShort(f Field, n int, pointer string) Problem {
	return Problem{Pointer: pointer, Code: CodeValue, Message: fmt.Sprintf("%s must have at least %d characters; it has %d.", f.label(), f.MinLength, n)}
}

func tooLong(f Field, n int, pointer string) Problem {
	return Problem{Pointer: pointer, Code: CodeValue, Message: fmt.Sprintf("%s may have at most %d characters; it has %d.", f.label(), f.MaxLength, n)}
}

func notAChoice(f Field, s, pointer string) Problem {
	return Problem{
		Pointer: pointer, Code: CodeValue, Message: fmt.Sprintf("%s cannot be %q.", f.label(), s),
		Hint: spelling.Hint(s, f.Choices, "It can be"),
	}
}

// notKnown is about a template in a field that is Fixed.
func notKnown(f Field, pointer string) Problem {
	return Problem{
		Pointer: pointer, Code: CodeValue, Message: fmt.Sprintf("%s cannot be a variable: it has to be known beforehand.", f.label()),
		Hint: "Write it out; to choose between several, use a condition or a switch.",
	}
}

func noMatch(f Field, pointer string) Problem {
	return Problem{Pointer: pointer, Code: CodeValue, Message: fmt.Sprintf("%s does not have the right form.", f.label()), Hint: f.PatternHint}
}

func outOfRange(f Field, pointer string) Problem {
	var message string
	switch {
	case f.Min != nil && f.Max != nil:
		message = fmt.Sprintf("%s must be from %s to %s.", f.label(), plain(*f.Min), plain(*f.Max))
	case f.Min != nil:
		message = fmt.Sprintf("%s must be at least %s.", f.label(), plain(*f.Min))
	default:
		message = fmt.Sprintf("%s must be at most %s.", f.label(), plain(*f.Max))
	}
	return Problem{Pointer: pointer, Code: CodeValue, Message: message}
}

// plain writes a bound as people do, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func wrongCount(f Field, n int, pointer string) Problem {
	message := fmt.Sprintf("%s may have at most %d items; it has %d.", f.label(), f.MaxLength, n)
	if f.MinLength > 0 && n < f.MinLength {
		message = fmt.Sprintf("%s must have at least %d items; it has %d.", f.label(), f.MinLength, n)
	}
	return Problem{Pointer: pointer, Code: CodeValue, Message: message}
}

func (f Field) label() string {
	if f.Title != "" {
		return f.Title
	}
	if f.Name != "" {
		return f.Name
	}
	return "The value"
}

func (k Kind) noun() string {
	switch k {
	case Text, Secret, Choice:
		return "a text"
	case Integer:
		return "a whole number"
	case Number:
		return "a number"
	case Boolean:
		return "true or false"
	case List:
		return "a text or a list of texts"
	case Map, Object:
		return "an object"
	case Items:
		return "a list of objects"
	case Values:
		return "a list"
	default:
		return "a value"
	}
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if len(v) > 0 && len(v) <= 24 && !strings.ContainsAny(v, "\n\r") {
			return fmt.Sprintf("the text %q", v)
		}
		return "a text"
	case bool:
		return "true or false"
	case json.Number, float64, int, int64:
		return fmt.Sprintf("the number %v", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return "another type"
	}
}
