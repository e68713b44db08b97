package jsonata

import "unicode/utf8"

type kind int

const (
	kindLiteral kind = iota
	kindName
	kindVar
	kindRegex
	kindBinary // op says which; "[" is a filter, ".." a range
	kindNegate
	kindArray
	kindObject
	kindBlock
	kindCall // lhs is what is called
	kindLambda
	kindCond // list is condition, then, perhaps else
)

// syntax is a node of the tree as written, before the compiler gives it a meaning.
type syntax struct {
	kind     kind
	op       string // operator or name
	value    any    // of a literal
	lhs, rhs *syntax
	list     []*syntax // elements, arguments, statements; an object's keys and values in turn
	regex    token
	keep     bool // followed by []: a sequence of one stays a list
	pos      int
	height   int
}

// binding is how strongly an operator holds what stands to its left. Operators
// outside the subset are here to be met, and refused, in the right place.
var binding = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20,
	"+": 50, "-": 50, "*": 60, "/": 60, "%": 60, "|": 20, "=": 40, "<": 40, ">": 40, "^": 40,
	"**": 60, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40,
	"and": 30, "or": 25, "in": 40, "&": 50,
}

// chains are the operators that the compiler takes apart without recursion.
var chains = map[string]bool{"&": true, ".": true, "and": true, "or": true}

type parser struct {
	lex     lexer
	tok     token
	nesting int
}

func parse(src string) (*syntax, error) {
	if len(src) > maxSource {
		return nil, syntaxError(0, CodeLimit, "the expression is longer than %d bytes", maxSource)
	}
	if !utf8.ValidString(src) {
		return nil, syntaxError(0, CodeUnsupported, "the expression is not valid UTF-8")
	}
	p := parser{lex: lexer{src: src}}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	tree, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, syntaxError(p.tok.pos, "S0201", "unexpected %s", p.tok)
	}
	return tree, nil
}

// String names a token in messages.
func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "end of the expression"
	case tokString:
		return "text"
	case tokNumber:
		return "number"
	case tokValue:
		return "true, false or null"
	case tokRegex:
		return "regular expression"
	case tokVar:
		return "$" + t.text
	default:
		return t.text
	}
}

func (p *parser) advance(afterOperand bool) (err error) {
	p.tok, err = p.lex.next(afterOperand)
	return err
}

func (p *parser) at(op string) bool { return p.tok.kind == tokOp && p.tok.text == op }

func (p *parser) expect(op string, afterOperand bool) error {
	if p.at(op) {
		return p.advance(afterOperand)
	}
	if p.tok.kind == tokEnd {
		return syntaxError(p.tok.pos, "S0203", "expected %q before the end of the expression", op)
	}
	return syntaxError(p.tok.pos, "S0202", "expected %q, got %s", op, p.tok)
}

// expression is Pratt's: it reads an operand, then every operator that holds it
// more strongly than the one to the left does.
func (p *parser) expression(left int) (*syntax, error) {
	p.nesting++
	defer func() { p.nesting-- }()
	if p.nesting > maxNesting {
		return nil, syntaxError(p.tok.pos, CodeLimit, "the expression is nested deeper than %d", maxNesting)
	}
	t := p.tok
	if err := p.advance(true); err != nil {
		return nil, err
	}
	tree, err := p.operand(t)
	for err == nil && p.tok.kind == tokOp && left < binding[p.tok.text] {
		t = p.tok
		if err = p.advance(false); err == nil {
			tree, err = p.operator(t, tree)
		}
	}
	return tree, err
}

// done measures a finished node.
func (x *syntax) done() (*syntax, error) {
	grow := func(child *syntax, by int) {
		if child != nil {
			x.height = max(x.height, child.height+by)
		}
	}
	if x.kind == kindBinary && chains[x.op] && x.lhs.kind == kindBinary && x.lhs.op == x.op {
		grow(x.lhs, 0)
	} else {
		grow(x.lhs, 1)
	}
	grow(x.rhs, 1)
	for _, child := range x.list {
		grow(child, 1)
	}
	if x.height > maxHeight {
		return nil, syntaxError(x.pos, CodeLimit, "the expression's tree is higher than %d", maxHeight)
	}
	return x, nil
}

