package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// shortest is the length from which a secret is also removed from within other
// text. A shorter one is removed only where it is the whole value: taking every
// "a" out of an output would destroy it and hide nothing.
const shortest = 6

// Redactor removes known secret values. It is safe for concurrent use.
type Redactor struct {
	mark     string
	mu       sync.RWMutex
	whole    map[string]struct{}
	replacer *strings.Replacer
	forms    []string
}

// NewPersonalRedactor returns one that leaves PersonalMark. It hides nothing yet.
func NewPersonalRedactor() *Redactor {
	return &Redactor{mark: PersonalMark, whole: map[string]struct{}{}}
}

// NewRedactor hides these values.
func NewRedactor(values ...Text) *Redactor {
	r := &Redactor{mark: Mark, whole: map[string]struct{}{}}
	for _, v := range values {
		r.Hide(v.Reveal())
	}
	return r
}

// Hide adds a value, and the forms in which it travels: as JSON text, in a URL,
// in base64 and in hexadecimal.
func (r *Redactor) Hide(value string) {
	if value == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole[value] = struct{}{}
	if len(value) < shortest {
		return
	}
	quoted, _ := json.Marshal(value) // a string always encodes
	for _, form := range []string{
		value, string(quoted[1 : len(quoted)-1]), url.QueryEscape(value), url.PathEscape(value),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(value)), "="),
		strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(value)), "="),
		hex.EncodeToString([]byte(value)),
	} {
		if !slices.Contains(r.forms, form) {
			r.forms = append(r.forms, form)
		}
	}
	// Longest first: a form may be the beginning of another.
	slices.SortFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(r.forms))
	for _, f := range r.forms {
		pairs = append(pairs, f, r.mark)
	}
	r.replacer = strings.NewReplacer(pairs...)
}

// Text removes the values from a text.
func (r *Redactor) Text(s string) string {
	if r == nil {
		return s
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, ok := r.whole[s]; ok {
		return r.mark
	}
	if r.replacer == nil {
		return s
	}
	return r.replacer.Replace(s)
}

// hidesNothing says whether there is no value to remove, as where a step needs no
// credential.
func (r *Redactor) hidesNothing() bool {
	if r == nil {
		return true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.whole) == 0
}

// Value removes the values from every text and key of a JSON value. The value
// given is not changed; parts without a secret are shared with the result.
func (r *Redactor) Value(v any) any {
	if r.hidesNothing() {
		return v
	}
	switch v := v.(type) {
	case string:
		return r.Text(v)
	case json.Number:
		if s := r.Text(v.String()); s != v.String() {
			return s
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[r.Text(k)] = r.Value(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = r.Value(e)
		}
		return out
	default:
		return v
	}
}
