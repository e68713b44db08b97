package airtable

// What the tests of formulas need.
var (
	CheckQuotes  = checkQuotes
	FormulaField = formula
)
