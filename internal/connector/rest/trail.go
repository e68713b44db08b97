package rest

// mostPages is how many pages of one list are read. The limits of actions are
// reached long before, unless the pages are all but empty.
const mostPages = 1000

// Trail is the way through a list that comes in pages. A page may well be empty and
// lead on, since what was on it is gone or not to be seen; but a service that leads
// in a circle, or on and on, would keep a step until its time is up.
type Trail struct {
	seen map[string]bool
}

// Leads says whether this cursor of the next page leads to one that was not read yet.
func (t *Trail) Leads(cursor string) bool {
	if cursor == "" || t.seen[cursor] || len(t.seen) == mostPages-1 {
		return false
	}
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	t.seen[cursor] = true
	return true
}
