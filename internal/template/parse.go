package template

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Limits of one text. No filter takes more than maxArguments.
const (
	maxExpressions = 1000
	maxFilters     = 32 // of one expression
	maxSteps       = 64 // of one path
	maxIndexDigits = 9
	maxArguments   = 2
)

// Template is a parsed text. It is safe for concurrent use.
type Template struct {
	source  string
	parts   []part
	refs    []Ref
	count   int // of expressions
	problem *Problem
}

// part is a literal text, or an expression.
type part struct {
	literal    string
	expression *expression
}

// expression is what stands between {{ and }}.
type expression struct {
	path  Path
	ref   int // of the path in Template.refs
	calls []call
	// lastDefault is the index of the last default filter, or -1.
	lastDefault int
}

// call is a filter with its arguments.
type call struct {
	of       *expression
	place    int // in of.calls
	filter   *filter
	args     []argument
	literals []any // the arguments' values, where all of them are literals
}

// argument is a literal or a path.
type argument struct {
	value any
	path  Path
	ref   int // of the path in Template.refs, -1 for a literal
}

// Ref is a path that the text refers to. Start and End are byte offsets of the
// path in the source. HasDefault is set where a default filter stands in for it
// when it is missing.
type Ref struct {
	Path       Path
	Start, End int
	HasDefault bool
}

// Problem is a mistake in a template. Start and End are byte offsets in the source.
type Problem struct {
	Code, Message, Hint string
	Start, End          int
}

// Codes of problems.
const (
	CodeSyntax          = "template_syntax"
	CodeUnknownFilter   = "unknown_filter"
	CodeFilterArguments = "filter_arguments"
	CodeTooLarge        = "template_too_large"
)

// HasExpression says whether the text holds a {{ that is not escaped.
func HasExpression(s string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], "{{")
		if i < 0 {
			return false
		}
		if at+i == 0 || s[at+i-1] != '\\' {
			return true
		}
		at += i + 2
	}
}

// Parse reads a text. It goes on after a problem, so that all of them are found
// and Refs lists what could be read; such a template does not render.
func Parse(src string) (*Template, []Problem) {
	p := parser{template: &Template{source: src}, lexer: lexer{source: src}}
	p.parse()
	if len(p.problems) > 0 {
		p.template.problem = &p.problems[0]
	}
	return p.template, p.problems
}

// Source gives the text that was parsed.
func (t *Template) Source() string { return t.source }

// Dynamic says whether the text has an expression.
func (t *Template) Dynamic() bool { return t.count > 0 }

// Whole says whether the text is exactly one expression, whose value keeps its JSON type.
func (t *Template) Whole() bool { return len(t.parts) == 1 && t.parts[0].expression != nil }

// Refs lists the paths in the order of the text.
func (t *Template) Refs() []Ref { return t.refs }

type parser struct {
	lexer
	template *Template
	problems []Problem
	literal  strings.Builder
	token    token
	firstRef int // of the expression, in template.refs
}

func (p *parser) report(problem Problem) { p.problems = append(p.problems, problem) }

func (p *parser) parse() {
	for {
		i := strings.Index(p.source[p.at:], "{{")
		if i < 0 {
			break
		}
		start := p.at + i
		if i > 0 && p.source[start-1] == '\\' {
			p.literal.WriteString(p.source[p.at : start-1])
			p.literal.WriteString("{{")
			p.at = start + 2
			continue
		}
		if p.template.count == maxExpressions {
			p.report(tooManyExpressions(start))
			break
		}
		p.flush(p.source[p.at:start])
		p.template.count++
		p.at = start + 2
		p.template.parts = append(p.template.parts, part{expression: p.expression(start)})
	}
	p.flush(p.source[p.at:])
}

// flush ends a literal with its last piece, which mostly is the only one.
func (p *parser) flush(literal string) {
	if p.literal.Len() > 0 {
		p.literal.WriteString(literal)
		literal = p.literal.String()
		p.literal.Reset()
	}
	if literal != "" {
		p.template.parts = append(p.template.parts, part{literal: literal})
	}
}

func (p *parser) advance() {
	p.token = p.next()
	if p.token.problem != nil {
		p.report(*p.token.problem)
	}
}

// expression reads from after the {{ at start to after its }}.
func (p *parser) expression(start int) *expression {
	e := &expression{lastDefault: -1}
	p.firstRef = len(p.template.refs)
	before := len(p.problems)
	p.advance()
	if p.token.kind == closing {
		p.report(emptyExpression(start, p.token.end))
		return e
	}
	ok := p.head(e)
	for ok && p.token.is("|") {
		ok = p.filter(e)
	}
	if ok && p.token.kind != closing {
		p.reject(afterValue(p.token))
	}
	p.skipToClosing(start, before)
	return e
}

// reject reports that the token does not fit, unless it has been reported already
// or the text ended, which skipToClosing reports.
func (p *parser) reject(problem Problem) bool {
	if p.token.problem == nil && p.token.kind != endOfText && p.token.kind != opening {
		p.report(problem)
	}
	return false
}

