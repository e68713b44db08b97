package storetest

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/value"
)

// noise is a JSON text that hardly can be compressed.
func noise(size int) json.RawMessage {
	random := rand.NewChaCha8([32]byte{byte(size)})
	b := make([]byte, size*3/4)
	_, _ = random.Read(b) // it never fails
	text, _ := json.Marshal(base64.StdEncoding.EncodeToString(b))
	return text
}

func testValues(t *testing.T, open func(testing.TB) Stores) {
	x := anExecution(1)
	read := func(t *testing.T, s Stores, account, execution string, wanted value.Found, ids ...string) {
		t.Helper()
		got, err := s.Records.Values(t.Context(), account, execution, ids)
		want(t, wanted, got, err)
	}
	t.Run("PutAndRead", func(t *testing.T) {
		s := open(t)
		small, large := json.RawMessage(`{ "a": "<&>ü" }`), noise(value.MaxBytes)
		must(t, s.Records.PutValue(t.Context(), account, x.ID, "val_a", small), s.Records.PutValue(t.Context(), account, x.ID, "val_b", large))
		must(t, s.Records.PutValue(t.Context(), account, x.ID, "val_b", large)) // storing it again changes nothing
		read(t, s, account, x.ID, value.Found{"val_a": small, "val_b": large}, "val_a", "val_b", "val_c")
		read(t, s, account, x.ID, value.Found{})
	})
	t.Run("AreOfOneExecution", func(t *testing.T) {
		s := open(t)
		must(t, s.Records.PutValue(t.Context(), account, x.ID, "val_a", json.RawMessage(`1`)))
		read(t, s, stranger, x.ID, value.Found{}, "val_a")
		read(t, s, account, x.ID+"0", value.Found{}, "val_a")
		read(t, s, account, idOf("exe", 2), value.Found{}, "val_a")
		read(t, s, account, x.ID, value.Found{}, "val_", "val_aa", "")
		// They are no records.
		records, err := s.Records.RecordsOf(t.Context(), account, x.ID)
		if err != nil || len(records) != 0 {
			t.Errorf("RecordsOf = %v, %v; want none", records, err)
		}
	})
	t.Run("StayWhileTheExecutionRuns", func(t *testing.T) {
		s := open(t)
		if s.Advance == nil {
			t.Skip("the store's clock cannot be moved")
		}
		start(t, s, x)
		must(t, s.Records.PutValue(t.Context(), account, x.ID, "val_a", json.RawMessage(`1`)))
		s.Advance(6 * month)
		read(t, s, account, x.ID, value.Found{"val_a": json.RawMessage(`1`)}, "val_a")
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Failed)))
		s.Advance(29 * 24 * time.Hour)
		read(t, s, account, x.ID, value.Found{"val_a": json.RawMessage(`1`)}, "val_a")
	})
}
