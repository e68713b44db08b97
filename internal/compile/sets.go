package compile

import "container/heap"

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

// intHeap is a heap of vertices under an order.
type intHeap struct {
	items []int
	less  func(a, b int) bool
}

func (h *intHeap) push(i int) { heap.Push((*heapItems)(h), i) }
func (h *intHeap) pop() int   { return heap.Pop((*heapItems)(h)).(int) }
func (h *intHeap) len() int   { return len(h.items) }

type heapItems intHeap

func (h *heapItems) Len() int           { return len(h.items) }
func (h *heapItems) Less(i, j int) bool { return h.less(h.items[i], h.items[j]) }
func (h *heapItems) Swap(i, j int)      { h.items[i], h.items[j] = h.items[j], h.items[i] }
func (h *heapItems) Push(x any)         { h.items = append(h.items, x.(int)) }
func (h *heapItems) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	return last
}
