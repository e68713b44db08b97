package compile

import "switchboard/internal/workflow"

// Short names for what the source map is made of.
type (
	SourceMap = workflow.SourceMap
	Source    = workflow.Source
)
