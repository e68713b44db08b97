package asl

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/asl/jsonata"
)

// fieldsOfStates are the fields of $states that exist in some place.
type fieldsOfStates []string

var (
	inputOnly  = fieldsOfStates{"context", "input"}
	withResult = fieldsOfStates{"context", "input", "result"}
	withError  = fieldsOfStates{"context", "errorOutput", "input"}
)

// value checks the expressions within a value.
func (s *scope) value(v any, at string, reads fieldsOfStates) {
	switch v := v.(type) {
	case nil, bool, float64, int, json.Number:
	case Expr:
		s.expr(v, at, reads)
	case string:
		if hasDelimiter(v) {
			s.report(s.pointer+at, "holds {%% or %%} without being an expression")
		}
	case []any:
		for i, e := range v {
			s.value(e, at+"/"+strconv.Itoa(i), reads)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			s.value(v[name], at+"/"+escapePointer(name), reads)
		}
	default:
		s.report(s.pointer+at, "is of type %T, which no value can be", v)
	}
}

func (s *scope) expr(e Expr, at string, reads fieldsOfStates) {
	if strings.Contains(string(e), "%}") {
		s.report(s.pointer+at, "holds %%}, which ends the expression before its end")
	}
	compiled, err := jsonata.Compile(string(e))
	if err != nil {
		s.report(s.pointer+at, "is not an expression that can be run: %v", err)
		return
	}
	fields, whole := compiled.Fields("states")
	if whole {
		s.report(s.pointer+at, "reads $states as a whole; name one of its fields")
	}
	for _, name := range fields {
		if !slices.Contains(reads, name) {
			s.report(s.pointer+at, "reads $states.%s, which does not exist here", name)
		}
	}
}

// variableProblem says what is wrong with a variable's name, "" if nothing is.
// Step Functions wants a Unicode identifier, which begins with a letter.
func variableProblem(name string) string {
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxVariableNameLength {
		return "names a variable with no character, or more than " + strconv.Itoa(MaxVariableNameLength)
	}
	for i, r := range name {
		if unicode.IsLetter(r) || i > 0 && (r == '_' || unicode.IsDigit(r) || unicode.IsMark(r)) {
			continue
		}
		return "names a variable with a character that variables cannot have there"
	}
	if name == "states" || jsonata.IsFunction(name) {
		return "names a variable as something else is named already"
	}
	return ""
}

// MaxVariableNameLength is Step Functions' limit, in characters.
const MaxVariableNameLength = 80
