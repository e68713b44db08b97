package dynamo_test

import (
	"fmt"
	"testing"

	"switchboard/internal/dynamo"
	"switchboard/internal/task"
)

// BenchmarkTask is what a task does with the store, one after the other: it reads
// its secret, begins and is done.
func BenchmarkTask(b *testing.B) {
	s := openNew(b, dynamo.Options{})
	must(b, s.CreateAgent(b.Context(), anAgent), s.CreateCredential(b.Context(), aCredential, aSealed),
		s.Link(b.Context(), "acc", "agt_1", "cred_1", epoch))
	done := begun
	done.State, done.Output = task.Done, noise(2000, 1)
	k := aKey
	for n := 0; b.Loop(); n++ {
		k.Iteration = fmt.Sprint(n)
		if _, linked, err := s.Sealed(b.Context(), "acc", "slack_bot_token", "cred_1", "agt_1"); err != nil || !linked {
			b.Fatal(linked, err)
		}
		if _, began, err := s.Begin(b.Context(), k, begun); err != nil || !began {
			b.Fatal(began, err)
		}
		if err := s.Put(b.Context(), k, done); err != nil {
			b.Fatal(err)
		}
	}
}
