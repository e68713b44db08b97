package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func anApproval(n int) approval.Approval {
	return approval.Approval{
		ID: idOf("apr", n), Account: account, Agent: idOf("agt", 1), Workflow: idOf("wf", 1), WorkflowName: "Pay <bills>",
		Execution: idOf("exe", 1), Node: "ask", Iteration: fmt.Sprintf("0.%d", n), Message: "Pay 12 €?\n<now>", State: approval.Waiting,
		AskedAt: at(n), ExpiresAt: at(n + 60), TokenHash: hashOf(n), Token: aSealed(n), TaskToken: fmt.Sprintf("task #%d", n),
	}
}

// hashOf is that of the n-th token.
func hashOf(n int) string {
	sum := sha256.Sum256([]byte{byte(n)})
	return hex.EncodeToString(sum[:])
}

func create(t testing.TB, s Stores, a approval.Approval) {
	t.Helper()
	if _, created, err := s.Approvals.CreateApproval(t.Context(), a); err != nil || !created {
		t.Fatalf("creating %s: created %v, %v", a.ID, created, err)
	}
}

func decided(a approval.Approval, state approval.State) approval.Approval {
	a.State, a.AnsweredAt, a.AnsweredBy, a.Comment, a.Delivered = state, at(30), "owner", "Fine <by> me", true
	return a
}

func testApprovals(t *testing.T, open func(testing.TB) Stores) {
	t.Run("Create", func(t *testing.T) {
		s := open(t)
		a := anApproval(1)
		stored, created, err := s.Approvals.CreateApproval(t.Context(), a)
		want(t, a, stored, err)
		want(t, true, created, nil)
		got, err := s.Approvals.ApprovalByToken(t.Context(), a.TokenHash)
		want(t, a, got, err)
	})
	t.Run("CreateAgainGivesTheFirst", func(t *testing.T) {
		s := open(t)
		first := anApproval(1)
		create(t, s, first)
		second := anApproval(2)
		second.Iteration = first.Iteration
		stored, created, err := s.Approvals.CreateApproval(t.Context(), second)
		want(t, first, stored, err)
		want(t, false, created, nil)
		_, err = s.Approvals.ApprovalByToken(t.Context(), second.TokenHash)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Update", func(t *testing.T) {
		s := open(t)
		a := anApproval(1)
		create(t, s, a)
		a = decided(a, approval.Rejected)
		must(t, s.Approvals.UpdateApproval(t.Context(), a, approval.Waiting))
		got, err := s.Approvals.ApprovalByToken(t.Context(), a.TokenHash)
		want(t, a, got, err)
	})
	t.Run("UpdateErrConflict", func(t *testing.T) {
		s := open(t)
		a := anApproval(1)
		create(t, s, a)
		must(t, s.Approvals.UpdateApproval(t.Context(), decided(a, approval.Approved), approval.Waiting))
		wantFault(t, fault.Conflict, s.Approvals.UpdateApproval(t.Context(), decided(a, approval.Rejected), approval.Waiting))
		got, err := s.Approvals.ApprovalByToken(t.Context(), a.TokenHash)
		want(t, decided(a, approval.Approved), got, err)
	})
	t.Run("OneOfManyAnswersCounts", func(t *testing.T) {
		s := open(t)
		a := anApproval(1)
		create(t, s, a)
		var answers sync.WaitGroup
		counted := make(chan approval.State, 10)
		for n := range 10 {
			answers.Go(func() {
				state := []approval.State{approval.Approved, approval.Rejected}[n%2]
				if s.Approvals.UpdateApproval(t.Context(), decided(a, state), approval.Waiting) == nil {
					counted <- state
				}
			})
		}
		answers.Wait()
		if len(counted) != 1 {
			t.Fatalf("%d answers counted", len(counted))
		}
		got, err := s.Approvals.ApprovalByToken(t.Context(), a.TokenHash)
		want(t, <-counted, got.State, err)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		s := open(t)
		create(t, s, anApproval(1))
		for _, hash := range []string{hashOf(2), "", "x"} {
			_, err := s.Approvals.ApprovalByToken(t.Context(), hash)
			wantFault(t, fault.NotFound, err)
		}
		wantFault(t, fault.NotFound, s.Approvals.UpdateApproval(t.Context(), anApproval(2), approval.Waiting))
		theirs := anApproval(1)
		theirs.Account = stranger
		wantFault(t, fault.NotFound, s.Approvals.UpdateApproval(t.Context(), theirs, approval.Waiting))
	})
	t.Run("ApprovalsOf", func(t *testing.T) {
		s := open(t)
		var wanted []approval.Approval
		for n := range 3 {
			a := anApproval(n)
			create(t, s, a)
			wanted = append(wanted, a)
		}
		other := anApproval(4)
		other.Execution += "0"
		create(t, s, other)
		got, err := s.Approvals.ApprovalsOf(t.Context(), account, idOf("exe", 1))
		want(t, wanted, got, err)
		got, err = s.Approvals.ApprovalsOf(t.Context(), stranger, idOf("exe", 1))
		want(t, 0, len(got), err)
	})
	t.Run("List", func(t *testing.T) { testApprovalLists(t, open(t)) })
	t.Run("AreThereFor30Days", func(t *testing.T) {
		s := open(t)
		if s.Advance == nil {
			t.Skip("the store's clock cannot be moved")
		}
		create(t, s, anApproval(1))
		s.Advance(29 * 24 * time.Hour)
		_, err := s.Approvals.ApprovalByToken(t.Context(), hashOf(1))
		must(t, err)
	})
}

func testApprovalLists(t *testing.T, s Stores) {
	var waiting, all, ofAgent []string
	for n := 6; n > 0; n-- {
		a := anApproval(n)
		if n%3 == 0 {
			a.Agent = idOf("agt", 2)
			ofAgent = append(ofAgent, a.ID)
		}
		create(t, s, a)
		all = append(all, a.ID)
		if n%2 == 0 {
			must(t, s.Approvals.UpdateApproval(t.Context(), decided(a, approval.Approved), approval.Waiting))
		} else {
			waiting = append(waiting, a.ID)
		}
	}
	for name, c := range map[string]struct {
		account string
		filter  approval.Filter
		want    []string
	}{
		"All":            {account, approval.Filter{}, all},
		"Waiting":        {account, approval.Filter{State: approval.Waiting}, waiting},
		"OfAnAgent":      {account, approval.Filter{Agent: idOf("agt", 2)}, ofAgent},
		"WaitingOfAgent": {account, approval.Filter{Agent: idOf("agt", 2), State: approval.Waiting}, []string{idOf("apr", 3)}},
		"OfAStranger":    {stranger, approval.Filter{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 50} {
				var got []string
				for _, a := range approvalsIn(t, size, s, c.account, c.filter) {
					got = append(got, a.ID)
				}
				want(t, c.want, got, nil)
			}
		})
	}
}

func approvalsIn(t *testing.T, size int, s Stores, accountID string, f approval.Filter) []approval.Approval {
	t.Helper()
	return all(t, size, func(q page.Query) (page.Of[approval.Approval], error) {
		return s.Approvals.Approvals(t.Context(), accountID, f, q)
	})
}
