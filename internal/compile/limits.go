package compile

import (
	"encoding/json"
	"slices"

	"switchboard/internal/asl"
)

// checkLoopLimits says which loops Step Functions has no room for, and how many items
// fit where the list is only known when it runs. It counts the events of a history:
// an execution ends after asl.MaxHistoryEvents, a retry or an item too many. The local
// stack has no such bound, so these are warnings.
//
// A list is known if it is written out in the loop. An Express execution has no such
// history.
func (c *checker) checkLoopLimits(m *asl.Machine, sources SourceMap) {
	if express(c.doc) || !slices.ContainsFunc(c.graph.vertices, (*vertex).isLoop) {
		return
	}
	l := &loopLimits{checker: c, sources: sources}
	// Without the loops whose lists are not known, and with one round of each.
	l.rest = asl.HistoryEvents(m, func(s *asl.Map) int { return l.items(s, 0) })
	l.within(m, true)
	l.tell()
}

// leastBytes is about how many bytes a value has as JSON where nothing of a text needs an
// escape.
func leastBytes(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + len(`""`)
	case json.Number:
		return len(v)
	case []any:
		n := len("[]")
		for _, e := range v {
			n += leastBytes(e) + len(",")
		}
		return n
	case map[string]any:
		n := len("{}")
		for name, e := range v {
			n += len(name) + len(`"":,`) + leastBytes(e)
		}
		return n
	default:
		return len("true")
	}
}

type loopLimits struct {
	*checker
	sources SourceMap
	rest    int // events of everything but the loops whose lists are not known
	// longest is the outermost loop with a known list that has the most events, and
	// impossible says that a list is too large by itself.
	longest    *knownLoop
	impossible bool
	open       []openLoop
}

type knownLoop struct {
	vertex              *vertex
	items, events, each int
}

type openLoop struct {
	vertex    *vertex
	each      int
	outermost bool
}

// items is how many items a loop has, or assumed where only the execution knows.
func (l *loopLimits) items(s *asl.Map, assumed int) int {
	if list, ok := s.Items.([]any); ok {
		return len(list)
	}
	return assumed
}

// within looks at the loops of a machine.
func (l *loopLimits) within(m *asl.Machine, outermost bool) {
	for name, s := range m.States {
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				l.within(branch, outermost)
			}
		case *asl.Map:
			l.loop(l.graph.vertices[l.graph.byID[l.sources[name].Node]], s, outermost)
			l.within(s.ItemProcessor, false)
		}
	}
}

func (l *loopLimits) loop(v *vertex, s *asl.Map, outermost bool) {
	each := asl.IterationEvents(s, func(inner *asl.Map) int { return l.items(inner, 1) })
	list, known := s.Items.([]any)
	if !known {
		l.open = append(l.open, openLoop{v, each, outermost})
		return
	}
	if text, err := json.Marshal(list); err == nil && len(text) > asl.MaxPayloadBytes {
		l.impossible = true
		l.report(loopListTooLarge(v, len(text)))
	}
	k := &knownLoop{vertex: v, items: len(list), each: each}
	k.events = k.items * asl.IterationEvents(s, func(inner *asl.Map) int { return l.items(inner, 0) })
	if outermost && (l.longest == nil || k.events > l.longest.events || k.events == l.longest.events && v.index < l.longest.vertex.index) {
		l.longest = k
	}
}

// tell reports what was found: what is sure to fail alone, because how much room
// there is for the rest says little then.
func (l *loopLimits) tell() {
	if k := l.longest; k != nil && l.rest > asl.MaxHistoryEvents {
		l.report(loopTooLong(k.vertex, k.items, k.events, fitting(l.rest-k.events, k.each)))
		return
	}
	if l.impossible {
		return
	}
	for _, o := range l.open {
		if fit := fitting(l.rest, o.each); fit < plenty {
			l.report(loopMayBeTooLong(o.vertex, o.each, fit, o.outermost))
		}
	}
}

// plenty is so many items that nobody is told how many fit where the list is not known:
// with half a KiB each they fill what a state can be given. It would be said of nearly
// every loop, and there is nothing that its author could do about it. An execution that
// comes near the bound says so itself.
const plenty = asl.MaxPayloadBytes / 512

// fitting is how many items fit beside what else happens.
func fitting(rest, each int) int { return max(0, (asl.MaxHistoryEvents-rest)/each) }
