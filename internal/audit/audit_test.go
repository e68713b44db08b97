package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
)

func chain(n int) []audit.Entry {
	var entries []audit.Entry
	var last audit.Entry
	for i := range n {
		last = audit.Entry{
			Account: "acc_1", Chain: "0", At: time.Unix(int64(1000-i), 5), Actor: "owner", Action: audit.CreateAgent, Resource: "agt_1", Node: "a",
		}.After(last)
		entries = append(entries, last)
	}
	return entries
}

func lines(t *testing.T, entries []audit.Entry) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	for _, e := range entries {
		if err := json.NewEncoder(&b).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return &b
}

func TestVerify(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		v, err := audit.VerifyLines(lines(t, chain(5)))
		if err != nil || v.Rows != 5 || len(v.Ends()) != 1 || v.Ends()[0].Sequence != 5 {
			t.Errorf("rows = %d, ends %v: %v", v.Rows, v.Ends(), err)
		}
	})
	rehash := func(e audit.Entry, last audit.Entry) audit.Entry { return e.After(last) }
	for name, c := range map[string]struct {
		change func([]audit.Entry) []audit.Entry
		row    int
	}{
		"Actor":      {func(es []audit.Entry) []audit.Entry { es[2].Actor = "nobody"; return es }, 3},
		"Action":     {func(es []audit.Entry) []audit.Entry { es[2].Action = audit.DeleteAgent; return es }, 3},
		"Resource":   {func(es []audit.Entry) []audit.Entry { es[2].Resource = "agt_2"; return es }, 3},
		"Agent":      {func(es []audit.Entry) []audit.Entry { es[2].Agent = "agt_2"; return es }, 3},
		"Execution":  {func(es []audit.Entry) []audit.Entry { es[2].Execution = "exe_1"; return es }, 3},
		"Node":       {func(es []audit.Entry) []audit.Entry { es[2].Node, es[2].Iteration = "", "a"; return es }, 3},
		"Reason":     {func(es []audit.Entry) []audit.Entry { es[2].Reason = "token"; return es }, 3},
		"Count":      {func(es []audit.Entry) []audit.Entry { es[2].Count = 2; return es }, 3},
		"At":         {func(es []audit.Entry) []audit.Entry { es[2].At = es[2].At.Add(1); return es }, 3},
		"Account":    {func(es []audit.Entry) []audit.Entry { es[2].Account = "acc_2"; return es }, 3},
		"Hash":       {func(es []audit.Entry) []audit.Entry { es[2].Hash = es[1].Hash; return es }, 3},
		"Rehashed":   {func(es []audit.Entry) []audit.Entry { es[2].Actor = "nobody"; es[2] = rehash(es[2], es[1]); return es }, 4},
		"Removed":    {func(es []audit.Entry) []audit.Entry { return slices.Delete(es, 2, 3) }, 3},
		"FirstGone":  {func(es []audit.Entry) []audit.Entry { return es[1:] }, 1},
		"Swapped":    {func(es []audit.Entry) []audit.Entry { es[2], es[3] = es[3], es[2]; return es }, 3},
		"Twice":      {func(es []audit.Entry) []audit.Entry { return slices.Insert(es, 2, es[1]) }, 3},
		"OtherChain": {func(es []audit.Entry) []audit.Entry { es[2].Chain = "1"; return es }, 3},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			_, err := audit.VerifyLines(lines(t, c.change(chain(5))))
			broken, ok := errors.AsType[*audit.Broken](err)
			if !ok || broken.Row != c.row {
				t.Errorf("broken = %v, want row %d", err, c.row)
			}
		})
	}
	t.Run("ErrNotJSON", func(t *testing.T) {
		b := lines(t, chain(2))
		b.WriteString("{\"at\":")
		if broken, ok := errors.AsType[*audit.Broken](second(audit.VerifyLines(b))); !ok || broken.Row != 3 {
			t.Errorf("broken = %v, want row 3", broken)
		}
	})
}

func second(_ *audit.Verifier, err error) error { return err }

// TestHashOfBefore holds that entries from before there were reasons and counts are
// verified as they were written.
func TestHashOfBefore(t *testing.T) {
	const before = "3e0c8c868ee95c5f90c59fc9eef60f0f32f78ba9e13a4f90ea87bede22a2ab31"
	if got := chain(1)[0].Hash; got != before {
		t.Errorf("hash = %s, want %s", got, before)
	}
}

func TestTimesDoNotGoBack(t *testing.T) {
	for _, e := range chain(3)[1:] {
		if !e.At.Equal(chain(3)[0].At) {
			t.Errorf("at = %s, want that of the one before", e.At)
		}
	}
}

func TestEntriesOfAChange(t *testing.T) {
	p := account.Principal{Account: "acc_1", Actor: "owner"}
	one := audit.With(t.Context(), p, audit.CreateAgent, "a")
	two, other := audit.With(one, p, audit.CreateAgent, "b"), audit.With(one, p, audit.CreateAgent, "c")
	if len(audit.From(one)) != 1 || len(audit.From(two)) != 2 || audit.From(two)[1].Resource != "b" || audit.From(other)[1].Resource != "c" {
		t.Errorf("entries = %v, %v, %v", audit.From(one), audit.From(two), audit.From(other))
	}
	if audit.From(audit.Without(two)) != nil || audit.From(t.Context()) != nil {
		t.Error("there are entries where none should be")
	}
}
