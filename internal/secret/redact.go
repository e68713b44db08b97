package secret

import (
	"encoding/json"
	"strings"
	"sync"
)

// shortest is the length from which a secret is also removed from within other
// text. A shorter one is removed only where it is the whole value: taking every
// "a" out of an output would destroy it and hide nothing.
const shortest = 6

// Redactor removes known secret values. It is safe for concurrent use.
type Redactor struct {
	mark  string
	mu    sync.RWMutex
	whole map[string]struct{}
	// patterns are what is looked for within texts.
	patterns []pattern
	starts   *starts // nil where there are none
}

// starts tells where a pattern may begin: nearly all of a text is passed over by that.
type starts struct {
	escaped [256]bool // it may begin with the spelling of an escaped character
	first   [256]bool
	pairs   [128]uint64 // of two bytes, one behind the other; several pairs share a bit
}

func pair(first, second byte) (word int, bit uint64) {
	n := int(first)<<5 ^ int(second)
	return n >> 6, 1 << (n & 63)
}

// at says whether a pattern may begin at i.
func (t *starts) at(s string, i int) bool {
	c := s[i]
	if !t.first[c] || i+1 == len(s) {
		return t.escaped[c]
	}
	word, bit := pair(c, s[i+1])
	return t.pairs[word]&bit != 0 || t.escaped[c]
}

func (t *starts) add(p *pattern) {
	for _, first := range p.cases(0) {
		t.first[first] = true
		for _, second := range append(p.cases(1), introducers...) {
			word, bit := pair(first, second)
			t.pairs[word] |= bit
		}
	}
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

// Hide adds a value, and the forms in which it travels: in a URL, in JSON text and in
// HTML, whichever of its characters are escaped there and in which way; in hexadecimal;
// and in base64, also along with what stands around it.
func (r *Redactor) Hide(value string) {
	if value == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.whole[value]; known {
		return
	}
	r.whole[value] = struct{}{}
	if len(value) < shortest {
		return
	}
	if r.starts == nil {
		r.starts = &starts{}
		for _, c := range []byte(introducers) {
			r.starts.escaped[c] = true
		}
	}
	for _, p := range patternsOf(value) {
		r.patterns = append(r.patterns, p)
		r.starts.add(&p)
	}
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
	if r.starts == nil {
		return s
	}
	var clean strings.Builder
	kept := 0 // up to where s is in clean, or replaced
	for i := 0; i < len(s); {
		if !r.starts.at(s, i) {
			i++
			continue
		}
		from, to := r.match(s, i)
		if to == 0 {
			i++
			continue
		}
		clean.WriteString(s[kept:max(from, kept)])
		clean.WriteString(r.mark)
		i, kept = to, to
	}
	if kept == 0 {
		return s
	}
	clean.WriteString(s[kept:])
	return clean.String()
}

// match gives the longest part of a text that stands for a value and begins at i; to is
// 0 if there is none.
func (r *Redactor) match(s string, i int) (from, to int) {
	try := func(first byte) {
		if !r.starts.first[first] {
			return
		}
		for n := range r.patterns {
			p := &r.patterns[n]
			if !p.begins(first) {
				continue
			}
			if n := p.in(s[i:]); n > 0 && i+n > to {
				from, to = p.around(s, i, i+n)
			}
		}
	}
	try(s[i])
	var read readings
	for _, spelled := range read.of(s[i:]) {
		if spelled.text[0] != s[i] {
			try(spelled.text[0])
		}
	}
	return from, to
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
