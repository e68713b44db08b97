package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/agent"
	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/dynamo"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// between is a client that does something just before a transaction is made: after
// what it rests on was read. Once.
type between struct {
	*dynamodb.Client
	do *func()
}

func (b between) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	if do := *b.do; do != nil {
		*b.do = nil
		do()
	}
	return b.Client.TransactWriteItems(ctx, in)
}

// TestChangesBetweenReadAndWrite has somebody else change what a write has read, at
// the worst moment.
func TestChangesBetweenReadAndWrite(t *testing.T) {
	tests := map[string]struct {
		between func(ctx context.Context, s *dynamo.Store) error
		do      func(ctx context.Context, s *dynamo.Store) error
		want    fault.Code // "" is success
		after   func(t *testing.T, s *dynamo.Store)
	}{
		"DeleteAgent/WorkflowCreated": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.CreateWorkflow(ctx, aWorkflow, 0) },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteAgent(ctx, "acc", "agt_1") },
			want:    fault.Conflict,
			after: func(t *testing.T, s *dynamo.Store) {
				if _, err := s.Agent(t.Context(), "acc", "agt_1"); err != nil {
					t.Error(err)
				}
			},
		},
		"DeleteAgent/Linked": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_1", "cred_2", epoch) },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteAgent(ctx, "acc", "agt_1") },
			after:   notLinked("cred_2"),
		},
		"DeleteAgent/Unlinked": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Unlink(ctx, "acc", "agt_1", "cred_1") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteAgent(ctx, "acc", "agt_1") },
			after:   notLinked("cred_1"),
		},
		"DeleteAgent/CredentialDeleted": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteCredential(ctx, "acc", "cred_1") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteAgent(ctx, "acc", "agt_1") },
		},
		"DeleteCredential/Linked": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_2", "cred_1", epoch) },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteCredential(ctx, "acc", "cred_1") },
			after: func(t *testing.T, s *dynamo.Store) {
				if ids, err := s.LinkedCredentials(t.Context(), "acc", "agt_2"); err != nil || len(ids) > 0 {
					t.Errorf("agent 2 is linked to %v, %v", ids, err)
				}
			},
		},
		"Link/CredentialDeleted": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteCredential(ctx, "acc", "cred_2") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_1", "cred_2", epoch) },
			want:    fault.NotFound,
		},
		"Link/AgentDeleted": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteAgent(ctx, "acc", "agt_2") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_2", "cred_1", epoch) },
			want:    fault.NotFound,
		},
		"Link/Linked": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_2", "cred_1", epoch) },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.Link(ctx, "acc", "agt_2", "cred_1", epoch) },
		},
		"Unlink/Unlinked": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Unlink(ctx, "acc", "agt_1", "cred_1") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.Unlink(ctx, "acc", "agt_1", "cred_1") },
			after:   notLinked("cred_1"),
		},
		"UpdateCredential/Deleted": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteCredential(ctx, "acc", "cred_1") },
			do: func(ctx context.Context, s *dynamo.Store) error {
				return s.UpdateCredential(ctx, aCredential, &aSealed)
			},
			want: fault.NotFound,
		},
		"UpdateWorkflow/Updated": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.UpdateWorkflow(ctx, inUse) },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.UpdateWorkflow(ctx, inUse) },
			want:    fault.PreconditionFailed,
		},
		"UpdateWorkflow/Deleted": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteWorkflow(ctx, "acc", "wf_9") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.UpdateWorkflow(ctx, inUse) },
			want:    fault.NotFound,
		},
		"Publish/Published": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Publish(ctx, published, "") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.Publish(ctx, published, "hook") },
			want:    fault.Conflict,
			after: func(t *testing.T, s *dynamo.Store) {
				if _, err := s.ByHook(t.Context(), "hook"); !fault.Is(err, fault.NotFound) {
					t.Errorf("the loser's hook: %v", err)
				}
			},
		},
		"DeleteWorkflow/Published": {
			between: func(ctx context.Context, s *dynamo.Store) error { return s.Publish(ctx, published, "hook") },
			do:      func(ctx context.Context, s *dynamo.Store) error { return s.DeleteWorkflow(ctx, "acc", "wf_9") },
			after: func(t *testing.T, s *dynamo.Store) {
				_, err := s.Version(t.Context(), "acc", "wf_9", 1)
				_, hookErr := s.ByHook(t.Context(), "hook")
				if !fault.Is(err, fault.NotFound) || !fault.Is(hookErr, fault.NotFound) {
					t.Errorf("version: %v, hook: %v", err, hookErr)
				}
			},
		},
		"DeleteWorkflow/Updated": {
			between: func(ctx context.Context, s *dynamo.Store) error {
				w := inUse
				w.Document = noise(800_000, 1)
				return s.UpdateWorkflow(ctx, w)
			},
			do: func(ctx context.Context, s *dynamo.Store) error { return s.DeleteWorkflow(ctx, "acc", "wf_9") },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client, table := newTable(t)
			var do func()
			s := dynamo.New(between{client, &do}, dynamo.Options{Table: table})
			prepare(t, s)
			do = func() {
				if err := tt.between(t.Context(), s); err != nil {
					t.Errorf("in between: %v", err)
				}
			}
			err := tt.do(t.Context(), s)
			if do != nil {
				t.Error("nothing happened in between")
			}
			if tt.want == "" && err != nil || tt.want != "" && !fault.Is(err, tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if tt.after != nil {
				tt.after(t, s)
			}
			// Whatever happened, it can all be deleted, and nothing is left.
			cleanUp(t, s)
			wantEmpty(t, table)
		})
	}
}

