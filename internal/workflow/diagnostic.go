package workflow

// Severity of a diagnostic. An error keeps a workflow from being published.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one thing that is wrong, or probably wrong, with a document. Its
// codes are listed in package compile.
type Diagnostic struct {
	Severity Severity `json:"severity" enum:"error,warning"`
	Code     string   `json:"code" doc:"What kind of problem it is"`
	Message  string   `json:"message" doc:"The problem, for people"`
	Hint     string   `json:"hint" doc:"What to do about it; may be empty"`
	Node     string   `json:"node" doc:"The node that it is about; empty for the workflow itself"`
	Pointer  string   `json:"pointer" doc:"JSON pointer into the document"`
	// Start and End are byte offsets within the text that Pointer names, where the
	// problem is in an embedded template.
	Start *int `json:"start,omitempty" doc:"Where in the text the problem begins, in bytes"`
	End   *int `json:"end,omitempty" doc:"Where it ends"`
	// Line and Column say where the value stands in the document's own text.
	Line   int `json:"line,omitempty" doc:"Line of the document's text, from 1"`
	Column int `json:"column,omitempty" doc:"Column in bytes, from 1"`
}

// Diagnostics is a list of them, in the order of the document.
type Diagnostics []Diagnostic

// Errors are those that keep the workflow from being published.
func (ds Diagnostics) Errors() Diagnostics {
	var errs Diagnostics
	for _, d := range ds {
		if d.Severity == Error {
			errs = append(errs, d)
		}
	}
	return errs
}
