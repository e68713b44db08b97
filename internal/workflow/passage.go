package workflow

// Passage names one passing of a node, as a replay's input has it: the node's id,
// and within loops the iteration.
func Passage(node, iteration string) string {
	if iteration == "" {
		return node
	}
	return PassagePrefix(node) + iteration
}

// PassagePrefix is what the passages of a node within a loop begin with.
func PassagePrefix(node string) string { return node + "#" }