var (
	inUse     = workflow.Workflow{ID: "wf_9", Account: "acc", Agent: "agt_9", Document: []byte(`{}`), Revision: 1}
	published = workflow.Version{Account: "acc", Workflow: "wf_9", Number: 1, Document: []byte(`{}`)}
)

// prepare stores agents 1, 2 and 9, credentials 1 and 2, of which 1 is linked to
// agent 1, and workflow 9.
func prepare(t *testing.T, s *dynamo.Store) {
	t.Helper()
	for _, id := range []string{"agt_1", "agt_2", "agt_9"} {
		a := anAgent
		a.ID = id
		must(t, s.CreateAgent(t.Context(), a))
	}
	for _, id := range []string{"cred_1", "cred_2"} {
		c := aCredential
		c.ID = id
		must(t, s.CreateCredential(t.Context(), c, aSealed))
	}
	must(t, s.Link(t.Context(), "acc", "agt_1", "cred_1", epoch), s.CreateWorkflow(t.Context(), inUse, 0))
}

func cleanUp(t *testing.T, s *dynamo.Store) {
	t.Helper()
	for _, err := range []error{
		s.DeleteWorkflow(t.Context(), "acc", "wf_1"), s.DeleteWorkflow(t.Context(), "acc", "wf_9"),
		s.DeleteAgent(t.Context(), "acc", "agt_1"), s.DeleteAgent(t.Context(), "acc", "agt_2"), s.DeleteAgent(t.Context(), "acc", "agt_9"),
		s.DeleteCredential(t.Context(), "acc", "cred_1"), s.DeleteCredential(t.Context(), "acc", "cred_2"),
	} {
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("cleaning up: %v", err)
		}
	}
}

func notLinked(cred string) func(*testing.T, *dynamo.Store) {
	return func(t *testing.T, s *dynamo.Store) {
		ids, err := s.LinkedAgents(t.Context(), "acc", cred)
		_, linked, sealedErr := s.Sealed(t.Context(), "acc", "slack_bot_token", cred, "agt_1")
		if err != nil || sealedErr != nil || linked || len(ids) > 0 {
			t.Errorf("%s is linked to %v (%v, %t, %v)", cred, ids, err, linked, sealedErr)
		}
	}
}

