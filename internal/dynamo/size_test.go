package dynamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"switchboard/internal/asl"
	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/value"
)

// noise is a JSON text of n bytes that hardly shrinks.
func noise(n int, seed uint64) json.RawMessage {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('#' + random.IntN('['-'#')) // without " and \
	}
	b[0], b[n-1] = '"', '"'
	return b
}

// everything reads the whole table, which only tests do; with the SDK, which has to
// find what our client wrote.
func everything(t testing.TB, table string) []map[string]types.AttributeValue {
	t.Helper()
	var items []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(need(t).Client(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, p.Items...)
	}
	return items
}

func wantEmpty(t testing.TB, table string) {
	t.Helper()
	for _, i := range everything(t, table) {
		t.Errorf("left in the table: %v", i["pk"])
	}
}

// TestLargeThings stores what is as large as it may be, and does not shrink.
func TestLargeThings(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table})
	ctx := t.Context()
	must(t, s.CreateAgent(ctx, anAgent))
	w := aWorkflow
	w.Document = noise(1<<20, 1)
	must(t, s.CreateWorkflow(ctx, w, 0))
	wantDocument := func(t *testing.T) {
		t.Helper()
		got, err := s.Workflow(ctx, "acc", "wf_1")
		if err != nil || !bytes.Equal(got.Document, w.Document) {
			t.Errorf("a document of %d bytes came back with %d, %v", len(w.Document), len(got.Document), err)
		}
		list, err := s.Workflows(ctx, "acc", "agt_1", page.Query{})
		if err != nil || len(list.Items) != 1 || !bytes.Equal(list.Items[0].Document, w.Document) {
			t.Errorf("in the list: %d, %v", len(list.Items), err)
		}
	}
	t.Run("Draft", wantDocument)
	t.Run("DraftAgain", func(t *testing.T) {
		for n, size := range []int{900_000, 100, 1 << 20} {
			w.Document, w.Revision = noise(size, 2), int64(n+1)
			if err := s.UpdateWorkflow(ctx, w); err != nil {
				t.Fatal(err)
			}
			wantDocument(t)
		}
	})
	t.Run("Versions", func(t *testing.T) {
		for n := 1; n <= 3; n++ {
			v := aVersion
			v.Number, v.Document, v.Definition, v.SourceMap = n, w.Document, noise(1<<20, uint64(n)), noise(1<<18, 3)
			if err := s.Publish(ctx, v, ""); err != nil {
				t.Fatal(err)
			}
			got, err := s.Version(ctx, "acc", "wf_1", n)
			if err != nil || !reflect.DeepEqual(v, got) {
				t.Errorf("version %d is not what it was (%v)", n, err)
			}
		}
		list, err := s.Versions(ctx, "acc", "wf_1", page.Query{Limit: 2})
		if err != nil || len(list.Items) != 2 || len(list.Items[1].Definition) != 1<<20 {
			t.Errorf("%d versions, %v", len(list.Items), err)
		}
	})
	t.Run("ErrDraftTooLarge", func(t *testing.T) {
		large := w
		large.Document, large.Revision = noise(5<<20, 1), 4
		if err := s.UpdateWorkflow(ctx, large); !fault.Is(err, fault.PayloadTooLarge) {
			t.Errorf("error %v, want %s", err, fault.PayloadTooLarge)
		}
		wantDocument(t)
	})
	t.Run("DeleteLeavesNothing", func(t *testing.T) {
		must(t, s.DeleteWorkflow(ctx, "acc", "wf_1"), s.DeleteAgent(ctx, "acc", "agt_1"))
		wantEmpty(t, table)
	})
}

