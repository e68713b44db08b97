package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
)

// Resolver says where a path's value is found in a state machine: base is a
// JSONata expression for the beginning of the path, which must give that value
// exactly, and rest are the steps still to take from there.
type Resolver func(p Path) (base string, rest []Step, err error)

// JSONata gives one JSONata expression, without {% %}, that stands on its own
// next to any operator. It gives what Render gives for plain text, and where
// Render fails it raises an error: the fault's code, a colon, a space and its
// message without the {{ and }}.
// A filter that is not in JSONataFilters gives an InvalidTemplate fault.
func (t *Template) JSONata(r Resolver) (string, error) { return t.emit(r, emission{}) }

// OptionalJSONata is JSONata, except that a text that is one whole {{ }} gives
// undefined where a value is missing: what a rule compares may be missing.
func (t *Template) OptionalJSONata(r Resolver) (string, error) {
	return t.emit(r, emission{optional: t.Whole()})
}

// found emits those of the text's expressions that may have no value, each alone: it
// is undefined exactly where it has none.
func (t *Template) found(r Resolver, pointer string) ([]string, error) {
	var exprs []string
	for _, part := range t.parts {
		if part.expression == nil || !part.expression.mayBeMissing() {
			continue
		}
		expr, err := t.emitted(r, emission{pointer: pointer, optional: true}, func(e *emission) (block, *fault.Error) {
			return e.expression(part.expression)
		})
		if err != nil {
			return nil, err
		}
		exprs = append(exprs, expr)
	}
	return exprs, nil
}

// mayBeMissing says whether there may be no value behind the filters, though all that
// paths name may be there or not.
func (x *expression) mayBeMissing() bool {
	missing := true
	for _, c := range x.calls {
		named := slices.ContainsFunc(c.args, func(a argument) bool { return a.ref >= 0 })
		missing = named || c.filter.finds || missing && c.filter.name != filterDefault
	}
	return missing
}

// PathJSONata gives a JSONata expression for the steps from base on: the value, or
// undefined. Unlike a path of JSONata's own it neither maps over lists nor takes a
// scalar for a list of one, so it tests types on the way.
func PathJSONata(base string, steps []Step) string {
	e := emission{suffix: suffixBeside([]string{base})}
	return e.place(place{base: base, rest: steps}).String()
}

// emission writes one expression. Its own variables have one letter, and a suffix
// where a base uses such variables too.
type emission struct {
	pointer  string  // of the field, for messages
	optional bool    // a missing value gives undefined
	places   []place // of the references, in the order of Template.refs
	suffix   string
	texts    bool // the text function is used
}

// place is what a Resolver says of a path.
type place struct {
	base string
	rest []Step
}

func (t *Template) emit(r Resolver, e emission) (string, error) {
	return t.emitted(r, e, func(e *emission) (block, *fault.Error) { return e.template(t) })
}

// emitted emits a part of the text.
func (t *Template) emitted(r Resolver, e emission, part func(*emission) (block, *fault.Error)) (string, error) {
	if t.problem != nil {
		return "", unusable(t.problem)
	}
	bases := make([]string, len(t.refs))
	e.places = make([]place, 0, len(t.refs))
	for i, ref := range t.refs {
		base, rest, err := r(ref.Path)
		if err != nil {
			return "", err
		}
		bases[i] = base
		e.places = append(e.places, place{base: base, rest: rest})
	}
	e.suffix = suffixBeside(bases)
	b, f := part(&e)
	if f != nil {
		return "", f
	}
	if e.texts {
		b.statements = append([]string{e.format("$t:=") + e.textFunction()}, b.statements...)
	}
	return b.String(), nil
}

func (e *emission) template(t *Template) (block, *fault.Error) {
	if t.Whole() {
		return e.expression(t.parts[0].expression)
	}
	operands := make([]string, 0, len(t.parts))
	for _, part := range t.parts {
		if part.expression == nil {
			operands = append(operands, asl.Quote(part.literal))
			continue
		}
		operand, f := e.operand(part.expression)
		if f != nil {
			return block{}, f
		}
		operands = append(operands, operand)
	}
	if len(operands) == 0 {
		operands = []string{`""`}
	}
	return block{result: strings.Join(operands, "&")}, nil
}

// operand is the text form of an expression within text. The text function also
// raises the error for a missing value, so a plain path needs no check of its own.
func (e *emission) operand(x *expression) (string, *fault.Error) {
	if len(x.calls) == 0 {
		b := e.found(x.path, x.ref)
		return e.textOf(b.String(), x.name(0)), nil
	}
	b, f := e.expression(x)
	return e.textOf(b.String(), x.name(len(x.calls))), f
}

// block is a sequence of statements and the expression that it gives.
type block struct {
	statements []string
	result     string
}

// bind sets a variable to what was the result, and gives the new result.
func (b *block) bind(variable, result string) {
	b.statements = append(b.statements, variable+":="+b.result)
	b.result = result
}

func (b block) String() string {
	if len(b.statements) == 0 && isOneTerm(b.result) {
		return b.result
	}
	return "(" + strings.Join(append(b.statements, b.result), ";") + ")"
}