// TestManyAtOnce links, unlinks, creates and deletes at once. Whatever the order was,
// both sides of each link agree in the end, and nothing is left behind.
func TestManyAtOnce(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table})
	prepare(t, s)
	ctx := t.Context()
	allowed := func(err error) {
		if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 6 {
				agent, cred := fmt.Sprintf("agt_%d", 1+(n+i)%2), fmt.Sprintf("cred_%d", 1+(n/2+i)%2)
				allowed(s.Link(ctx, "acc", agent, cred, epoch))
				w := aWorkflow
				w.ID, w.Agent = fmt.Sprintf("wf_%d_%d", n, i), agent
				if err := s.CreateWorkflow(ctx, w, 0); err == nil {
					allowed(s.DeleteWorkflow(ctx, "acc", w.ID))
				} else {
					allowed(err)
				}
				switch {
				case i%2 == 1:
					allowed(s.Unlink(ctx, "acc", agent, cred))
				case i == 4 && n == 0:
					allowed(s.DeleteCredential(ctx, "acc", cred))
				case i == 4 && n == 1:
					allowed(s.DeleteAgent(ctx, "acc", agent))
				}
			}
		})
	}
	wg.Wait()
	for _, agent := range []string{"agt_1", "agt_2"} {
		creds, err := s.LinkedCredentials(ctx, "acc", agent)
		allowed(err)
		for _, cred := range creds {
			if _, linked, err := s.Sealed(ctx, "acc", "slack_bot_token", cred, agent); err != nil || !linked {
				t.Errorf("%s has a link to %s, which the secret does not know (%v)", agent, cred, err)
			}
		}
	}
	cleanUp(t, s)
	wantEmpty(t, table)
}

// reader is a client that notes what is read of whom.
type reader struct {
	*dynamodb.Client
	partitions *[]string
}

func (r reader) GetItem(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	*r.partitions = append(*r.partitions, in.Key["pk"].Text())
	return r.Client.GetItem(ctx, in)
}

// TestFence reads a secret as a connector does, and as one that was taken over might:
// the partition's key, which its role is fenced by, begins with the type it asked for,
// so what it may ask for is its own.
func TestFence(t *testing.T) {
	client, table := newTable(t)
	var partitions []string
	s := dynamo.New(reader{client, &partitions}, dynamo.Options{Table: table})
	prepare(t, s)
	for _, tt := range []struct{ credentialType, account, id string }{
		{"slack_bot_token", "acc", "cred_1"},
		{"twilio", "acc", "cred_1"},
		{"twilio", "acc#cred_1", ""},
		{"twilio", "", "../slack_bot_token#acc#cred_1"},
	} {
		partitions = nil
		_, _, err := s.Sealed(t.Context(), tt.account, tt.credentialType, tt.id, "agt_1")
		if tt.credentialType == "slack_bot_token" != (err == nil) {
			t.Errorf("%v: %v", tt, err)
		}
		if len(partitions) != 1 || !strings.HasPrefix(partitions[0], tt.credentialType+"#") {
			t.Errorf("%v: read %q", tt, partitions)
		}
	}
}

// TestHasWorkflow: a workflow is there from its creation until it is deleted, in its
// account alone.
func TestHasWorkflow(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table})
	has := func(account string, want bool) {
		t.Helper()
		if got, err := s.HasWorkflow(t.Context(), account, "wf_1"); err != nil || got != want {
			t.Errorf("%s has it: %t, %v; want %t", account, got, err, want)
		}
	}
	has("acc", false)
	if err := s.CreateAgent(t.Context(), agent.Agent{ID: "agt_1", Account: "acc", Name: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateWorkflow(t.Context(), workflow.Workflow{ID: "wf_1", Account: "acc", Agent: "agt_1", Name: "x", Document: []byte(`{}`), Revision: 1}, 0); err != nil {
		t.Fatal(err)
	}
	has("acc", true)
	has("acc_2", false)
	if err := s.DeleteWorkflow(t.Context(), "acc", "wf_1"); err != nil {
		t.Fatal(err)
	}
	has("acc", false)
}

// TestCallersText reads things by ids that a caller made up: there is nothing, and
// no mistake of ours.
func TestCallersText(t *testing.T) {
	s := openNew(t, dynamo.Options{})
	for _, text := range []string{"", " ", "#", "a\x00b", "\xff\xfe", "ü", strings.Repeat("long", 1000)} {
		ctx := t.Context()
		_, err1 := s.Agent(ctx, text, text)
		_, _, err2 := s.Sealed(ctx, text, text, text, text)
		_, err3 := s.Workflows(ctx, "acc", text+"x", page.Query{})
		_, err4 := s.ByHook(ctx, text)
		_, err5 := s.Execution(ctx, "acc", text)
		for n, err := range []error{err1, err2, err3, err4, err5, s.DeleteWorkflow(ctx, "acc", text), s.Link(ctx, "acc", text, text, epoch)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%.20q, read %d: %v", text, n, err)
			}
		}
	}
}