func TestLargeExecutions(t *testing.T) {
	s := openNew(t, dynamo.Options{})
	x := anExecution
	x.Input = noise(asl.MaxPayloadBytes, 1)
	start(t, s, x)
	t.Run("Events", func(t *testing.T) {
		var events []asl.Event
		for n := range 6 { // 256 KiB each: they go into an item each
			events = append(events, asl.Event{Kind: asl.TaskSucceeded, At: epoch, Step: n, Output: noise(1<<18, uint64(n))})
		}
		must(t, s.AppendHistory("acc", "exe_1", events...))
		got, err := s.History(t.Context(), "acc", "exe_1")
		if err != nil || !reflect.DeepEqual(events, got) {
			t.Errorf("%d events came back, and not as they were (%v)", len(got), err)
		}
	})
	t.Run("ErrEventTooLarge", func(t *testing.T) {
		err := s.AppendHistory("acc", "exe_1", asl.Event{Kind: asl.TaskSucceeded, Output: noise(600<<10, 1)})
		if !fault.Is(err, fault.PayloadTooLarge) {
			t.Errorf("error %v, want %s", err, fault.PayloadTooLarge)
		}
	})
	t.Run("End", func(t *testing.T) {
		x.Status, x.StoppedAt, x.Output = execution.Succeeded, epoch, noise(1<<18, 9)
		must(t, s.FinishExecution(t.Context(), x))
		got, err := s.Execution(t.Context(), "acc", "exe_1")
		if err != nil || !reflect.DeepEqual(x, got) {
			t.Errorf("it is not what it was (%v)", err)
		}
		list, err := s.Executions(t.Context(), "acc", execution.Filter{}, page.Query{})
		if err != nil || len(list.Items) != 1 || !bytes.Equal(list.Items[0].Output, x.Output) {
			t.Errorf("in the list: %d, %v", len(list.Items), err)
		}
	})
	t.Run("Records", func(t *testing.T) {
		r := task.Record{State: task.Done, Input: noise(150<<10, 1), Output: noise(value.MaxRoom, 2), StartedAt: epoch}
		must(t, s.Put(t.Context(), aKey, r))
		got, err := s.Record(t.Context(), aKey)
		if err != nil || !reflect.DeepEqual(r, got) {
			t.Errorf("it is not what it was (%v)", err)
		}
	})
	t.Run("ErrRecordTooLarge", func(t *testing.T) {
		r := task.Record{State: task.Done, Input: noise(400<<10, 1), Output: noise(value.MaxRoom, 2)}
		if err := s.Put(t.Context(), aKey, r); !fault.Is(err, fault.OutputTooLarge) {
			t.Errorf("Put: %v, want %s", err, fault.OutputTooLarge)
		}
		r = task.Record{State: task.Begun, Input: noise(600<<10, 1)}
		if _, _, err := s.Begin(t.Context(), task.Key{Account: "acc", Execution: "exe_1", Node: "b"}, r); !fault.Is(err, fault.InvalidInput) {
			t.Errorf("Begin: %v, want %s", err, fault.InvalidInput)
		}
	})
}

// TestMoreThanATransactionTakes deletes things that have more hanging on them than
// a transaction has room for.
func TestMoreThanATransactionTakes(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table})
	ctx := t.Context()
	const many = 105
	for n := range many {
		a, c := anAgent, aCredential
		a.ID, c.ID = fmt.Sprintf("agt_%03d", n), fmt.Sprintf("cred_%03d", n)
		must(t, s.CreateAgent(ctx, a), s.CreateCredential(ctx, c, aSealed))
	}
	for n := range many {
		must(t, s.Link(ctx, "acc", "agt_000", fmt.Sprintf("cred_%03d", n), epoch))
		if n > 0 {
			must(t, s.Link(ctx, "acc", fmt.Sprintf("agt_%03d", n), "cred_000", epoch))
		}
	}
	w := aWorkflow
	w.Agent = "agt_001"
	must(t, s.CreateWorkflow(ctx, w, 0))
	for n := range many {
		v := aVersion
		v.Number = n + 1
		must(t, s.Publish(ctx, v, "hook"))
	}
	t.Run("DeleteAgent", func(t *testing.T) {
		must(t, s.DeleteAgent(ctx, "acc", "agt_000"))
		for n := range many {
			agents, err := s.LinkedAgents(ctx, "acc", fmt.Sprintf("cred_%03d", n))
			if want := map[bool]int{true: many - 1}[n == 0]; err != nil || len(agents) != want {
				t.Errorf("credential %d is linked to %d agents (%v), want %d", n, len(agents), err, want)
			}
		}
	})
	t.Run("DeleteCredential", func(t *testing.T) {
		must(t, s.DeleteCredential(ctx, "acc", "cred_000"))
		for n := 1; n < many; n++ {
			creds, err := s.LinkedCredentials(ctx, "acc", fmt.Sprintf("agt_%03d", n))
			if err != nil || len(creds) != 0 {
				t.Errorf("agent %d is linked to %v (%v)", n, creds, err)
			}
		}
	})
	t.Run("DeleteWorkflow", func(t *testing.T) { must(t, s.DeleteWorkflow(ctx, "acc", "wf_1")) })
	for n := 1; n < many; n++ {
		must(t, s.DeleteAgent(ctx, "acc", fmt.Sprintf("agt_%03d", n)), s.DeleteCredential(ctx, "acc", fmt.Sprintf("cred_%03d", n)))
	}
	wantEmpty(t, table)
}

// TestDraftsAreNotTorn reads a large draft while it is changed: what is read is one
// of the drafts, never a mixture.
func TestDraftsAreNotTorn(t *testing.T) {
	const revisions, size = 10, 500_000
	var documents [revisions + 1]json.RawMessage // by revision
	for n := range documents {
		documents[n] = noise(size, uint64(n))
	}
	s := openNew(t, dynamo.Options{})
	must(t, s.CreateAgent(t.Context(), anAgent))
	w := aWorkflow
	w.Document = documents[1]
	must(t, s.CreateWorkflow(t.Context(), w, 0))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				got, err := s.Workflow(ctx, "acc", "wf_1")
				if ctx.Err() != nil {
					return
				}
				if err != nil || !bytes.Equal(got.Document, documents[got.Revision]) {
					t.Errorf("revision %d is not what was written (%v)", got.Revision, err)
					return
				}
			}
		})
	}
	for n := 1; n < revisions; n++ {
		w.Revision, w.Document = int64(n), documents[n+1]
		if err := s.UpdateWorkflow(t.Context(), w); err != nil {
			t.Error(err)
			break
		}
	}
	cancel()
	wg.Wait()
}
