package vault

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// keyName stands for a wrapped key together with its context, so that a key is
// only found again for the place that it was unwrapped for.
type keyName [sha256.Size]byte

func nameOf(wrapped, aad []byte) keyName {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(wrapped)))
	h.Write(n[:])
	h.Write(wrapped)
	h.Write(aad)
	return keyName(h.Sum(nil))
}

// keyCache holds unwrapped data keys for a limited time. A key that leaves it is
// wiped: by the timer when its time is over, even if nobody asks any more, or when
// a newer one needs the room. The oldest goes first; a key in steady use costs one
// unwrapping more per lifetime, which is what the limit is for.
type keyCache struct {
	limit    int
	lifetime time.Duration

	mu    sync.Mutex
	held  map[keyName]*list.Element
	byAge list.List // of *heldKey, oldest first
	timer *time.Timer
}

type heldKey struct {
	name  keyName
	key   []byte
	until time.Time
}

func newKeyCache(limit int, lifetime time.Duration) *keyCache {
	return &keyCache{limit: limit, lifetime: lifetime, held: make(map[keyName]*list.Element)}
}

// get returns a copy of a key.
func (c *keyCache) get(name keyName) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.held[name]
	if !ok {
		return nil, false
	}
	h := e.Value.(*heldKey)
	if !time.Now().Before(h.until) { // the timer is about to say so too
		return nil, false
	}
	return slices.Clone(h.key), true
}

// put keeps a copy of a key.
func (c *keyCache) put(name keyName, key []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.held[name]; ok { // two missed it at the same time
		c.drop(e)
	}
	for c.byAge.Len() >= c.limit {
		c.drop(c.byAge.Front())
	}
	h := &heldKey{name: name, key: slices.Clone(key), until: time.Now().Add(c.lifetime)}
	c.held[name] = c.byAge.PushBack(h)
	if c.byAge.Len() == 1 {
		c.expireAt(h.until)
	}
}

// expire drops what is too old, and comes back when the next one is.
func (c *keyCache) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.byAge.Front(); e != nil; e = c.byAge.Front() {
		if until := e.Value.(*heldKey).until; time.Now().Before(until) {
			c.expireAt(until)
			return
		}
		c.drop(e)
	}
}

func (c *keyCache) expireAt(t time.Time) {
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Until(t), c.expire)
		return
	}
	c.timer.Reset(time.Until(t))
}

func (c *keyCache) drop(e *list.Element) {
	h := c.byAge.Remove(e).(*heldKey)
	delete(c.held, h.name)
	clear(h.key)
}
