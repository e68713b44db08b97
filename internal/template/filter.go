package template

import (
	"fmt"
	"strings"

	"switchboard/internal/spelling"
)

// filter declares a filter once: its check, its rendering, its emission and its
// part of the messages are made from here.
type filter struct {
	name   string
	params []param
	takes  kinds // what the value may be; null passes any filter that does not take it
	apply  func(v any, args []any) (any, error)
	emit   []rendition // nil: not offered where texts are emitted as JSONata
	finds  bool        // may give nothing although there is a value
}

// param is an argument that a filter takes.
type param struct {
	name     string
	takes    domain
	optional bool
}

// domain is a set of values that an argument can have.
type domain struct {
	noun     string
	contains func(v any) bool
	test     func(local string) string // the same as a JSONata condition
	hint     func(v any) string        // what to do about a value outside; may be nil
}

func (d domain) explain(v any) string {
	if d.hint == nil {
		return ""
	}
	return d.hint(v)
}

// nothing is what a filter gives that finds no value, such as first in an empty list.
type nothing struct{}

const filterDefault = "default"

// filters lists the filters in the order of the documentation.
var filters = []*filter{
	{name: filterDefault, params: []param{{name: "value", takes: anyValue}}, takes: anything},
	{name: "upper", takes: aText, apply: applyUpper, emit: emitUpper},
	{name: "lower", takes: aText, apply: applyLower, emit: emitLower},
	{name: "trim", takes: aText, apply: applyTrim, emit: emitTrim},
	{name: "json", takes: anything, apply: applyJSON},
	{name: "number", takes: aText | aNumber, apply: applyNumber, emit: emitNumber},
	{name: "string", takes: anything, apply: applyString, emit: emitString},
	{name: "length", takes: aText | aList | anObject, apply: applyLength, emit: emitLength},
	{name: "join", params: []param{{name: "separator", takes: anyText, optional: true}}, takes: aList, apply: applyJoin, emit: emitJoin},
	{name: "split", params: []param{{name: "separator", takes: filledText}}, takes: aText, apply: applySplit, emit: emitSplit},
	{name: "first", takes: aText | aList, apply: applyFirst, emit: emitFirst, finds: true},
	{name: "last", takes: aText | aList, apply: applyLast, emit: emitLast, finds: true},
	{name: "replace", params: []param{{name: "old", takes: filledText}, {name: "new", takes: anyText}}, takes: aText, apply: applyReplace, emit: emitReplace},
	{name: "slice", params: []param{{name: "start", takes: position}, {name: "end", takes: position, optional: true}}, takes: aText | aList, apply: applySlice, emit: emitSlice},
	{name: "round", params: []param{{name: "digits", takes: decimalPlaces, optional: true}}, takes: aNumber, apply: applyRound, emit: emitRound},
	{name: "date", params: []param{{name: "format", takes: dateFormat, optional: true}, {name: "zone", takes: timeZone, optional: true}}, takes: aText | aNumber, apply: applyDate},
}

var (
	anyValue = domain{
		noun:     "a value",
		contains: func(any) bool { return true },
	}
	anyText = domain{
		noun:     "text",
		contains: func(v any) bool { return kindOf(v) == aText },
		test:     func(local string) string { return `$type(` + local + `)="string"` },
	}
	filledText = domain{
		noun:     "text of at least one character",
		contains: func(v any) bool { return kindOf(v) == aText && v != "" },
		test:     func(local string) string { return `$type(` + local + `)="string" and ` + local + `!=""` },
	}
	position = domain{
		noun:     "a whole number",
		contains: func(v any) bool { _, ok := wholeNumber(v); return ok },
		test:     func(local string) string { return `$type(` + local + `)="number" and ` + local + `%1=0` },
	}
	decimalPlaces = domain{
		noun:     "a whole number from 0 to 15",
		contains: func(v any) bool { n, ok := wholeNumber(v); return ok && n >= 0 && n <= maxPlaces },
		test: func(local string) string {
			return fmt.Sprintf(`$type(%[1]s)="number" and %[1]s%%1=0 and %[1]s>=0 and %[1]s<=%[2]d`, local, maxPlaces)
		},
	}
)

const maxPlaces = 15

// Filters lists the names of all filters.
func Filters() []string { return filterNames(func(*filter) bool { return true }) }

// JSONataFilters lists the filters that are offered where a text is emitted as JSONata.
func JSONataFilters() []string { return filterNames((*filter).emits) }

func (f *filter) emits() bool { return f.emit != nil || f.name == filterDefault }

func filterNames(which func(*filter) bool) []string {
	var names []string
	for _, f := range filters {
		if which(f) {
			names = append(names, f.name)
		}
	}
	return names
}

func filterNamed(name string) (*filter, bool) {
	for _, f := range filters {
		if f.name == name {
			return f, true
		}
	}
	return nil, false
}

// check finds what is wrong with the arguments before anything runs.
func (f *filter) check(named token, count int, args []argument, spans []token) []Problem {
	if count > len(f.params) || count < f.required() {
		return []Problem{wrongArgumentCount(named, f, count)}
	}
	var problems []Problem
	for i, arg := range args {
		if p := f.params[i]; arg.ref < 0 && !p.takes.contains(arg.value) {
			problems = append(problems, wrongArgument(spans[i], f, p, arg.value))
		}
	}
	return problems
}

func (f *filter) required() int {
	n := 0
	for _, p := range f.params {
		if !p.optional {
			n++
		}
	}
	return n
}

func (f *filter) argumentCount() string {
	least, most := f.required(), len(f.params)
	switch {
	case most == 0:
		return "no arguments"
	case most == 1 && least == 1:
		return "one argument"
	case most == 1:
		return "at most one argument"
	case least == most:
		return fmt.Sprintf("%d arguments", most)
	default:
		return fmt.Sprintf("%d to %d arguments", least, most)
	}
}

// usage shows the filter as one writes it, optional arguments in brackets.
func (f *filter) usage() string {
	var b strings.Builder
	b.WriteString(f.name)
	for i, p := range f.params {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		if p.optional {
			b.WriteString("[" + p.name + "]")
		} else {
			b.WriteString(p.name)
		}
	}
	return b.String()
}

func suggestToken(run string) string { return spelling.Hint(run, dateTokens(), "The tokens are") }
