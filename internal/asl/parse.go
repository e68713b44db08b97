package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"switchboard/internal/fault"
)

// Parse reads a definition as MarshalJSON writes it. It is strict, because what it
// would ignore is what would run differently on Step Functions: an unknown field or
// type of state, a field of the wrong type, a name that stands twice, a field that
// says nothing (such as End: false). The error names the place as a JSON pointer.
//
// Whether the machine makes sense as a whole is for Validate to say.
func Parse(definition []byte) (*Machine, error) {
	if len(definition) > MaxDefinitionBytes {
		return nil, refusal("", fmt.Sprintf("a definition may have %d bytes, this one has %d", MaxDefinitionBytes, len(definition)))
	}
	dec := jsontext.NewDecoder(bytes.NewReader(definition))
	v, err := decode(dec)
	if err == nil {
		if _, err = dec.ReadToken(); err == nil {
			err = errors.New("something follows the definition")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			return nil, refusal(string(syntax.JSONPointer), syntax.Err.Error())
		}
		return nil, refusal("", err.Error())
	}
	p := parser{}
	m := p.machine(v, "")
	if p.problem != nil {
		return nil, p.problem
	}
	return m, nil
}

func refusal(pointer, message string) *fault.Error {
	return fault.New(fault.Internal, "The state machine's definition is refused at %q: %s.", pointer, message).At(pointer, message)
}

