// Package spelling finds the name that was probably meant.
package spelling

import (
	"fmt"
	"strings"
)

// Nearest returns the candidate closest to name by edit distance, if it is close
// enough to be a slip: at most a third of the name's length, and at least 1.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best, best != ""
}

// Hint asks "did you mean", or lists the candidates after intro when none is near
// and they are few enough to read.
func Hint(name string, candidates []string, intro string) string {
	if near, ok := Nearest(name, candidates); ok {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	return fmt.Sprintf("%s: %s.", intro, strings.Join(candidates, ", "))
}

// distance is the optimal string alignment distance (an exchange of neighbours
// counts once), or limit when it is not smaller.
func distance(a, b string, limit int) int {
	ra, rb := []rune(a), []rune(b)
	if diff := len(ra) - len(rb); diff >= limit || -diff >= limit {
		return limit
	}
	prev2, prev, row := make([]int, len(rb)+1), make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return min(prev[len(rb)], limit)
}
