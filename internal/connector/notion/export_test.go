package notion

// What the tests of texts, ids and values need.
var (
	ReadBlocks = readBlocks
	ReadID     = readID
	ReadValues = readValues
)
