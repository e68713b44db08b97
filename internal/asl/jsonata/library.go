package jsonata

import (
	"slices"
	"strings"
)

// library is every function of the subset, by name without $. A name here cannot
// be a variable's.
var library = index(
	newBuiltin("string", "x-b?", toText),
	newBuiltin("length", "s-", length),
	newBuiltin("uppercase", "s-", uppercase),
	newBuiltin("lowercase", "s-", lowercase),
	newBuiltin("trim", "s-", trim),
	newBuiltin("pad", "s-ns?", pad),
	newBuiltin("substring", "s-nn?", substring),
	newBuiltin("substringBefore", "s-s", substringBefore),
	newBuiltin("substringAfter", "s-s", substringAfter),
	newBuiltin("contains", "s-(sf)", contains),
	newBuiltin("split", "s-(sf)n?", split),
	newBuiltin("join", "a<s>s?", join),
	newBuiltin("replace", "s-(sf)(sf)n?", replace),
	newBuiltin("parse", "s-", parseJSON),

	newBuiltin("number", "(nsb)-", toNumber),
	newBuiltin("abs", "n-", abs),
	newBuiltin("floor", "n-", floor),
	newBuiltin("ceil", "n-", ceil),
	newBuiltin("round", "n-n?", round),
	newBuiltin("sum", "a<n>", sum),
	newBuiltin("max", "a<n>", maximum),
	newBuiltin("min", "a<n>", minimum),

	newBuiltin("boolean", "x-", toBoolean),
	newBuiltin("not", "x-", not),
	newBuiltin("exists", "x", exists),
	newBuiltin("type", "x", typeName),
	newBuiltin("error", "s?", raise),

	newBuiltin("count", "a", count),
	newBuiltin("append", "xx", appendLists),
	newBuiltin("reverse", "a", reverse),
	newBuiltin("distinct", "x", distinct),
	newBuiltin("sort", "af?", sortList),
	newBuiltin("map", "af", mapList),
	newBuiltin("filter", "af", filterList),
	newBuiltin("single", "af?", single),
	newBuiltin("reduce", "afj?", reduce),

	newBuiltin("keys", "x-", keys),
	newBuiltin("lookup", "x-s", lookupField),
	newBuiltin("merge", "a<o>", merge),
	newBuiltin("each", "o-f", each),
)

// refused are the functions that Step Functions has and the subset does not. They
// can be no variables either, and the first ones would make a replay differ.
var refused = strings.Fields("now millis random shuffle uuid " +
	"average sqrt power formatNumber formatBase formatInteger parseInteger match " +
	"zip sift spread assert eval toMillis fromMillis clone base64encode base64decode " +
	"encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl partition range hash")

func index(functions ...*builtin) map[string]*builtin {
	byName := make(map[string]*builtin, len(functions))
	for _, f := range functions {
		byName[f.name] = f
	}
	// The reference counts the parameters of its own code, where prettify has a default.
	byName["string"].arity = 1
	return byName
}

// IsFunction says whether a name, without its $, belongs to a function, so that a
// variable of that name would be hidden by it or hide it.
func IsFunction(name string) bool {
	return library[name] != nil || slices.Contains(refused, name)
}
