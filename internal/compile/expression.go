package compile

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/asl/jsonata"
	"switchboard/internal/template"
)

// numeric gives the number that a value is or, as text, stands for; else undefined.
// Webhooks' queries and forms have only texts, so that "1200" has to be more than 1000.
// A text of more than 100 digits before the point, or of an exponent from 200 on, is a
// text: the hash 12e4567 would be beyond all numbers, and fail the rule. Numbers are
// doubles here, which tell whole ones from each other below 2^53: see checkCompared.
const numeric = `$n:=function($v){$type($v)="number"?$v:($type($v)="string"?($contains($v,` + numberPattern + `)?$number($v)))};`

const numberPattern = `/^-?(0|[1-9][0-9]{0,99})([.][0-9]+)?([eE](-[0-9]+|[+]?0*1?[0-9]?[0-9]))?$/`

// member says whether a list has an item that is equal to a value, as eq has it. (The
// language's own in knows neither objects and lists nor numbers that come as texts.)
const member = `$m:=function($list,$i){true in $map($list,function($x){$x=$i or ($type($x)!=$type($i) and $n($x)=$n($i))})};`

// Bodies of the operators, over $l and $r. A missing $l gives undefined or false.
// Numbers, and texts that stand for numbers, are compared as numbers, other texts
// by their characters; values of different kinds are not equal and have no order.
const (
	equal   = `($l=$r or ($type($l)!=$type($r) and $n($l)=$n($r)))`
	isEmpty = `($type($l)="array"?$count($l)=0:$type($l)="object"?$count($keys($l))=0:($l=null or $l=""))`
	holds   = `($type($l)="string"?($type($r)="string"?$contains($l,$r):$contains($l,$string($r))):$type($l)="array"?$m($l,$r):$type($l)="object"?$exists($lookup($l,$string($r))):false)`
	texts   = `$type($l)="string" and $type($r)="string" and `
)

func ordered(operator string) string {
	return `($a:=$n($l);$b:=$n($r);$exists($a) and $exists($b)?$a` + operator + `$b:$type($l)="string" and $type($r)="string"?$l` + operator + `$r:false)`
}

// comparison writes one rule; it is always true or false.
func comparison(op, left, right string) string {
	prelude := "$l:=" + left + ";"
	if right != "" {
		prelude += "$r:=" + right + ";"
	}
	body := ""
	switch op {
	case "eq":
		prelude, body = numeric+prelude, equal
	case "ne":
		prelude, body = numeric+prelude, "$exists($l) and $not"+equal
	case "gt", "ge", "lt", "le":
		prelude, body = numeric+prelude, ordered(map[string]string{"gt": ">", "ge": ">=", "lt": "<", "le": "<="}[op])
	case "exists":
		body = "$exists($l)"
	case "not_exists":
		body = "$not($exists($l))"
	case "empty":
		body = "$exists($l)?" + isEmpty + ":true"
	case "not_empty":
		body = "$exists($l)?$not(" + isEmpty + "):false"
	case "contains":
		prelude, body = numeric+member+prelude, holds
	case "not_contains":
		prelude, body = numeric+member+prelude, "$exists($l)?$not("+holds+"):false"
	case "starts_with":
		body = texts + "$substring($l,0,$length($r))=$r"
	case "ends_with":
		body = texts + `($r="" or $substring($l,-$length($r))=$r)`
	case "in":
		prelude, body = numeric+member+prelude, `$type($r)="array"?$m($r,$l):(`+texts+`$contains($r,$l))`
	}
	return "(" + prelude + body + ")=true"
}

// jsonata writes the rule as one expression that is true or false.
func (r *rule) jsonata(w view) string {
	if r.join == "" {
		left := optionalExpr(r.left, w)
		switch {
		case r.op == "matches":
			return "($l:=" + left + `;$type($l)="string"?$contains($l,` + patternLiteral(r.pattern) + `):false)=true`
		case r.hasRight:
			return comparison(r.op, left, strictExpr(r.right, w))
		default:
			return comparison(r.op, left, "")
		}
	}
	parts := make([]string, len(r.rules))
	for i, nested := range r.rules {
		parts[i] = "(" + nested.jsonata(w) + ")"
	}
	operator := " and "
	if r.join == "any" {
		operator = " or "
	}
	return strings.Join(parts, operator)
}

// patternLiteral writes a regular expression as JSONata has them.
func patternLiteral(pattern string) string {
	var b strings.Builder
	escaped := false
	for _, c := range pattern {
		if c == '/' && !escaped {
			b.WriteByte('\\')
		}
		escaped = c == '\\' && !escaped
		b.WriteRune(c)
	}
	// "%}" would end the expression around it.
	return "/" + strings.ReplaceAll(b.String(), "%}", `%\}`) + "/"
}

// checkPattern says whether a pattern can be used in an expression.
func checkPattern(pattern string) error {
	if pattern == "" {
		return errors.New("it is empty")
	}
	if _, err := regexp.Compile(pattern); err != nil {
		if e, ok := errors.AsType[*syntax.Error](err); ok {
			return errors.New(e.Code.String())
		}
		return err
	}
	_, err := jsonata.Compile(`$contains("",` + patternLiteral(pattern) + `)`)
	return err
}

// strictExpr writes a value; a missing variable in it fails the evaluation.
func strictExpr(value *template.Value, w view) string {
	return treeExpr(emitTree(value, w))
}

func emitTree(value *template.Value, w view) any {
	tree, err := value.Emit(w.resolve, func(expr string) any { return asl.Expr(expr) })
	if err != nil {
		return asl.Expr("$error(" + quote(err.Error()) + ")") // the checks have reported it
	}
	return tree
}

// optionalExpr writes a value that is undefined where something in it is missing.
func optionalExpr(value *template.Value, w view) string {
	if path, ok := value.Path(); ok {
		base, rest, err := w.resolve(path)
		if err == nil {
			return template.PathJSONata(base, rest)
		}
	}
	found, err := value.Found(w.resolve)
	switch {
	case err != nil || len(found) == 0: // strictExpr says what is wrong
		return strictExpr(value, w)
	case value.IsWhole():
		return found[0]
	}
	for i, e := range found {
		found[i] = "$exists(" + e + ")"
	}
	return "(" + strings.Join(found, " and ") + "?" + strictExpr(value, w) + ")"
}

// treeExpr writes JSON with expressions at its leaves as one expression.
//
// A list whose items are variables is made flat by the language where such a
// variable is itself a list. Only conditions and cases are written so, where a list
// of lists means nothing.
func treeExpr(v any) string {
	switch v := v.(type) {
	case asl.Expr:
		return "(" + string(v) + ")"
	case string:
		return quote(v)
	case []any:
		items := make([]string, len(v))
		for i, e := range v {
			items[i] = treeExpr(e)
		}
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		members := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			members = append(members, quote(name)+":"+treeExpr(v[name]))
		}
		return "{" + strings.Join(members, ",") + "}"
	default:
		text, _ := json.Marshal(v) // null, true, false or a number
		return string(text)
	}
}
