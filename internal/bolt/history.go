package bolt

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
)

// AppendHistory implements execution.Repository. Where the queue is full it waits
// for room. Events of an execution that is not there, because it was swept away
// meanwhile, are dropped. What is appended together is one value.
func (s *Store) AppendHistory(account, id string, events ...asl.Event) error {
	if len(events) == 0 {
		return nil
	}
	value := packEvents(events)
	if h := s.holds.change(account, id, func(h *hold) { h.events = append(h.events, value) }); h != nil {
		return doing(s.writeBehind(h, len(value)), "writing the history of execution %s", id)
	}
	err := s.queue.add(context.Background(), &write{size: len(value), of: holdKey{account, id}, apply: func(c *change) error {
		if !c.has(executionBucket, under(id, account)) {
			return noExecution(id)
		}
		return c.appendHistory(account, id, value)
	}})
	return doing(err, "writing the history of execution %s", id)
}

func (c *change) appendHistory(account, id string, value []byte) error {
	// One sequence for all executions: it needs no look at what is there already,
	// and the events of each are still in order.
	n, err := historyBucket.of(c.tx).NextSequence()
	if err != nil {
		return err
	}
	c.put(historyBucket, historyKey(account, id, n), value)
	return nil
}

// History implements execution.Repository. It shows all that was queued before.
func (s *Store) History(ctx context.Context, account, id string) (events []asl.Event, err error) {
	err = s.settleOf(ctx, account, id)
	if err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			if executionBucket.of(tx).Get(under(id, account)) == nil {
				return noExecution(id)
			}
			return each(tx, historyBucket, prefix(account, id), func(_, value []byte) error {
				events, err = unpackEvents(events, value)
				return err
			})
		})
	}
	if err != nil {
		return nil, doing(err, "reading the history of execution %s", id)
	}
	return events, nil
}

// packEvents writes events one after another, each as its members in the order of
// asl.Event. There are a dozen for every execution, and as JSON they took more time
// than all else that is stored of it.
func packEvents(events []asl.Event) []byte {
	n := 0
	for i := range events {
		e := &events[i]
		n += 64 + len(e.Frame) + len(e.State) + len(e.Input) + len(e.Output) + len(e.Assigned) + len(e.Error) + len(e.Cause) + len(e.Next)
	}
	b := make([]byte, 0, n)
	for i := range events {
		e := &events[i]
		b = appendPart(b, e.Kind)
		b = appendMoment(b, e.At)
		b = appendPart(b, e.Frame)
		b = binary.AppendVarint(b, int64(e.Step))
		b = appendPart(b, e.State)
		b = binary.AppendVarint(b, int64(e.Attempt))
		b = appendPart(b, e.Input)
		b = appendPart(b, e.Output)
		b = appendPart(b, e.Assigned)
		b = appendPart(b, e.Error)
		b = appendPart(b, e.Cause)
		b = appendMoment(b, e.Until)
		b = appendPart(b, e.Next)
	}
	return b
}

// appendMoment writes a time, whatever its year; its zone is lost.
func appendMoment(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

// unpackEvents reads what packEvents wrote, and copies it out of bbolt's memory.
func unpackEvents(events []asl.Event, value []byte) ([]asl.Event, error) {
	if isEventValue(value) {
		e, err := unpackEventValue(value)
		return append(events, e), err
	}
	r := reader{rest: append([]byte(nil), value...), shared: string(value)}
	for len(r.rest) > 0 && !r.cutOff {
		events = append(events, asl.Event{
			Kind: asl.EventKind(r.text()), At: r.moment(), Frame: r.text(), Step: r.number(),
			State: r.text(), Attempt: r.number(),
			Input: r.raw(), Output: r.raw(), Assigned: r.raw(),
			Error: r.text(), Cause: r.text(), Until: r.moment(), Next: r.text(),
		})
	}
	if r.cutOff {
		return nil, errors.New("decoding a history: it is cut off")
	}
	return events, nil
}

// reader reads members one after another, until one is not whole.
type reader struct {
	rest   []byte
	shared string // all of it, of which the texts are parts: one for each would cost more
	cutOff bool
}

func (r *reader) part() []byte {
	part, rest, err := cutPart(r.rest)
	r.cutOff = r.cutOff || err != nil
	r.rest = rest
	return part
}

func (r *reader) text() string {
	part := r.part()
	end := len(r.shared) - len(r.rest)
	return r.shared[end-len(part) : end]
}

// raw is part, with nil for an empty one.
func (r *reader) raw() json.RawMessage {
	if part := r.part(); len(part) > 0 {
		return part[:len(part):len(part)]
	}
	return nil
}

func (r *reader) number() int {
	n, used := binary.Varint(r.rest)
	r.skip(used)
	return int(n)
}

func (r *reader) moment() time.Time {
	seconds, used := binary.Varint(r.rest)
	r.skip(used)
	nanoseconds, used := binary.Uvarint(r.rest)
	r.skip(used)
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.rest, r.cutOff = nil, true
		return
	}
	r.rest = r.rest[n:]
}