// decode reads one value. The decoder itself refuses a name that stands twice, and
// text that is not UTF-8.
func decode(dec *jsontext.Decoder) (any, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 'n':
		return nil, nil
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case '[':
		list := []any{}
		for dec.PeekKind() != ']' {
			v, err := decode(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.ReadToken()
		return list, err
	default:
		m := map[string]any{}
		for dec.PeekKind() != '}' {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String() // before the next token overwrites it
			if m[key], err = decode(dec); err != nil {
				return nil, err
			}
		}
		_, err = dec.ReadToken()
		return m, err
	}
}

// parser keeps the first problem; everything after it is of no consequence.
type parser struct{ problem error }

func (p *parser) refuse(pointer, message string) {
	if p.problem == nil {
		p.problem = refusal(pointer, message)
	}
}

// part is one object of the definition, from which fields are taken until none is left.
type part struct {
	*parser
	pointer string
	fields  map[string]any
}

// within opens an object, and done closes it.
func (p *parser) within(v any, pointer string) *part {
	m, ok := v.(map[string]any)
	if !ok {
		p.refuse(pointer, "must be an object")
	}
	return &part{parser: p, pointer: pointer, fields: m}
}

func (p *part) done() {
	for _, name := range slices.Sorted(maps.Keys(p.fields)) {
		p.refuse(p.at(name), "is not a field that this kind of object has")
	}
}

func (p *part) at(name string) string { return p.pointer + "/" + escapePointer(name) }

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(name string) string { return pointerEscapes.Replace(name) }

func (p *part) take(name string) (any, bool) {
	v, ok := p.fields[name]
	delete(p.fields, name)
	return v, ok
}

func (p *part) require(name string) {
	if _, ok := p.fields[name]; !ok {
		p.refuse(p.at(name), "is missing")
	}
}

func (p *part) required(name string) any {
	p.require(name)
	v, _ := p.take(name)
	return v
}

// text takes a constant text, which may be absent but not empty.
func (p *part) text(name string) string {
	v, ok := p.take(name)
	text, isText := v.(string)
	if ok && text == "" {
		p.refuse(p.at(name), "must be a text that is not empty")
	}
	if isText && name != "Comment" && isExpr(text) {
		p.refuse(p.at(name), "must be a constant, not an expression")
	}
	return text
}

func (p *part) requiredText(name string) string {
	p.require(name)
	return p.text(name)
}

// end takes End, which is true or absent.
func (p *part) end() bool {
	v, ok := p.take("End")
	if ok && v != any(true) {
		p.refuse(p.at("End"), "must be true where it stands")
	}
	return ok
}

func (p *part) number(name string) (json.Number, bool) {
	v, ok := p.take(name)
	n, isNumber := v.(json.Number)
	if ok && !isNumber {
		p.refuse(p.at(name), "must be a number")
	}
	return n, ok && isNumber
}

// integer takes a whole number. Unless zero means something, a zero is refused,
// for it would be written as absent.
func (p *part) integer(name string, zero bool) *int64 {
	n, ok := p.number(name)
	if !ok {
		return nil
	}
	i, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil || i == 0 && !zero {
		p.refuse(p.at(name), "must be a whole number, and not zero where that is the same as leaving it out")
	}
	return &i
}

func (p *part) integerOrZero(name string) int64 {
	if i := p.integer(name, false); i != nil {
		return *i
	}
	return 0
}

func (p *part) float(name string) float64 {
	n, ok := p.number(name)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || f == 0 {
		p.refuse(p.at(name), "must be a number other than zero")
	}
	return f
}

// list takes a list and its elements' pointers. An empty one is refused: it would
// be written as absent.
func (p *part) list(name string, element func(v any, pointer string)) {
	v, ok := p.take(name)
	if !ok {
		return
	}
	list, isList := v.([]any)
	if !isList || len(list) == 0 {
		p.refuse(p.at(name), "must be a list that is not empty")
	}
	for i, e := range list {
		element(e, p.at(name)+"/"+strconv.Itoa(i))
	}
}

func (p *part) texts(name string) (list []string) {
	p.list(name, func(v any, pointer string) {
		text, ok := v.(string)
		if !ok || text == "" {
			p.refuse(pointer, "must be a text that is not empty")
		}
		list = append(list, text)
	})
	return list
}

// value takes a value in which texts may be expressions. null is refused, for it
// would be written as absent; an expression can give it.
func (p *part) value(name string) any {
	v, ok := p.take(name)
	if ok && v == nil {
		p.refuse(p.at(name), "must not be null; write {% null %}")
	}
	return p.expressions(v, p.at(name))
}

// scalar takes an expression or a constant of one type.
func scalar[T any](p *part, name, message string) any {
	v := p.value(name)
	switch v.(type) {
	case nil, Expr, T:
		return v
	}
	p.refuse(p.at(name), message)
	return nil
}

func (p *part) assign() Assign {
	v, ok := p.take("Assign")
	if !ok {
		return nil
	}
	m, isObject := v.(map[string]any)
	if !isObject || len(m) == 0 {
		p.refuse(p.at("Assign"), "must be an object that is not empty")
		return nil
	}
	assign, _ := p.expressions(m, p.at("Assign")).(map[string]any)
	return assign
}

// expressions replaces the texts that are expressions.
func (p *parser) expressions(v any, pointer string) any {
	switch v := v.(type) {
	case string:
		if isExpr(v) && !strings.Contains(string(exprOf(v)), "%}") {
			return exprOf(v)
		}
		if hasDelimiter(v) {
			p.refuse(pointer, "must begin with {% and end with %}, or hold neither; in a constant text they have to be quoted within an expression")
		}
	case []any:
		for i := range v {
			v[i] = p.expressions(v[i], pointer+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = p.expressions(v[name], pointer+"/"+escapePointer(name))
		}
	}
	return v
}

func isExpr(text string) bool {
	return len(text) >= len("{%%}") && strings.HasPrefix(text, "{%") && strings.HasSuffix(text, "%}")
}

// hasDelimiter says that a text is an expression or might be taken for a broken
// one: Step Functions refuses what is "improperly opened or closed".
func hasDelimiter(text string) bool {
	return strings.Contains(text, "{%") || strings.Contains(text, "%}")
}

// exprOf takes off the delimiters and the space that Expr.MarshalJSON puts there.
func exprOf(text string) Expr {
	text = text[len("{%") : len(text)-len("%}")]
	text = strings.TrimPrefix(text, " ")
	return Expr(strings.TrimSuffix(text, " "))
}
