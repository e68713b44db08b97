package compile

import (
	"slices"
	"strings"

	"switchboard/internal/workflow"
)

type (
	// Diagnostic and Diagnostics are what the checks report.
	Diagnostic = workflow.Diagnostic
	// Diagnostics is a list of them.
	Diagnostics = workflow.Diagnostics
)

const (
	severe  = workflow.Error
	warning = workflow.Warning
)

// sorted puts diagnostics in the order of the document and adds their positions.
func sorted(ds Diagnostics, doc *workflow.Document) Diagnostics {
	for i := range ds {
		at := position(doc, ds[i].Pointer)
		ds[i].Line, ds[i].Column = at.Line, at.Column
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		return strings.Compare(a.Pointer, b.Pointer)
	})
	if ds == nil {
		return Diagnostics{}
	}
	return ds
}

// position is that of the value, or of the nearest value around it.
func position(doc *workflow.Document, pointer string) workflow.Position {
	for {
		if at, ok := doc.Positions[pointer]; ok {
			return at
		}
		i := strings.LastIndexByte(pointer, '/')
		if i < 0 {
			return workflow.Position{}
		}
		pointer = pointer[:i]
	}
}
