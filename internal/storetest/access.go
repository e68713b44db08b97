package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	accounts "switchboard/internal/account"
	"switchboard/internal/apikey"
	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

func anAPIKey(n int) apikey.Key {
	return apikey.Key{
		ID: fmt.Sprintf("key_%04d", n), Account: account, Name: "CI", Role: accounts.Editor, Agent: "agt_1", Hint: "abcd", Hash: fmt.Sprintf("%064d", n),
		CreatedAt: at(n), CreatedBy: "owner", ExpiresAt: at(n + 100),
	}
}

func testAPIKeys(t *testing.T, open func(testing.TB) Stores) {
	s, ctx := open(t), t.Context()
	must(t, s.APIKeys.CreateAPIKey(ctx, anAPIKey(1)), s.APIKeys.CreateAPIKey(ctx, anAPIKey(2)))
	other := anAPIKey(3)
	other.Account = stranger
	must(t, s.APIKeys.CreateAPIKey(ctx, other))
	t.Run("Found", func(t *testing.T) {
		for name, find := range map[string]func() (apikey.Key, error){
			"ByID":   func() (apikey.Key, error) { return s.APIKeys.APIKey(ctx, account, "key_0001") },
			"ByHash": func() (apikey.Key, error) { return s.APIKeys.APIKeyByHash(ctx, anAPIKey(1).Hash) },
		} {
			got, err := find()
			must(t, err)
			if diff := cmp.Diff(anAPIKey(1), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if p, err := s.APIKeys.APIKeys(ctx, account, page.Query{Limit: 1}); err != nil || len(p.Items) != 1 || p.Items[0].ID != "key_0001" || p.Next == "" {
			t.Errorf("first page = %v, %v", p, err)
		}
		if p, err := s.APIKeys.APIKeys(ctx, stranger, page.Query{}); err != nil || len(p.Items) != 1 || p.Items[0].ID != "key_0003" {
			t.Errorf("a stranger's = %v, %v", p, err)
		}
	})
	t.Run("ErrTaken", func(t *testing.T) {
		same := anAPIKey(9)
		same.Hash = anAPIKey(1).Hash
		wantFault(t, fault.Conflict, s.APIKeys.CreateAPIKey(ctx, same))
		wantFault(t, fault.Conflict, s.APIKeys.CreateAPIKey(ctx, anAPIKey(1)))
	})
	t.Run("Used", func(t *testing.T) {
		k := anAPIKey(1)
		must(t, s.APIKeys.UseAPIKey(ctx, k, at(50)))
		must(t, s.Audit.Note(audit.With(ctx, accounts.Principal{Account: account, Actor: "owner"}, audit.CreateKey, k.ID))) // which a store may write later comes before
		got, err := s.APIKeys.APIKeyByHash(ctx, k.Hash)
		must(t, err)
		if !got.LastUsedAt.Equal(at(50)) {
			t.Errorf("last used at %s, want %s", got.LastUsedAt, at(50))
		}
	})
	t.Run("Deleted", func(t *testing.T) {
		wantFault(t, fault.NotFound, s.APIKeys.DeleteAPIKey(ctx, stranger, "key_0001"))
		must(t, s.APIKeys.DeleteAPIKey(ctx, account, "key_0001"))
		must(t, s.APIKeys.UseAPIKey(ctx, anAPIKey(1), at(60)))
		_, byHash := s.APIKeys.APIKeyByHash(ctx, anAPIKey(1).Hash)
		_, byID := s.APIKeys.APIKey(ctx, account, "key_0001")
		for name, err := range map[string]error{"by hash": byHash, "by id": byID, "again": s.APIKeys.DeleteAPIKey(ctx, account, "key_0001")} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		if p, err := s.APIKeys.APIKeys(ctx, account, page.Query{}); err != nil || len(p.Items) != 1 {
			t.Errorf("left are %v, %v", p, err)
		}
	})
}

func aMember(n int, role accounts.Role) member.Member {
	return member.Member{
		ID: fmt.Sprintf("mem_%04d", n), Account: account, Subject: fmt.Sprintf("subject-%d", n), Email: fmt.Sprintf("p%d@example.com", n), Role: role,
		CreatedAt: at(n), CreatedBy: "owner",
	}
}

func testMembers(t *testing.T, open func(testing.TB) Stores) {
	s, ctx := open(t), t.Context()
	must(t, s.Members.CreateMember(ctx, aMember(1, accounts.Owner)), s.Members.CreateMember(ctx, aMember(2, accounts.Viewer)))
	t.Run("Found", func(t *testing.T) {
		for _, by := range [][2]string{{"subject-1", ""}, {"", "p1@example.com"}, {"subject-1", "p2@example.com"}, {"unknown", "p1@example.com"}} {
			got, err := s.Members.MemberBy(ctx, account, by[0], by[1])
			must(t, err)
			if diff := cmp.Diff(aMember(1, accounts.Owner), got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", by, diff)
			}
		}
		for _, by := range [][3]string{{stranger, "subject-1", "p1@example.com"}, {account, "p1@example.com", "subject-1"}, {account, "", ""}} {
			_, err := s.Members.MemberBy(ctx, by[0], by[1], by[2])
			wantFault(t, fault.NotFound, err)
		}
		if p, err := s.Members.Members(ctx, account, page.Query{}); err != nil || len(p.Items) != 2 || p.Items[1].ID != "mem_0002" {
			t.Errorf("members = %v, %v", p, err)
		}
	})
	t.Run("ErrTaken", func(t *testing.T) {
		for _, change := range []func(*member.Member){func(m *member.Member) { m.Subject = "subject-1" }, func(m *member.Member) { m.Email = "p1@example.com" }} {
			m := aMember(9, accounts.Viewer)
			change(&m)
			wantFault(t, fault.Conflict, s.Members.CreateMember(ctx, m))
		}
	})
	t.Run("LastOwner", func(t *testing.T) {
		wantFault(t, fault.Conflict, s.Members.SetRole(ctx, aMember(1, accounts.Owner), accounts.Admin))
		wantFault(t, fault.Conflict, s.Members.DeleteMember(ctx, account, "mem_0001"))
		must(t, s.Members.SetRole(ctx, aMember(2, accounts.Viewer), accounts.Owner))
		wantFault(t, fault.Conflict, s.Members.SetRole(ctx, aMember(2, accounts.Viewer), accounts.Admin)) // it is no viewer any more
		must(t, s.Members.SetRole(ctx, aMember(1, accounts.Owner), accounts.Admin))
		wantFault(t, fault.Conflict, s.Members.DeleteMember(ctx, account, "mem_0002"))
		must(t, s.Members.DeleteMember(ctx, account, "mem_0001"))
	})
	t.Run("Gone", func(t *testing.T) {
		_, err := s.Members.Member(ctx, account, "mem_0001")
		wantFault(t, fault.NotFound, err)
		_, err = s.Members.MemberBy(ctx, account, "subject-1", "p1@example.com")
		wantFault(t, fault.NotFound, err)
		wantFault(t, fault.NotFound, s.Members.DeleteMember(ctx, stranger, "mem_0002"))
		wantFault(t, fault.NotFound, s.Members.SetRole(ctx, aMember(1, accounts.Admin), accounts.Viewer))
		must(t, s.Members.CreateMember(ctx, aMember(1, accounts.Viewer))) // who was removed can come again
	})
}

// testAudit holds that a change and what it leaves in the audit are made together.
func testAudit(t *testing.T, open func(testing.TB) Stores) {
	s, ctx := open(t), t.Context()
	p := accounts.Principal{Account: account, Actor: "user:ada"}
	must(t, s.Agents.CreateAgent(audit.With(ctx, p, audit.CreateAgent, "agt_0001"), anAgent(1)))
	must(t, s.Credentials.CreateCredential(audit.With(ctx, p, audit.CreateCredential, aCredential(1).ID), aCredential(1), aSealed(1)))
	link := audit.With(ctx, accounts.Principal{Account: account, Actor: "key:k"}, audit.LinkCredential, aCredential(1).ID)
	must(t, s.Credentials.Link(link, account, anAgent(1).ID, aCredential(1).ID, at(1)))
	// What changes nothing, or fails, leaves nothing behind.
	must(t, s.Credentials.Link(link, account, anAgent(1).ID, aCredential(1).ID, at(2)))
	wantFault(t, fault.Conflict, s.Agents.CreateAgent(audit.With(ctx, p, audit.CreateAgent, "agt_0001"), anAgent(1)))
	wantFault(t, fault.NotFound, s.Credentials.DeleteCredential(audit.With(ctx, p, audit.DeleteCredential, "cred_none"), account, "cred_none"))

	entries := func(t *testing.T, account string, f audit.Filter) (actions []string) {
		t.Helper()
		for q := (page.Query{Limit: 2}); ; {
			found, err := s.Audit.Audit(ctx, account, f, q)
			must(t, err)
			for _, e := range found.Items {
				actions = append(actions, e.Actor+" "+string(e.Action))
			}
			if q.Cursor = found.Next; q.Cursor == "" {
				return actions
			}
		}
	}
	for _, c := range []struct {
		name, account string
		filter        audit.Filter
		want          []string
	}{
		{"All", account, audit.Filter{}, []string{"key:k credential.link", "user:ada credential.create", "user:ada agent.create"}},
		{"Resource", account, audit.Filter{Resource: aCredential(1).ID}, []string{"key:k credential.link", "user:ada credential.create"}},
		{"Actor", account, audit.Filter{Actor: "user:ada"}, []string{"user:ada credential.create", "user:ada agent.create"}},
		{"Both", account, audit.Filter{Resource: aCredential(1).ID, Actor: "key:k"}, []string{"key:k credential.link"}},
		{"ResourceOfNobody", account, audit.Filter{Resource: "cred"}, nil},
		{"Stranger", stranger, audit.Filter{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, entries(t, c.account, c.filter)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("AtOnce", func(t *testing.T) {
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for n := range errs {
			wait.Go(func() {
				errs[n] = s.Audit.Note(audit.With(audit.With(ctx, p, audit.VerifyCredential, "cred_1"), p, audit.VerifyCredential, "cred_2"))
			})
		}
		wait.Wait()
		must(t, errs...)
		if got := entries(t, account, audit.Filter{Resource: "cred_2"}); len(got) != len(errs) {
			t.Errorf("%d entries, want %d", len(got), len(errs))
		}
	})
	t.Run("Chains", func(t *testing.T) {
		v := &audit.Verifier{}
		must(t, s.Audit.AuditChains(ctx, account, audit.Place{}, v.Next))
		if v.Rows != 3+16 {
			t.Errorf("%d entries, want 19", v.Rows)
		}
		stop := errors.New("enough")
		if err := s.Audit.AuditChains(ctx, account, audit.Place{}, func(audit.Entry) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a reader that has enough gets %v", err)
		}
		// In parts, they are the same: nothing is left out, and nothing comes twice.
		var whole, parts []audit.Entry
		must(t, s.Audit.AuditChains(ctx, account, audit.Place{}, func(e audit.Entry) error {
			whole = append(whole, e)
			return nil
		}))
		for after, more := (audit.Place{}), true; more; {
			n := 0
			err := s.Audit.AuditChains(ctx, account, after, func(e audit.Entry) error {
				if n++; n > 2 {
					return stop
				}
				parts, after = append(parts, e), audit.Place{Chain: e.Chain, Sequence: e.Sequence}
				return nil
			})
			if more = errors.Is(err, stop); !more {
				must(t, err)
			}
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Errorf("in parts (+) it is other than as a whole (-):\n%s", diff)
		}
	})
}

// testOpenings holds that every opening of a credential by a task is in the audit once
// its execution has ended: with the execution and the node, and each once.
func testOpenings(t *testing.T, open func(testing.TB) Stores) {
	s, ctx := open(t), t.Context()
	opened := func(n int) task.Record {
		r := aRecord(task.Begun)
		r.Openings = []task.Opening{{Credential: "cred_9", Agent: "agt_1", Workflow: "wf_1", At: at(n)}}
		return r
	}
	begin := func(k task.Key, r task.Record) task.Record {
		t.Helper()
		stored, _, err := s.Records.Begin(ctx, k, r)
		must(t, err)
		r.Openings = append(stored.Openings, r.Openings...)
		return r
	}
	settle := func(k task.Key, r task.Record, state task.RecordState) {
		t.Helper()
		r.State = state
		must(t, s.Records.Put(ctx, k, r))
	}
	found := func() (nodes []string) {
		t.Helper()
		err := s.Audit.AuditChains(ctx, account, audit.Place{}, func(e audit.Entry) error {
			if e.Action != audit.OpenCredential || e.Resource != "cred_9" || e.Execution != anExecution(1).ID || e.Agent != "agt_1" {
				t.Errorf("entry = %+v", e)
			}
			nodes = append(nodes, e.Actor+" "+e.Node+e.Iteration)
			return nil
		})
		must(t, err)
		return nodes
	}
	x := anExecution(1)
	x.Opened, x.StartedBy, x.Agent = "cred_9", "trigger:wf_1", "agt_1"
	start(t, s, x)
	one := begin(aKey("a"), opened(3))
	settle(aKey("a"), one, task.Released)
	settle(aKey("a"), begin(aKey("a"), opened(4)), task.Done)
	begin(aKey("a"), opened(5)) // it is done: nothing is written
	known, err := s.Records.Record(ctx, aKey("a"))
	must(t, err)
	known.Openings, known.Reopened = append(known.Openings, opened(5).Openings...), true
	must(t, s.Records.Put(ctx, aKey("a"), known)) // but that
	loop := aKey("b")
	for n := range 70 { // more than DynamoDB has room for in a transaction
		loop.Iteration = fmt.Sprint(n)
		settle(loop, begin(loop, opened(6+n)), task.Done)
	}
	without := aRecord(task.Begun)
	settle(aKey("c"), begin(aKey("c"), without), task.Done)
	must(t, s.Executions.FinishExecution(ctx, ended(x, execution.Failed)))
	want := []string{"trigger:wf_1 ", "workflow:wf_1 a0.12", "workflow:wf_1 a0.12", "workflow:wf_1 a0.12"}
	for n := range 70 {
		want = append(want, fmt.Sprintf("workflow:wf_1 b%d", n))
	}
	if diff := cmp.Diff(want, found()); diff != "" {
		t.Errorf("what was opened (-want +got):\n%s", diff)
	}
	_, err = s.Executions.ReopenExecution(ctx, account, x.ID, anEvent(1))
	must(t, err)
	settle(aKey("d"), begin(aKey("d"), opened(200)), task.Done)
	must(t, s.Executions.FinishExecution(ctx, ended(x, execution.Succeeded)))
	if diff := cmp.Diff(append(want, "workflow:wf_1 d0.12"), found()); diff != "" {
		t.Errorf("what was opened after it was redriven (-want +got):\n%s", diff)
	}
	must(t, s.Audit.AuditChains(ctx, account, audit.Place{}, (&audit.Verifier{}).Next))
}

// testAwaitedOpenings is testOpenings for an execution that a store may write later.
func testAwaitedOpenings(t *testing.T, open func(testing.TB) Stores) {
	s, ctx := open(t), t.Context()
	x := anExecution(1)
	x.IdempotencyKey, x.Express, x.Awaited = "", true, true
	start(t, s, x)
	r := aRecord(task.Begun)
	r.Openings = []task.Opening{{Credential: "cred_9", Agent: "agt_1", Workflow: "wf_1", At: at(3)}}
	for _, node := range []string{"a", "b"} {
		_, _, err := s.Records.Begin(ctx, aKey(node), r)
		must(t, err)
		done := r
		done.State = task.Done
		must(t, s.Records.Put(ctx, aKey(node), done))
	}
	must(t, s.Executions.FinishExecution(ctx, ended(x, execution.Succeeded)))
	v := &audit.Verifier{}
	must(t, s.Audit.AuditChains(ctx, account, audit.Place{}, v.Next))
	if v.Rows != 2 {
		t.Errorf("%d entries, want 2", v.Rows)
	}
}
