package compile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// rule is one comparison of a condition, or several joined by all or any.
type rule struct {
	join     string // "all", "any", or "" for a comparison
	rules    []*rule
	op       string
	left     *template.Value
	right    *template.Value
	hasRight bool
	pattern  string // of matches
}

// operators says for each operator whether it takes a right side.
var operators = map[string]bool{
	"eq": true, "ne": true, "gt": true, "ge": true, "lt": true, "le": true,
	"contains": true, "not_contains": true, "starts_with": true, "ends_with": true,
	"in": true, "matches": true,
	"exists": false, "not_exists": false, "empty": false, "not_empty": false,
}

const maxRules = 200

// readRule reads a condition's config, or one of its nested rules; values are its
// templates.
func (c *checker) readRule(node, at string, config map[string]any, values *template.Value) *rule {
	r := &rule{}
	for _, join := range []string{"all", "any"} {
		list, ok := config[join]
		if !ok {
			continue
		}
		if r.join != "" {
			c.report(ruleProblem(node, at, "A condition has all or any, not both.", "Nest one in the other."))
			continue
		}
		r.join = join
		r.rules = c.readRules(node, at+"/"+join, list, values.At(join))
	}
	if r.join == "" {
		c.report(ruleProblem(node, at, "A condition needs all or any with at least one rule.", `For example {"all": [{"left": "{{trigger.body.total}}", "op": "gt", "right": 1000}]}.`))
	}
	c.refuseMembers(node, at, config, "all", "any")
	return r
}

func (c *checker) readRules(node, at string, v any, values *template.Value) []*rule {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxRules {
		c.report(ruleProblem(node, at, fmt.Sprintf("There must be a list of 1 to %d rules here.", maxRules), ""))
		return nil
	}
	var rules []*rule
	for i, e := range list {
		index := strconv.Itoa(i)
		at, values := at+"/"+index, values.At(index)
		m, ok := e.(map[string]any)
		if !ok {
			c.report(ruleProblem(node, at, "A rule must be an object.", `For example {"left": "{{trigger.body.total}}", "op": "gt", "right": 1000}.`))
			continue
		}
		_, all := m["all"]
		_, anyOf := m["any"]
		if all || anyOf {
			rules = append(rules, c.readRule(node, at, m, values))
		} else {
			rules = append(rules, c.readComparison(node, at, m, values))
		}
	}
	return rules
}

func (c *checker) readComparison(node, at string, m map[string]any, values *template.Value) *rule {
	r := &rule{}
	r.op, _ = m["op"].(string)
	takesRight, known := operators[r.op]
	if !known {
		c.report(unknownOperator(node, at+"/op", m["op"], slices.Sorted(maps.Keys(operators))))
	}
	if _, hasLeft := m["left"]; !hasLeft {
		c.report(ruleProblem(node, at, "The rule has no left side.", "left is the value to look at, such as {{trigger.body.total}}."))
	}
	right, hasRight := m["right"]
	r.hasRight = takesRight
	if known && takesRight != hasRight {
		c.report(rightSide(node, at, r.op, takesRight))
	}
	if text, ok := right.(string); ok && r.op == "matches" && !template.HasExpression(text) {
		r.pattern = text
		if err := checkPattern(text); err != nil {
			c.report(ruleProblem(node, at+"/right", fmt.Sprintf("This is not a pattern that can be used: %v.", err), "Patterns are regular expressions without look-around and back-references."))
		}
	} else if r.op == "matches" && hasRight {
		c.report(ruleProblem(node, at+"/right", "The pattern of matches must be a text without variables.", ""))
	}
	r.left, r.right = values.At("left"), values.At("right")
	c.checkCompared(node, at+"/left", m["left"])
	c.checkCompared(node, at+"/right", right)
	c.refuseMembers(node, at, m, "left", "op", "right")
	return r
}

func (c *checker) refuseMembers(node, at string, m map[string]any, known ...string) {
	fields := make(schema.Fields, len(known))
	for i, name := range known {
		fields[i] = schema.Field{Name: name, Kind: schema.JSON}
	}
	for _, p := range fields.Check(m, nil) {
		if p.Code == schema.CodeUnknown {
			c.report(fieldProblem(node, at, p))
		}
	}
}

// comparisons calls visit for every comparison within the rule.
func (r *rule) comparisons(visit func(*rule)) {
	if r == nil {
		return
	}
	if r.join == "" {
		visit(r)
	}
	for _, nested := range r.rules {
		nested.comparisons(visit)
	}
}