// oneLetter is a variable of ours.
var oneLetter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$([a-z])([^A-Za-z0-9_]|$)`) })

// format writes JSONata: @ stands for the next of args, and our variables get the suffix.
func (e *emission) format(pattern string, args ...string) string {
	if e.suffix != "" {
		pattern = oneLetter().ReplaceAllString(pattern, "$$${1}"+e.suffix+"${2}")
	}
	if len(args) == 0 {
		return pattern
	}
	size := len(pattern)
	for _, arg := range args {
		size += len(arg)
	}
	var b strings.Builder
	b.Grow(size)
	for _, arg := range args {
		var before string
		before, pattern, _ = strings.Cut(pattern, "@")
		b.WriteString(before)
		b.WriteString(arg)
	}
	b.WriteString(pattern)
	return b.String()
}

// eachOwn visits the suffixes of variables of ours in an expression: one letter and
// then digits.
func eachOwn(expr string, visit func(suffix string)) {
	for {
		at := strings.IndexByte(expr, '$')
		if at < 0 || at+1 == len(expr) {
			return
		}
		expr = expr[at+1:]
		if expr[0] < 'a' || expr[0] > 'z' {
			continue
		}
		end := 1
		for end < len(expr) && '0' <= expr[end] && expr[end] <= '9' {
			end++
		}
		if end == len(expr) || !isWord(expr[end]) {
			visit(expr[1:end])
		}
	}
}

// isWord says whether a byte can be part of a name.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isPlainName says whether a name can stand in an expression as it is, reserved words
// aside.
func isPlainName(name string) bool {
	for i := range len(name) {
		if !isWord(name[i]) || i == 0 && name[i] <= '9' {
			return false
		}
	}
	return name != ""
}

// isOneTerm says whether an expression is a variable, or a path from one.
func isOneTerm(expr string) bool {
	if len(expr) < 2 || expr[0] != '$' {
		return false
	}
	for i := range len(expr) - 1 {
		if c := expr[i+1]; !isWord(c) && c != '.' {
			return false
		}
	}
	return true
}

// suffixBeside gives a suffix for our variables that none of the bases uses.
func suffixBeside(bases []string) string {
	var used map[string]bool
	for _, base := range bases {
		eachOwn(base, func(suffix string) {
			if used == nil {
				used = map[string]bool{}
			}
			used[suffix] = true
		})
	}
	suffix := ""
	for n := 1; used[suffix]; n++ {
		suffix = strconv.Itoa(n)
	}
	return suffix
}

// found gives the value of a path, or undefined.
func (e *emission) found(p Path, ref int) block {
	b := e.place(e.places[ref])
	if p.ofNode() { // null means that the node was skipped
		b.bind(e.format("$v"), e.format("$v!=null?$v"))
	}
	return b
}

func (e *emission) place(p place) block {
	b := block{result: p.base}
	from := p.base
	for i, s := range p.rest {
		if i > 0 || !isOneTerm(p.base) {
			from = e.format("$v")
			b.bind(from, "")
		}
		b.result = s.jsonata(from)
	}
	return b
}

var (
	// Words that are operators or values of JSONata.
	reserved = []string{"and", "or", "in", "true", "false", "null", "function"}
	// What every JavaScript object has besides its own members.
	inherited = []string{
		"__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "constructor", "hasOwnProperty",
		"isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
	}
)

// jsonata takes the step from a variable, or gives undefined.
func (s Step) jsonata(from string) string {
	if s.IsIndex {
		return `$type(` + from + `)="array"?` + from + "[" + strconv.Itoa(s.Index) + "]"
	}
	quoted := asl.Quote(s.Name)
	member := "$lookup(" + from + "," + quoted + ")"
	switch {
	case slices.Contains(inherited, s.Name):
		member = quoted + " in $keys(" + from + ")?" + member
	case isPlainName(s.Name) && !slices.Contains(reserved, s.Name):
		member = from + "." + s.Name
	}
	return `$type(` + from + `)="object"?` + member
}

// expression gives the value of an expression after its filters.
func (e *emission) expression(x *expression) (block, *fault.Error) {
	// open says whether a value that is missing after so many filters goes on as undefined.
	open := func(filters int) bool { return e.optional || x.lastDefault >= filters }
	b := e.found(x.path, x.ref)
	if !open(0) {
		e.require(&b, x.name(0))
	}
	for i := range x.calls {
		c := &x.calls[i]
		switch {
		case c.filter.name == filterDefault:
			// Undefined is neither equal nor unequal to anything.
			b.bind(e.format("$v"), e.format("$v!=null?$v:@", e.standIn(c, open(i+1))))
		case c.filter.emit == nil:
			return b, notOffered(c.name(), c.filter)
		default:
			e.call(&b, c, open(i+1))
		}
	}
	return b, nil
}

// standIn gives the argument of a default filter.
func (e *emission) standIn(c *call, open bool) string {
	arg := &c.args[0]
	if arg.ref < 0 {
		return literalJSONata(arg.value)
	}
	b := e.found(arg.path, arg.ref)
	if !open {
		e.require(&b, arg.path.String())
	}
	return b.String()
}

// require raises the error for a missing value.
func (e *emission) require(b *block, name string) {
	b.bind(e.format("$v"), e.format("$exists($v)?$v:@", e.raise(fault.MissingValue, missingValue(name))))
}

func (e *emission) raise(code fault.Code, message string) string {
	return "$error(" + errorText(string(code)+": "+message+inField(e.pointer)) + ")"
}

// withoutBraces keeps {{ }} out of an error: JSONata takes them for placeholders
// of its own and puts "undefined" there.
var withoutBraces = strings.NewReplacer("{{", "", "}}", "")

func errorText(s string) string { return asl.Quote(withoutBraces.Replace(s)) }

func literalJSONata(v any) string {
	switch v := v.(type) {
	case string:
		return asl.Quote(v)
	case nil:
		return "null"
	default:
		return textOf(v)
	}
}
