package run

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"switchboard/internal/asl"
)

// maxConcurrency is how many items of an inline Map Step Functions runs at a time.
const maxConcurrency = 40

// parallel runs branches side by side.
type parallel struct {
	worker
	arguments *template // nil passes the input on
	branches  []*machine
}

func (p *parallel) attempt(ctx context.Context, v *visit) (*data, error) {
	input := v.input
	if p.arguments != nil {
		value, err := v.eval(p.arguments)
		if err != nil {
			return nil, err
		}
		input = decoded(value)
	}
	if _, err := input.value(); err != nil { // the branches share it
		return nil, fail(asl.ErrorRuntime, "The input cannot be read: %v", err)
	}
	g := v.fork(len(p.branches), len(p.branches))
	return g.run(ctx, func(i int, f *frame) *data {
		f.machine = p.branches[i]
		return input
	})
}

// mapping runs its machine for every item.
type mapping struct {
	worker
	items       *template
	selector    *template // nil gives the item itself
	concurrency *template // nil is no limit
	processor   *machine
}

func (m *mapping) attempt(ctx context.Context, v *visit) (*data, error) {
	items, inputs, width, err := m.prepare(v)
	if err != nil {
		return nil, err
	}
	count := strconv.AppendInt(nil, int64(len(items)), 10)
	if _, err := v.f.record(&asl.Event{Kind: asl.MapStarted, Attempt: v.attempt, Input: count}); err != nil {
		return nil, err
	}
	g := v.fork(len(items), width)
	return g.run(ctx, func(i int, f *frame) *data {
		f.machine, f.item = m.processor, &item{index: i, value: items[i]}
		input := inputs[i]
		inputs[i] = nil
		return input
	})
}

// prepare evaluates everything before the first item starts, so that a selector
// that fails fails the Map before any item has acted.
func (m *mapping) prepare(v *visit) (items []any, inputs []*data, width int, err error) {
	value, err := v.eval(m.items)
	if err != nil {
		return nil, nil, 0, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, nil, 0, unexpected(m.items, "array", value)
	}
	if width, err = m.width(v); err != nil {
		return nil, nil, 0, err
	}
	inputs = make([]*data, len(items))
	outer := v.f.item
	defer func() { v.f.item = outer }()
	for i, it := range items {
		if m.selector != nil {
			v.f.item = &item{index: i, value: it}
			if it, err = v.eval(m.selector); err != nil {
				return nil, nil, 0, err
			}
		}
		large, err := exceeds(v.f.x.env.MaxPayloadBytes, it)
		if err != nil {
			return nil, nil, 0, unencodable(err)
		}
		if large {
			return nil, nil, 0, fail(asl.ErrorDataLimit, "Item %d of the Map state '%s' has a size exceeding the maximum number of bytes service limit.", i, v.s.name)
		}
		inputs[i] = decoded(it)
	}
	return items, inputs, width, nil
}

func (m *mapping) width(v *visit) (int, error) {
	if m.concurrency == nil {
		return maxConcurrency, nil
	}
	value, err := v.eval(m.concurrency)
	if err != nil {
		return 0, err
	}
	n, ok := whole(value, 1<<31)
	if !ok {
		return 0, unexpected(m.concurrency, "non-negative integer", value)
	}
	if n == 0 || n > maxConcurrency {
		n = maxConcurrency
	}
	return int(n), nil
}

// fork is one attempt of a Parallel or Map: n child frames, width at a time.
type fork struct {
	v        *visit
	id       string
	width    int
	limit    int32 // where the attempt ends in the history
	failed   bool  // a child failed in the history, so none of them may act any more
	results  []any
	mu       sync.Mutex
	first    *failure
	stop     *stopped
	broken   error
	cancel   context.CancelCauseFunc
	upcoming atomic.Int64
}

func (v *visit) fork(n, width int) *fork {
	f := v.f
	g := &fork{v: v, id: forkID(f.id, f.step), width: min(n, width), limit: f.nextAt(), results: make([]any, n)}
	g.failed = f.x.failedBetween(g.id, v.forked, g.limit)
	if more := n - len(v.children); more > 0 && v.s.retries() {
		v.children = append(v.children, make([]child, more)...)
	}
	return g
}

