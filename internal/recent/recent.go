// Package recent keeps what was made from things that never change, such as the
// parsed documents of published versions. Making it anew costs more than anything
// else in a short execution: before it was kept, reading and parsing its version
// was a quarter of what starting one took.
package recent

import "sync"

// Kept holds values by key, up to a sum of sizes; where that is passed it begins
// anew, because what is in use is soon there again. What it gives is shared and
// must not be changed. It is safe for concurrent use.
type Kept[K comparable, V any] struct {
	most int

	mu     sync.RWMutex
	size   int
	values map[K]sized[V]
}

type sized[V any] struct {
	value V
	size  int
}

// UpTo returns one that holds at most so much, in whatever unit Put is given sizes.
func UpTo[K comparable, V any](most int) *Kept[K, V] {
	return &Kept[K, V]{most: most, values: map[K]sized[V]{}}
}

// Get gives a value that is kept.
func (k *Kept[K, V]) Get(key K) (V, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	v, ok := k.values[key]
	return v.value, ok
}

// Put keeps a value, unless it alone is too large.
func (k *Kept[K, V]) Put(key K, v V, size int) {
	if size > k.most {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.size += size - k.values[key].size; k.size > k.most {
		clear(k.values)
		k.size = size
	}
	k.values[key] = sized[V]{v, size}
}

// Forget lets go of the values whose keys it is told to.
func (k *Kept[K, V]) Forget(whether func(key K) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, v := range k.values {
		if whether(key) {
			k.size -= v.size
			delete(k.values, key)
		}
	}
}
