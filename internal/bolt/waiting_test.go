package bolt_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/bolt"
	"switchboard/internal/event"
)

// TestKeptEvents: events that wait are there after a restart, exactly as they came.
func TestKeptEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	open := func() *bolt.Store {
		t.Helper()
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	waiting := func(workflow, id string, after time.Duration) event.Waiting {
		return event.Waiting{Account: "acc_1", Workflow: workflow, Event: event.Event{
			ID: id, Source: "shop", DetailType: "order", Time: at.Add(after), Detail: map[string]any{"n": json.Number("12345678901234567890"), "t": "<ä>"},
		}}
	}
	late, early, other := waiting("wf_1", "evt_1", time.Hour), waiting("wf_1", "evt_2", 0), waiting("wf_2", "evt_1", time.Hour)
	s := open()
	for _, w := range []event.Waiting{late, early, other, late} {
		if err := s.KeepEvent(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.ForgetEvent(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	t.Cleanup(func() { _ = s.Close() })
	kept, err := s.KeptEvents(t.Context())
	if diff := cmp.Diff([]event.Waiting{early, late}, kept); diff != "" || err != nil {
		t.Errorf("kept (-want +got), %v:\n%s", err, diff)
	}
}