// child is what a further attempt has to know of a child frame: it numbers its
// steps on, so that (frame, step) stays one visit of one state.
type child struct {
	steps int
	past  []int32
	begun bool
}

// run runs the children and waits for all of them. prepare sets a child's machine
// and gives its input.
func (g *fork) run(ctx context.Context, prepare func(i int, f *frame) *data) (*data, error) {
	gctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.cancel = cancel
	if g.failed {
		cancel(errSibling)
	}
	var wg sync.WaitGroup
	for range g.width {
		wg.Go(func() {
			for i := g.upcoming.Add(1) - 1; i < int64(len(g.results)); i = g.upcoming.Add(1) - 1 {
				g.child(gctx, int(i), prepare)
			}
		})
	}
	wg.Wait()
	g.v.forked = g.limit
	switch {
	case g.broken != nil:
		return nil, g.broken
	case g.first != nil:
		return nil, &failure{name: g.first.name, cause: g.first.cause}
	case g.stop != nil && ctx.Err() == nil && errors.Is(g.stop.cause, errSibling):
		return nil, fmt.Errorf("%w: a branch of %q was stopped although none had failed", ErrHistory, g.v.s.name)
	case g.stop != nil:
		return nil, g.stop
	}
	return g.joined()
}

// joined is the list of the children's outputs.
func (g *fork) joined() (*data, error) {
	large, err := exceeds(g.v.f.x.env.MaxPayloadBytes, g.results...)
	if err != nil {
		return nil, unencodable(err)
	}
	if large {
		return nil, fail(asl.ErrorDataLimit, "The state '%s' returned a result with a size exceeding the maximum number of bytes service limit.", g.v.s.name)
	}
	return decoded(g.results), nil
}

// child runs one child frame. Once the fork is cancelled, only children that the
// history knows are still run, as far as it goes.
func (g *fork) child(ctx context.Context, i int, prepare func(i int, f *frame) *data) {
	parent := g.v.f
	f := &frame{x: parent.x, id: g.id + "." + strconv.Itoa(i), parent: parent, item: parent.item, limit: g.limit}
	g.resume(i, f)
	if ctx.Err() != nil && f.next() == nil {
		g.settle(ctx, i, nil, stoppedBy(ctx))
		return
	}
	input := prepare(i, f)
	out, err := f.run(ctx, input)
	g.keep(i, f)
	g.settle(ctx, i, out, err)
	if err := parent.x.flush(); err != nil { // the others may go on for long
		g.settle(ctx, i, nil, err)
	}
}

// resume gives a frame its history: from the start, or where the attempt before
// left it.
func (g *fork) resume(i int, f *frame) {
	f.resume()
	if len(g.v.children) > 0 && g.v.children[i].begun {
		f.steps, f.past = g.v.children[i].steps, g.v.children[i].past
	}
}

func (g *fork) keep(i int, f *frame) {
	if len(g.v.children) > 0 {
		g.v.children[i] = child{steps: f.steps, past: f.past, begun: true}
	}
}

// settle takes a child's end. Of several failures the one that was journalled
// first counts, so that a replay decides the same.
func (g *fork) settle(ctx context.Context, i int, out *data, err error) {
	if err == nil {
		var value any
		if value, err = out.value(); err == nil {
			g.results[i] = value
			return
		}
		err = fail(asl.ErrorRuntime, "The output of '%s' cannot be read: %v", g.v.s.name, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if failed, ok := errors.AsType[*failure](err); ok {
		if g.first == nil || failed.at < g.first.at {
			g.first = failed
		}
		g.cancel(errSibling)
		return
	}
	if stop, ok := errors.AsType[*stopped](err); ok {
		if g.stop == nil || errors.Is(g.stop.cause, errSibling) {
			g.stop = stop
		}
		if ctx.Err() == nil {
			g.cancel(stop.cause)
		}
		return
	}
	if g.broken == nil {
		g.broken = err
	}
	g.cancel(err)
}
