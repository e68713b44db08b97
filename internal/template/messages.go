package template

import (
	"fmt"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/spelling"
)

// All messages of the package stand here, so that they read alike.

// Problems of a text.

const (
	hintPath       = "An expression is a path, such as {{trigger.body.id}}, then filters after |, such as {{trigger.body.id | default: 0}}."
	hintMember     = `Names have letters, digits, _ and -. Anything else goes in brackets: ["any name"], or [0] for an item of a list.`
	hintArguments  = `An argument is "text" in quotes, a number, true, false, null, or a path.`
	hintLastItem   = "Count from 0, or take the last item with | last."
	hintLiteral    = `To have the characters {{ themselves, write \{{.`
	hintQuotedName = `The name of a member goes in quotes: ["name"].`
)

func syntax(start, end int, hint, format string, args ...any) Problem {
	return Problem{Code: CodeSyntax, Message: fmt.Sprintf(format, args...), Hint: hint, Start: start, End: end}
}

// seen names what stands in the text instead of what was expected.
func (t token) seen() string {
	switch t.kind {
	case closing:
		return "}}"
	case text:
		return "a text in quotes"
	default:
		return t.value
	}
}

func emptyExpression(start, end int) Problem {
	return syntax(start, end, "Name a value, such as {{trigger.body.id}}. "+hintLiteral, "There is nothing between {{ and }}.")
}

func unclosedExpression(start int) Problem {
	return syntax(start, start+2, "Add }} after the expression. "+hintLiteral, "This {{ has no }}.")
}

func unclosedText(t token) Problem {
	return syntax(t.start, t.end, "Close it on the same line with "+t.value+".", "This text has no closing quote.")
}

func badEscape(start, end int) Problem {
	return syntax(start, end, `The escapes are \" \' \\ \/ \b \f \n \r \t and \u with four hexadecimal digits.`, "This is not an escape.")
}

func notANumber(t token) Problem {
	return syntax(t.start, t.end, "Numbers are written as in JSON: 10, -1, 0.5, 2e3. Text goes in quotes.", "%s is not a number.", t.value)
}

func notAPath(t token) Problem {
	return syntax(t.start, t.end, hintPath, "A path is expected here, not %s.", t.seen())
}

func notAMember(t token) Problem {
	return syntax(t.start, t.end, hintMember, "A name is expected after the dot, not %s.", t.seen())
}

func notAnIndex(t token) Problem {
	hint := hintMember
	switch t.kind {
	case number:
		hint = hintLastItem
	case name:
		hint = hintQuotedName
	}
	return syntax(t.start, t.end, hint, "The index of an item or a name in quotes is expected here, not %s.", t.seen())
}

func unclosedIndex(t token) Problem {
	return syntax(t.start, t.end, hintMember, "A ] is expected here, not %s.", t.seen())
}

func notAFilter(t token) Problem {
	return syntax(t.start, t.end, spelling.Hint("", Filters(), "The filters are"), "The name of a filter is expected after |, not %s.", t.seen())
}

func notAnArgument(t token) Problem {
	return syntax(t.start, t.end, hintArguments, "An argument is expected here, not %s.", t.seen())
}

func afterValue(t token) Problem {
	return syntax(t.start, t.end, hintPath, "A filter after | or the closing }} is expected here, not %s.", t.seen())
}

func tooManyExpressions(start int) Problem {
	p := syntax(start, start+2, "Split the text.", "A text can have at most %d expressions.", maxExpressions)
	p.Code = CodeTooLarge
	return p
}

func tooManySteps(start, end int) Problem {
	p := syntax(start, end, "", "A path can have at most %d steps.", maxSteps)
	p.Code = CodeTooLarge
	return p
}

func tooManyFilters(named token) Problem {
	p := syntax(named.start, named.end, "", "An expression can have at most %d filters.", maxFilters)
	p.Code = CodeTooLarge
	return p
}

func unknownFilter(named token) Problem {
	return Problem{
		Code: CodeUnknownFilter, Start: named.start, End: named.end,
		Message: fmt.Sprintf("There is no filter %q.", named.value),
		Hint:    spelling.Hint(named.value, Filters(), "The filters are"),
	}
}

func wrongArgumentCount(named token, f *filter, has int) Problem {
	return Problem{
		Code: CodeFilterArguments, Start: named.start, End: named.end,
		Message: fmt.Sprintf("%s takes %s, not %d.", f.name, f.argumentCount(), has),
		Hint:    fmt.Sprintf("Write it as | %s.", f.usage()),
	}
}

func wrongArgument(span token, f *filter, p param, v any) Problem {
	return Problem{
		Code: CodeFilterArguments, Start: span.start, End: span.end,
		Message: fmt.Sprintf("The %s of %s must be %s.", p.name, f.name, p.takes.noun),
		Hint:    p.takes.explain(v),
	}
}

// Texts of faults. JSONata raises the same ones, so they are built from parts
// that are known before anything runs.

func missingValue(name string) string { return "{{" + name + "}} has no value" }

// untakenValue ends with the type that the value has.
func untakenValue(name string, f *filter) string {
	return fmt.Sprintf("{{%s}}: %s takes %s; the value before it is of type ", name, f.name, f.takes)
}

func untakenArgument(name string, f *filter, p param) string {
	return fmt.Sprintf("{{%s}}: the %s of %s must be %s", name, p.name, f.name, p.takes.noun)
}

func refusal(name, complaint string) string { return "{{" + name + "}}: " + complaint }

// inField names the field that the fault is about.
func inField(pointer string) string {
	if pointer == "" {
		return ""
	}
	return " (field " + pointer + ")"
}

const (
	complaintLarge        = "the text would become larger than 8 MiB"
	complaintNumber       = "this text is not a number"
	complaintDigits       = "a whole number of more than 15 digits cannot become text here without changing"
	complaintTime         = "this is not a point in time"
	complaintHost         = "only letters, digits, dots, hyphens and underscores can stand in the host of a URL"
	complaintHostEnd      = "a value cannot be the end of a host that begins with other text; it would be another host"
	complaintURL          = "a URL cannot hold spaces, control characters or backslashes"
	complaintDots         = `a value cannot make a path segment "." or ".."`
	complaintEmptySegment = "the first segment of a path cannot be empty"
	complaintHeader       = "a header cannot hold line breaks or NUL"
	complaintJSONPlace    = "a value cannot stand within an escape sequence of JSON"
	complaintSOQL         = "outside of quotes a query takes only a name, a number or a date; put single quotes around it"
)

// HintMissing says what to do about a [fault.MissingValue].
const HintMissing = "Look at what the step before gave, or say with | default: ... what stands in."

func missing(name string) *fault.Error {
	return fault.New(fault.MissingValue, "%s", missingValue(name)).WithHint(HintMissing)
}

func refused(format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidTemplate, format, args...)
}

func unusable(p *Problem) *fault.Error {
	return refused("The template has a problem: %s", p.Message).WithHint("%s", p.Hint)
}

func notOffered(name string, f *filter) *fault.Error {
	return refused("{{%s}}: %s is not offered in logic nodes, nor in the output.", name, f.name).
		WithHint("Use it in a field of an action. Here you can use: %s.", strings.Join(JSONataFilters(), ", "))
}

// at adds the field to a fault of a template.
func at(f *fault.Error, pointer string) *fault.Error {
	located := *f
	located.Message += inField(pointer)
	located.Fields = append([]fault.Field(nil), f.Fields...)
	located.Fields = append(located.Fields, fault.Field{Pointer: pointer, Message: f.Message, Hint: f.Hint})
	return &located
}
