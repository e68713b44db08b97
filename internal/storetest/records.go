package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/task"
)

func testRecords(t *testing.T, open func(testing.TB) Stores) {
	begun := aRecord(task.Begun)
	done := aRecord(task.Done)
	done.Output = json.RawMessage(`{ "ts": "<1>" }`)
	released := aRecord(task.Released)
	released.NotBefore = at(2)
	unsettled := aRecord(task.Begun)
	unsettled.Reason = "The connection was cut."
	again := aRecord(task.Begun)
	again.Input, again.StartedAt = asGiven(2), at(3)

	wantRecord := func(t *testing.T, s Stores, wanted task.Record) {
		t.Helper()
		got, err := s.Records.Record(t.Context(), aKey("a"))
		want(t, wanted, got, err)
	}
	t.Run("Begin", func(t *testing.T) {
		tests := map[string]struct {
			there *task.Record
			began bool
		}{
			"WhereThereIsNone":  {nil, true},
			"WhereOneBegan":     {&begun, false},
			"WhereOneUnsettled": {&unsettled, false},
			"WhereOneIsDone":    {&done, false},
			"WhereOneReleased":  {&released, true},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				s := open(t)
				var stored task.Record
				if tt.there != nil {
					stored = *tt.there
					must(t, s.Records.Put(t.Context(), aKey("a"), stored))
				}
				got, began, err := s.Records.Begin(t.Context(), aKey("a"), again)
				want(t, stored, got, err)
				want(t, tt.began, began, err)
				if tt.began {
					wantRecord(t, s, again)
				} else {
					wantRecord(t, s, stored)
				}
			})
		}
	})
	t.Run("PutReplacesWhatever", func(t *testing.T) {
		s := open(t)
		for _, r := range []task.Record{done, begun, released, unsettled, done} {
			must(t, s.Records.Put(t.Context(), aKey("a"), r))
			wantRecord(t, s, r)
		}
	})
	t.Run("ReadErrNotFound", func(t *testing.T) {
		s := open(t)
		must(t, s.Records.Put(t.Context(), aKey("a"), done))
		for _, change := range []func(*task.Key){
			func(k *task.Key) { k.Execution = idOf("exe", 2) },
			func(k *task.Key) { k.Node = "b" },
			func(k *task.Key) { k.Iteration = "" },
			func(k *task.Key) { k.Iteration = "0.1" },
			func(k *task.Key) { k.Iteration = "0.123" },
			func(k *task.Key) { k.Node, k.Iteration = "a0", ".12" }, // the same letters, cut elsewhere
		} {
			k := aKey("a")
			change(&k)
			_, err := s.Records.Record(t.Context(), k)
			wantFault(t, fault.NotFound, err)
		}
	})
	t.Run("RecordsOf", func(t *testing.T) {
		s := open(t)
		wanted := map[task.Key]task.Record{}
		for _, node := range []string{"a", "b", "ab"} {
			for _, iteration := range []string{"", "0", "1", "10", "0.12"} {
				k := task.Key{Account: account, Execution: idOf("exe", 1), Node: node, Iteration: iteration}
				r := aRecord(task.Done)
				r.Output = json.RawMessage(`"` + node + iteration + `"`)
				wanted[k] = r
				must(t, s.Records.Put(t.Context(), k, r))
			}
		}
		other := aKey("a")
		for _, other.Execution = range []string{idOf("exe", 2), idOf("exe", 1) + "0", "exe"} {
			must(t, s.Records.Put(t.Context(), other, begun))
		}
		got, err := s.Records.RecordsOf(t.Context(), account, idOf("exe", 1))
		want(t, wanted, got, err)
		got, err = s.Records.RecordsOf(t.Context(), account, "exe_none")
		if err != nil || len(got) != 0 {
			t.Errorf("RecordsOf = %v, %v; want none", got, err)
		}
	})
	t.Run("AreGoneAfter30Days", func(t *testing.T) {
		s := open(t)
		if s.Advance == nil {
			t.Skip("the store's clock cannot be moved")
		}
		must(t, s.Records.Put(t.Context(), aKey("a"), done))
		s.Advance(month - 2*time.Minute)
		wantRecord(t, s, done)
		s.Advance(2 * time.Minute)
		_, err := s.Records.Record(t.Context(), aKey("a"))
		wantFault(t, fault.NotFound, err)
		if got, err := s.Records.RecordsOf(t.Context(), account, idOf("exe", 1)); err != nil || len(got) != 0 {
			t.Errorf("RecordsOf = %v, %v; want none", got, err)
		}
		stored, began, err := s.Records.Begin(t.Context(), aKey("a"), again)
		want(t, task.Record{}, stored, err)
		want(t, true, began, err)
		wantRecord(t, s, again)
	})
}