// operand reads what begins with t: a value, or an operator that stands in front.
func (p *parser) operand(t token) (*syntax, error) {
	switch t.kind {
	case tokEnd:
		return nil, syntaxError(t.pos, "S0207", "the expression ends where a value is needed")
	case tokName:
		return &syntax{kind: kindName, op: t.text, pos: t.pos}, nil
	case tokVar:
		return &syntax{kind: kindVar, op: t.text, pos: t.pos}, nil
	case tokString:
		return &syntax{kind: kindLiteral, value: t.text, pos: t.pos}, nil
	case tokNumber:
		return &syntax{kind: kindLiteral, value: t.num, pos: t.pos}, nil
	case tokValue:
		return &syntax{kind: kindLiteral, value: t.value, pos: t.pos}, nil
	case tokRegex:
		return &syntax{kind: kindRegex, regex: t, pos: t.pos}, nil
	}
	switch t.text {
	case "and", "or", "in": // names, where an operand is due
		return &syntax{kind: kindName, op: t.text, pos: t.pos}, nil
	case "-":
		return p.negation(t)
	case "(":
		return p.block(t)
	case "[":
		return p.array(t)
	case "{":
		return p.object(t)
	case "*", "**":
		return nil, unsupported(t.pos, "wildcards are not supported")
	case "%":
		return nil, unsupported(t.pos, "the parent operator is not supported")
	case "|":
		return nil, unsupported(t.pos, "transforms are not supported")
	}
	return nil, syntaxError(t.pos, "S0211", "%s cannot stand in front of a value", t.text)
}

func (p *parser) negation(t token) (*syntax, error) {
	x, err := p.expression(70)
	if err != nil {
		return nil, err
	}
	if f, ok := x.value.(float64); ok && x.kind == kindLiteral {
		x.value = -f
		return x, nil
	}
	return (&syntax{kind: kindNegate, lhs: x, pos: t.pos}).done()
}

func (p *parser) block(t token) (*syntax, error) {
	x := &syntax{kind: kindBlock, pos: t.pos}
	for !p.at(")") {
		statement, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		x.list = append(x.list, statement)
		if !p.at(";") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	if err := p.expect(")", true); err != nil {
		return nil, err
	}
	return x.done()
}

// listed reads items between commas up to the closing bracket.
func (p *parser) listed(closing string, item func() error) error {
	for !p.at(closing) {
		if err := item(); err != nil {
			return err
		}
		if !p.at(",") {
			break
		}
		if err := p.advance(false); err != nil {
			return err
		}
		if p.at(closing) {
			return syntaxError(p.tok.pos, "S0211", "%s cannot follow a comma", closing)
		}
	}
	return p.expect(closing, true)
}

func (p *parser) array(t token) (*syntax, error) {
	x := &syntax{kind: kindArray, pos: t.pos}
	err := p.listed("]", func() error {
		element, err := p.expression(0)
		if err != nil {
			return err
		}
		if p.at("..") {
			r := &syntax{kind: kindBinary, op: "..", lhs: element, pos: p.tok.pos}
			if err := p.advance(false); err != nil {
				return err
			}
			if r.rhs, err = p.expression(0); err != nil {
				return err
			}
			if element, err = r.done(); err != nil {
				return err
			}
		}
		x.list = append(x.list, element)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return x.done()
}

func (p *parser) object(t token) (*syntax, error) {
	x := &syntax{kind: kindObject, pos: t.pos}
	err := p.listed("}", func() error {
		key, err := p.expression(0)
		if err != nil {
			return err
		}
		if err := p.expect(":", false); err != nil {
			return err
		}
		value, err := p.expression(0)
		x.list = append(x.list, key, value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return x.done()
}