// skipToClosing goes to after the closing }}. Where there is none, all that was
// reported since is only a consequence, and reading goes on at the next {{.
func (p *parser) skipToClosing(start, before int) {
	for p.token.kind != closing {
		if p.token.kind == endOfText || p.token.kind == opening {
			p.at = p.token.start
			p.problems = append(p.problems[:before], unclosedExpression(start))
			return
		}
		p.token = p.next()
	}
}

func (p *parser) head(e *expression) bool {
	if p.token.kind != name || isLiteralName(p.token.value) {
		return p.reject(notAPath(p.token))
	}
	var ok bool
	e.path, e.ref, ok = p.path()
	return ok
}

func isLiteralName(s string) bool { return s == "true" || s == "false" || s == "null" }

// path reads a path and notes it as a reference.
func (p *parser) path() (path Path, ref int, ok bool) {
	path.Root = p.token.value
	start, end := p.token.start, p.token.end
	p.advance()
	ok = true
	var few [4]Step // so that most paths take one allocation
	steps := few[:0]
	for ok && (p.token.is(".") || p.token.is("[")) {
		var s Step
		if s, ok = p.step(); !ok {
			break
		}
		if steps = append(steps, s); len(steps) > maxSteps {
			ok = p.reject(tooManySteps(start, p.token.end))
			break
		}
		end = p.token.end
		p.advance()
	}
	path.Steps = append([]Step(nil), steps...)
	p.template.refs = append(p.template.refs, Ref{Path: path, Start: start, End: end})
	return path, len(p.template.refs) - 1, ok
}

// step reads .name, [0] or ["name"] up to its last token.
func (p *parser) step() (Step, bool) {
	if p.token.is(".") {
		p.advance()
		if p.token.kind != name {
			return Step{}, p.reject(notAMember(p.token))
		}
		return Step{Name: p.token.value}, true
	}
	p.advance()
	var s Step
	switch {
	case p.token.kind == text:
		s.Name = p.token.value
	case p.token.kind == number && len(p.token.value) <= maxIndexDigits && leadingDigits(p.token.value) == p.token.value:
		s.IsIndex = true
		s.Index, _ = strconv.Atoi(p.token.value) // digits, and few enough
	default:
		return s, p.reject(notAnIndex(p.token))
	}
	p.advance()
	if !p.token.is("]") {
		return s, p.reject(unclosedIndex(p.token))
	}
	return s, true
}

// filter reads from the | to after the last argument.
func (p *parser) filter(e *expression) bool {
	p.advance()
	if p.token.kind != name {
		return p.reject(notAFilter(p.token))
	}
	named := p.token
	p.advance()
	var args []argument
	var spans []token
	count := 0
	before := len(p.template.refs)
	if p.token.is(":") {
		for more := true; more; more = p.token.is(",") {
			p.advance()
			span := p.token
			arg, ok := p.argument()
			if !ok {
				return false
			}
			if count++; count <= maxArguments { // more are only counted
				args, spans = append(args, arg), append(spans, span)
			}
		}
	}
	if len(e.calls) == maxFilters {
		p.report(tooManyFilters(named))
		return false
	}
	f, ok := filterNamed(named.value)
	if !ok {
		p.report(unknownFilter(named))
		return true
	}
	p.problems = append(p.problems, f.check(named, count, args, spans)...)
	e.add(f, args)
	if f.name == filterDefault { // it stands in for all that came before its own argument
		for i := p.firstRef; i < before; i++ {
			p.template.refs[i].HasDefault = true
		}
	}
	return true
}

func (e *expression) add(f *filter, args []argument) {
	c := call{of: e, place: len(e.calls), filter: f, args: args}
	c.literals = make([]any, 0, len(args))
	for _, arg := range args {
		if arg.ref >= 0 {
			c.literals = nil
			break
		}
		c.literals = append(c.literals, arg.value)
	}
	if f.name == filterDefault {
		e.lastDefault = len(e.calls)
	}
	e.calls = append(e.calls, c)
}

// argument reads a literal or a path, to after its last token.
func (p *parser) argument() (argument, bool) {
	arg := argument{ref: -1}
	switch {
	case p.token.kind == text:
		arg.value = p.token.value
	case p.token.kind == number && p.token.problem == nil:
		d, _ := parseDecimal(p.token.value)
		arg.value = d.number()
	case p.token.kind == name && p.token.value == "null":
	case p.token.kind == name && isLiteralName(p.token.value):
		arg.value = p.token.value == "true"
	case p.token.kind == name:
		var ok bool
		arg.path, arg.ref, ok = p.path()
		return arg, ok
	case p.token.kind == number:
		arg.value = json.Number("0")
	default:
		return arg, p.reject(notAnArgument(p.token))
	}
	p.advance()
	return arg, true
}
