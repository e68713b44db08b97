package compile

// bits is a set of small integers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// add puts i in and says whether it was not there yet.
func (b bits) add(i int) bool {
	if b.has(i) {
		return false
	}
	b[i/64] |= 1 << (i % 64)
	return true
}

func (b bits) union(other bits) {
	for i, w := range other {
		b[i] |= w
	}
}

func (b bits) intersect(other bits) {
	for i, w := range other {
		b[i] &= w
	}
}

func (b bits) clone() bits { return append(bits(nil), b...) }

// intHeap is a heap of vertices under an order. One of container/heap would make an
// interface of every vertex.
type intHeap struct {
	items []int
	less  func(a, b int) bool
}

func (h *intHeap) len() int { return len(h.items) }

func (h *intHeap) push(i int) {
	h.items = append(h.items, i)
	for at := len(h.items) - 1; at > 0; {
		above := (at - 1) / 2
		if !h.less(h.items[at], h.items[above]) {
			return
		}
		h.items[at], h.items[above] = h.items[above], h.items[at]
		at = above
	}
}

func (h *intHeap) pop() int {
	first, last := h.items[0], len(h.items)-1
	h.items[0] = h.items[last]
	h.items = h.items[:last]
	for at := 0; ; {
		least := at
		for below := 2*at + 1; below <= 2*at+2 && below < last; below++ {
			if h.less(h.items[below], h.items[least]) {
				least = below
			}
		}
		if least == at {
			return first
		}
		h.items[at], h.items[least] = h.items[least], h.items[at]
		at = least
	}
}
