package compile

import "switchboard/internal/workflow"

type (
	// SourceMap leads from states to nodes.
	SourceMap = workflow.SourceMap
	// Source is what one state was made from.
	Source = workflow.Source
)
