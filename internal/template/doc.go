// Package template is the {{ }} language of workflow documents. It parses the
// text of a field once, lists what the text refers to, and then either renders
// it with values, escaped for the place the text goes to, or emits it as JSONata,
// so that a state machine evaluates it without calling a Lambda function.
//
// It is our own language because three things have to hold at once: every
// reference can be listed without running anything, a lookup is strict, and both
// backends give the same result. A text is bounded in every direction:
// expressions, filters, and the size of what they give.
//
// # Language
//
//	{{ path }}                          {{ path | filter | filter: arg, arg }}
//
// A path starts with a name and goes on with .name, [0] or ["any name"]. A name
// is a letter or _, then letters, digits, _ and -. An argument is "text" or
// 'text' with the escapes of JSON, a number, true, false, null, or a path.
// \{{ is a literal {{; every other backslash stands for itself.
//
// A text that is one whole {{ }} keeps the JSON type of its value. Everything
// else is text: numbers as JSON writes them, booleans as true and false, objects
// and lists as compact JSON, null as nothing.
//
// # Missing values
//
// A lookup is exact: members of objects by their own names, items of lists by
// their index; nothing else has parts. A part of null is missing, a null at the
// end is a value. steps.<id> that is null is missing: that node was skipped.
//
// A missing value fails with Template.MissingValue unless a default filter
// comes later in the same expression: it stands in for a missing value and for
// null, but not for "", 0 or false. A missing value, and null, pass the filters
// before it untouched; only json and string take null, as null and as "". An
// argument that is missing makes the result missing.
//
// # Filters
//
// What a filter cannot take fails with Template.Invalid. Numbers that filters
// give are written in the shortest form, 1.5 for 1.50. "Logic nodes" says
// whether the filter is offered where a text is emitted as JSONata.
//
//	| filter  | arguments        | takes                     | gives                                                                                       | logic nodes |
//	| ------- | ---------------- | ------------------------- | ------------------------------------------------------------------------------------------- | ----------- |
//	| default | value            | anything                  | the value, or the argument where it is missing or null                                      | yes         |
//	| upper   |                  | text                      | upper case, in Unicode's full mapping: SS for ß                                             | yes         |
//	| lower   |                  | text                      | lower case                                                                                  | yes         |
//	| trim    |                  | text                      | the text without spaces, tabs and line ends at both ends                                    | yes         |
//	| json    |                  | anything                  | JSON text                                                                                   | no          |
//	| number  |                  | text or a number          | the number that a decimal text such as -1.5 or 2e3 names                                    | yes         |
//	| string  |                  | anything                  | the text form                                                                               | yes         |
//	| length  |                  | text, a list or an object | how many characters, items or members                                                       | yes         |
//	| join    | [separator]      | a list                    | the items' text forms with the separator, or ", ", between them                             | yes         |
//	| split   | separator        | text                      | the list of what stands between the separators                                              | yes         |
//	| first   |                  | text or a list            | the first character or item; of an empty list nothing, which is missing                     | yes         |
//	| last    |                  | text or a list            | the last character or item; of an empty list nothing, which is missing                      | yes         |
//	| replace | old, new         | text                      | the text with new for every old, both literal                                               | yes         |
//	| slice   | start, [end]     | text or a list            | characters or items from start (the first is 0) to before end; negatives count from the end | yes         |
//	| round   | [digits]         | a number                  | the number with at most so many decimal digits, 0 to 15, or 0                               | yes         |
//	| date    | [format], [zone] | text or a number          | a point in time in the format, or iso, and in the IANA time zone, or UTC                    | no          |
//
// A character is a Unicode code point. round takes numbers as the decimals that they
// are written as, and half goes away from zero: 2.675 gives 2.68 at 2 digits.
//
// date reads RFC 3339 text, a date and time without an offset, or a date alone;
// the latter two are in the zone of the argument. A number is seconds since 1970,
// or milliseconds from 100,000,000,000 on. A format is one of the names iso
// (2006-01-02T15:04:05.000Z), rfc3339, date, time and unix (a number of seconds),
// or is made of tokens: YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h mm m ss s
// SSS A a Z (+02:00) ZZ (+0200). Other letters stand in [brackets], except T.
//
// # Escaping
//
// A Target says what the text becomes part of. Values are escaped for it, the
// author's own text never is. A whole {{ }} that gives a text is escaped as in
// text, except for TargetURL, where it is the whole URL, and TargetJSON, where it
// keeps its type. In TargetJSON a value within quotes is string content, and
// outside it is a JSON value; what the json filter gives is already one.
// In TargetURL a value at the very start may be a whole base URL; in the host
// only the characters of host names may be put, in the path "/" is escaped too,
// and no value can make a "." or ".." segment.
//
// # JSONata
//
// Emitted expressions keep to the subset that internal/asl/jsonata evaluates.
// They test types before every step, because JSONata maps a path over lists and
// takes a scalar for a list of one. JSONata numbers are binary doubles and it
// prints 15 digits: a whole number of more digits fails in text instead of
// changing, a fraction is rounded to 15 digits, and 1.0 prints as 1. number takes
// texts of up to 100 digits before the point and of exponents below 200. An object in
// text has its members in the order of the data, not sorted as Render does it.
// An error's message has no {{ and }} around its path, because JSONata takes them
// for placeholders of its own.
package template
