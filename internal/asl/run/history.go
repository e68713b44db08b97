package run

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/asl"
)

// history is what was journalled before, indexed by frame. A frame runs its states
// one after another, so its events stand in the order in which replaying asks for
// them: each frame reads its own list from the front.
type history struct {
	events []asl.Event
	frames map[string][]int32 // positions of a frame's events
	// failures has, per fork ("<frame>/<step>"), the positions of the events with
	// which a child frame failed. A fork that is replayed looks here whether its
	// children had been cancelled, before it lets one of them act.
	failures map[string][]int32
	ending   *ending   // the execution was being ended when the history broke off
	ended    *Result   // it has ended
	since    time.Time // when it was started or last redriven
}

// beyond is a position after every event of the history.
const beyond = int32(math.MaxInt32)

// index reads a history.
func index(events []asl.Event) (*history, error) {
	var since time.Time
	for len(events) > 0 && events[0].Kind == asl.ExecutionRedriven { // it was ended before it began
		since, events = events[0].At, events[1:]
	}
	h := &history{events: events, since: since}
	if len(events) == 0 {
		return h, nil
	}
	if events[0].Kind != asl.ExecutionStarted {
		return nil, fmt.Errorf("%w: it begins with %s", ErrHistory, describe(&events[0]))
	}
	if since.Before(events[0].At) {
		h.since = events[0].At
	}
	h.frames, h.failures = map[string][]int32{}, map[string][]int32{}
	for i := 1; i < len(events); i++ {
		e := &events[i]
		end := resultOf(e)
		switch {
		case e.State != "" && h.ended == nil:
			h.add(int32(i), e)
		case end != nil && h.ended == nil:
			h.ended = end
		case e.Kind == asl.ExecutionRedriven && (h.ended == nil || h.ended.Status != Succeeded):
			// Where no event tells of the end, it was ended while nothing of it ran: as when a
			// backup is restored and what was running is stopped.
			h.ended, h.ending, h.since = nil, nil, e.At
			h.rewind("", 0)
		default:
			return nil, fmt.Errorf("%w: event %d is %s", ErrHistory, i, describe(e))
		}
	}
	return h, nil
}

func (h *history) add(i int32, e *asl.Event) {
	h.frames[e.Frame] = append(h.frames[e.Frame], i)
	switch {
	case e.Kind == asl.StateFailed && e.Next == "":
		if fork, inFork := forkOf(e.Frame); inFork {
			h.failures[fork] = append(h.failures[fork], i)
		}
	case e.Kind == asl.StateAborted && e.Error != "":
		h.ending = endingOf(e)
	}
}

// size counts the events that replaying will use.
func (h *history) size() int {
	n := 0
	for _, list := range h.frames {
		n += len(list)
	}
	return n
}

// forkOf gives the fork that a frame is a child of.
func forkOf(frame string) (fork string, ok bool) {
	dot := strings.LastIndexByte(frame, '.')
	if dot < 0 {
		return "", false
	}
	return frame[:dot], true
}

// forkID names the Parallel or Map that is a step of a frame; its children are
// "<fork>.<n>".
func forkID(frame string, step int) string { return frame + "/" + strconv.Itoa(step) }

// resume gives a frame its part of the history.
func (f *frame) resume() {
	f.x.mu.Lock()
	defer f.x.mu.Unlock()
	if log := f.x.history; log != nil && len(log.frames[f.id]) > 0 {
		f.past, f.log = log.frames[f.id], log
	}
}

// failedBetween says whether a child of the fork failed within [from, to) of the
// history.
func (x *execution) failedBetween(fork string, from, to int32) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.history == nil {
		return false
	}
	return slices.ContainsFunc(x.history.failures[fork], func(at int32) bool { return at >= from && at < to })
}

// replayed counts an event of the history as used. After the last one the history
// is let go: an execution may wait for a year from here.
func (x *execution) replayed() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.replay--; x.replay == 0 {
		x.history = nil
	}
}

// next gives the frame's next recorded event, or nil where its history ends and
// it acts.
func (f *frame) next() *asl.Event {
	if len(f.past) == 0 || f.past[0] >= f.limit {
		return nil
	}
	return &f.log.events[f.past[0]]
}

// nextAt is the position of next, or the limit where there is none.
func (f *frame) nextAt() int32 {
	if len(f.past) == 0 || f.past[0] >= f.limit {
		return f.limit
	}
	return f.past[0]
}

// peek gives the next recorded event if it is of this kind.
func (f *frame) peek(kind asl.EventKind) *asl.Event {
	if e := f.next(); e != nil && e.Kind == kind {
		return e
	}
	return nil
}

// record settles an event: where the history has one, it must be the same in kind,
// state, step and attempt, and takes ev's place; else ev is journalled. It gives
// the position in the whole history.
func (f *frame) record(ev *asl.Event) (int, error) {
	ev.Frame, ev.Step, ev.State = f.id, f.step, f.state
	e := f.next()
	if e == nil {
		if ev.At.IsZero() {
			ev.At = f.x.now()
		}
		return f.x.append(ev)
	}
	if e.Kind == asl.StateAborted && ev.Kind != asl.StateAborted && e.Step == f.step {
		return 0, stoppedAt(e)
	}
	if e.Kind != ev.Kind || e.Step != ev.Step || e.State != ev.State || e.Attempt != ev.Attempt || e.Next != ev.Next {
		return 0, f.misfit(describe(ev))
	}
	at := int(f.past[0])
	*ev = *e
	if f.past = f.past[1:]; len(f.past) == 0 {
		f.past, f.log = nil, nil
	}
	f.x.replayed()
	return at, nil
}

// misfit reports that the next recorded event is not the expected one.
func (f *frame) misfit(expected string) error {
	return fmt.Errorf("%w: event %d is %s, but the definition leads to %s",
		ErrHistory, f.past[0], describe(f.next()), expected)
}

func describe(e *asl.Event) string {
	return fmt.Sprintf("%s of state %q (frame %q, step %d, attempt %d, next %q)",
		e.Kind, e.State, e.Frame, e.Step, e.Attempt, e.Next)
}
