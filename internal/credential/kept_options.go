package credential

import (
	"maps"
	"sync"
	"time"

	"switchboard/internal/connector"
)

const (
	// optionsAge is how long listed values are shown without asking again.
	optionsAge = 5 * time.Minute
	// maxKept bounds how many lists are kept, and maxKeptItems how many values all
	// of them have.
	maxKept      = 1_000
	maxKeptItems = 50_000
)

// keptOptions is a bounded memory of lists. It is safe for concurrent use.
type keptOptions struct {
	mu    sync.Mutex
	pages map[string]keptPage
	items int
}

type keptPage struct {
	page  connector.OptionPage
	until time.Time
}

func (k *keptOptions) get(key string, now time.Time) (connector.OptionPage, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept, ok := k.pages[key]
	if !ok || !now.Before(kept.until) {
		return connector.OptionPage{}, false
	}
	return kept.page, true
}

// put keeps a list. Where there is no room, what is too old goes first, and then all:
// a form asks again, and that costs a call.
func (k *keptOptions) put(key string, page connector.OptionPage, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(page.Items) > maxKeptItems {
		return
	}
	if old, ok := k.pages[key]; ok {
		k.items -= len(old.page.Items)
		delete(k.pages, key)
	}
	full := func() bool { return len(k.pages) >= maxKept || k.items+len(page.Items) > maxKeptItems }
	if full() {
		maps.DeleteFunc(k.pages, func(_ string, kept keptPage) bool {
			if now.Before(kept.until) {
				return false
			}
			k.items -= len(kept.page.Items)
			return true
		})
	}
	if k.pages == nil || full() {
		k.pages, k.items = map[string]keptPage{}, 0
	}
	k.pages[key] = keptPage{page: page, until: now.Add(optionsAge)}
	k.items += len(page.Items)
}
