package reseal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/fault"
	"switchboard/internal/reseal"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

// sealsAllAnew: credentials of several accounts, and the secret of the deployment's own
// app; what is sealed under the key already is left alone, and the second time there is
// nothing to do.
func sealsAllAnew(t *testing.T, w *world) {
	t.Helper()
	var places []vault.Place
	for n := range 2*reseal.PortionSize + 4 {
		places = append(places, placeOf(fmt.Sprintf("cred_%02d", n)))
	}
	places = append(places, vault.Place{Account: "acc_2", Credential: "cred_other", CredentialType: bellType}, task.AppPlace(bellType))
	w.create(t, w.before, places...)
	w.create(t, w.now, placeOf("cred_fresh"))

	all := len(places) + 1
	wantProgress(t, w.pass(t), reseal.Running, counts{all, all, all - 1, 0, 0})
	var ids []string
	for _, at := range places {
		ids = append(ids, at.Credential)
		w.wantOpens(t, at, w.stored(t, at), canary)
	}
	slices.Sort(ids)
	if asked := w.functions.taken(); !slices.Equal(asked, ids) {
		t.Errorf("functions were asked for %v, want %v", asked, ids)
	}
	if c, err := w.Credential(t.Context(), account, "cred_00"); err != nil || c.Condition.Detail != "Refused." || c.Revision != 1 {
		t.Errorf("the credential is %+v, %v; want it as it was", c, err)
	}

	wantProgress(t, w.pass(t), reseal.Done, counts{all, all, 0, 0, 0})
	if asked := w.functions.taken(); len(asked) > 0 {
		t.Errorf("functions were asked again for %v", asked)
	}
	w.wantAudited(t, "cred_00", 1)
	w.wantAudited(t, "cred_fresh", 0)
	if text := w.log.String(); strings.Contains(text, canary) {
		t.Errorf("the log shows a secret:\n%s", text)
	}
}

// sealsLinksAnew: those of approvals that wait, which the function opens itself; what
// was answered meanwhile stays as it is.
func sealsLinksAnew(t *testing.T, w *world) {
	t.Helper()
	waits, answered, over := w.asks(t, "waits"), w.asks(t, "answered"), w.asks(t, "over")
	answer := func(a approval.Approval) error {
		a.State = approval.Approved
		return w.UpdateApproval(t.Context(), a, approval.Waiting)
	}
	if err := answer(over); err != nil {
		t.Fatal(err)
	}
	during := func(at vault.Place) error {
		if at.Credential == answered.ID {
			return answer(answered)
		}
		return nil
	}
	r := w.process()
	r.Kind, r.Functions = reseal.Links, here{reseal.Here{Opener: w.functions.opener, Sealer: w.functions.sealer}, during}
	for _, want := range []struct {
		reseal.State
		counts
	}{{reseal.Running, counts{2, 2, 2, 0, 0}}, {reseal.Done, counts{1, 1, 0, 0, 0}}} {
		p, err := r.Continue(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		wantProgress(t, p, want.State, want.counts)
	}
	approvals, err := w.ApprovalsOf(t.Context(), account, "waits")
	if err != nil || len(approvals) != 1 || approvals[0].State != approval.Waiting {
		t.Fatalf("approvals %+v, %v", approvals, err)
	}
	w.wantOpens(t, vault.Place{Account: account, Credential: waits.ID, CredentialType: approval.CredentialType}, approvals[0].Token, canary)
	if approvals, err = w.ApprovalsOf(t.Context(), account, "answered"); err != nil || len(approvals) != 1 || approvals[0].State != approval.Approved {
		t.Errorf("approvals %+v, %v; want the answer", approvals, err)
	}
	if p, err := w.ResealProgress(t.Context(), reseal.Credentials); err != nil || p.State != "" {
		t.Errorf("the credentials' progress is %+v, %v", p, err)
	}
}

// goesOnWhereItWas: what is cut off is carried on by the next invocation behind what
// was done, and nothing is opened twice.
func goesOnWhereItWas(t *testing.T, w *world) {
	t.Helper()
	var places []vault.Place
	for n := range 3 * reseal.PortionSize {
		places = append(places, placeOf(fmt.Sprintf("cred_%02d", n)))
	}
	w.create(t, w.before, places...)
	ctx, end := context.WithCancel(t.Context())
	var mu sync.Mutex
	asked := 0
	w.functions.during = func(vault.Place) error {
		mu.Lock()
		defer mu.Unlock()
		if asked++; asked == len(places)/2 {
			end()
		}
		return nil
	}
	p, err := w.process().Continue(ctx, false)
	if err != nil || p.State != reseal.Running || !p.EndedAt.IsZero() || p.Secrets == 0 || p.Secrets >= len(places) {
		t.Fatalf("Continue = %+v, %v; want it cut off half way", p, err)
	}
	before := w.functions.taken()
	var left []string
	for _, at := range places {
		if w.stored(t, at).KeyID == w.former {
			left = append(left, at.Credential)
		}
	}
	if len(left) == 0 {
		t.Fatal("nothing was left to do")
	}
	w.functions.during = nil
	if p = w.pass(t); p.Secrets != len(places) || p.Resealed != len(places) || p.Left != 0 {
		t.Errorf("progress %+v", p)
	}
	after := w.functions.taken()
	slices.Sort(left)
	if !slices.Equal(after, left) {
		t.Errorf("then functions were asked for %v, want %v", after, left)
	}
	if len(before) == 0 {
		t.Error("functions were asked for nothing before")
	}
	for _, at := range places {
		w.wantOpens(t, at, w.stored(t, at), canary)
	}
	wantProgress(t, w.pass(t), reseal.Done, counts{len(places), len(places), 0, 0, 0})
	if asked := w.functions.taken(); len(asked) > 0 {
		t.Errorf("functions were asked again for %v", asked)
	}
	w.wantAudited(t, "cred_00", 1)
}

// othersWin: what is stored while a function has the secret stays: what the user
// entered, and the data that somebody is renewing.
func othersWin(t *testing.T, w *world) {
	t.Helper()
	edited, renewed, deleted, plain := placeOf("cred_edited"), placeOf("cred_renewed"), placeOf("cred_deleted"), placeOf("cred_plain")
	w.create(t, w.before, edited, renewed, deleted, plain)
	old := w.stored(t, renewed)
	until := w.clock.Add(time.Minute)
	w.functions.during = func(at vault.Place) error {
		switch at {
		case edited:
			c, err := w.Credential(t.Context(), account, at.Credential)
			if err != nil {
				return err
			}
			fresh := seal(t, w.now, at, "entered")
			return w.UpdateCredential(t.Context(), c, &fresh)
		case renewed:
			claimed, err := w.Claim(t.Context(), at, old, w.clock, until)
			if err == nil && !claimed {
				err = errors.New("it cannot be claimed")
			}
			return err
		case deleted:
			return w.DeleteCredential(t.Context(), account, at.Credential)
		}
		return nil
	}
	wantProgress(t, w.pass(t), reseal.Running, counts{4, 1, 1, 3, 0})
	w.functions.during = nil
	w.wantOpens(t, edited, w.stored(t, edited), "entered")
	w.wantOpens(t, plain, w.stored(t, plain), canary)
	w.wantAudited(t, edited.Credential, 0)
	if err := w.Renew(t.Context(), renewed, old, seal(t, w.before, renewed, "renewed")); err != nil {
		t.Fatalf("the renewed grant was not stored: %v", err)
	}
	wantProgress(t, w.pass(t), reseal.Running, counts{3, 3, 1, 0, 0})
	w.wantOpens(t, renewed, w.stored(t, renewed), "renewed")
	wantProgress(t, w.pass(t), reseal.Done, counts{3, 3, 0, 0, 0})
}

// tellsOfWhatFails: a secret that was tampered with, and a function that does not
// answer, are told of, and do not keep the others from being sealed anew.
func tellsOfWhatFails(t *testing.T, w *world) {
	t.Helper()
	tampered, slow, plain := placeOf("cred_tampered"), placeOf("cred_slow"), placeOf("cred_plain")
	w.create(t, w.before, tampered, slow, plain)
	broken := w.stored(t, tampered)
	fresh := broken
	fresh.Ciphertext = bytes.Clone(broken.Ciphertext)
	fresh.Ciphertext[0] ^= 1
	if err := w.Renew(t.Context(), tampered, broken, fresh); err != nil {
		t.Fatal(err)
	}
	w.functions.during = func(at vault.Place) error {
		if at == slow {
			return fault.New(fault.Unavailable, "The connector did not answer in time.")
		}
		return nil
	}
	p := w.pass(t)
	wantProgress(t, p, reseal.Running, counts{3, 1, 1, 1, 1})
	slices.SortFunc(p.Failures, func(a, b reseal.Failure) int { return strings.Compare(a.Credential, b.Credential) })
	if len(p.Failures) != 2 || p.Failures[0].Credential != slow.Credential || p.Failures[0].Code != fault.Unavailable ||
		p.Failures[1].Credential != tampered.Credential || p.Failures[1].Code != fault.CredentialUnreadable || p.Failures[1].Message == "" {
		t.Errorf("failures %+v", p.Failures)
	}
	w.wantOpens(t, plain, w.stored(t, plain), canary)
	if !strings.Contains(w.log.String(), tampered.Credential) || strings.Contains(w.log.String(), canary) {
		t.Errorf("the log:\n%s", w.log.String())
	}
	w.functions.during = nil
	wantProgress(t, w.pass(t), reseal.Running, counts{3, 2, 1, 0, 1})
	wantProgress(t, w.pass(t), reseal.Done, counts{3, 2, 0, 0, 1})
	w.wantAudited(t, tampered.Credential, 0)
	w.wantAudited(t, slow.Credential, 1)
	if got := w.stored(t, tampered); !bytes.Equal(got.Ciphertext, fresh.Ciphertext) {
		t.Error("what does not open was changed")
	}
}

// functionsOfTheFormerKey: what a function seals that was not deployed yet is not
// stored, for it would never be done.
func functionsOfTheFormerKey(t *testing.T, w *world) {
	t.Helper()
	w.create(t, w.before, placeOf("cred_1"))
	was := w.stored(t, placeOf("cred_1"))
	sealer := w.functions.sealer
	w.functions.sealer = w.before
	wantProgress(t, w.pass(t), reseal.Running, counts{1, 0, 0, 1, 0})
	if got := w.stored(t, placeOf("cred_1")); !bytes.Equal(got.Nonce, was.Nonce) {
		t.Error("it was stored, sealed under the former key again")
	}
	w.functions.sealer = sealer
	wantProgress(t, w.pass(t), reseal.Running, counts{1, 1, 1, 0, 0})
}

// believesItself: what is done stays so for an hour, unless it is told to look
// again, or there is yet another key.
func believesItself(t *testing.T, w *world) {
	t.Helper()
	done := w.pass(t)
	wantProgress(t, done, reseal.Done, counts{})
	w.create(t, w.before, placeOf("cred_late"))
	w.clock = w.clock.Add(time.Minute)
	if p := w.pass(t); !p.BeganAt.Equal(done.BeganAt) || w.stored(t, placeOf("cred_late")).KeyID != w.former {
		t.Errorf("it looked again: %+v", p)
	}
	p, err := w.process().Continue(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	wantProgress(t, p, reseal.Running, counts{1, 1, 1, 0, 0})
	wantProgress(t, w.pass(t), reseal.Done, counts{1, 1, 0, 0, 0})

	w.create(t, w.before, placeOf("cred_later"))
	w.clock = w.clock.Add(time.Hour)
	wantProgress(t, w.pass(t), reseal.Running, counts{2, 2, 1, 0, 0})
	wantProgress(t, w.pass(t), reseal.Done, counts{2, 2, 0, 0, 0})
	w.present = w.former
	w.functions.sealer = w.before
	wantProgress(t, w.pass(t), reseal.Running, counts{2, 2, 2, 0, 0})
}

// findsFirst: as long as not all is found, no pass begins that would say that all is done.
func findsFirst(t *testing.T, w *world) {
	t.Helper()
	w.create(t, w.before, placeOf("cred_1"))
	r, found := w.process(), false
	r.Find = func(context.Context) (bool, error) { return found, nil }
	p, err := r.Continue(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	wantProgress(t, p, reseal.Running, counts{})
	found = true
	if p, err = r.Continue(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	wantProgress(t, p, reseal.Running, counts{1, 1, 1, 0, 0})

	broken := errors.New("broken")
	r.Find = func(context.Context) (bool, error) { return false, broken }
	if _, err = r.Continue(t.Context(), true); !errors.Is(err, broken) {
		t.Errorf("Continue fails with %v, want why it could not find", err)
	}
}

// twoAtOnce: of two that go on with a pass at the same time, one stops.
func twoAtOnce(t *testing.T, w *world) {
	t.Helper()
	w.create(t, w.before, placeOf("cred_1"))
	w.functions.during = func(vault.Place) error {
		w.functions.during = nil
		_, err := w.process().Continue(t.Context(), false)
		return err
	}
	p, err := w.process().Continue(t.Context(), false)
	if err != nil || !p.EndedAt.IsZero() {
		t.Errorf("Continue = %+v, %v; want it to leave the pass to the other", p, err)
	}
	w.wantOpens(t, placeOf("cred_1"), w.stored(t, placeOf("cred_1")), canary)
	w.wantAudited(t, "cred_1", 1)
	kept, err := w.ResealProgress(t.Context(), reseal.Credentials)
	if err != nil {
		t.Fatal(err)
	}
	wantProgress(t, kept, reseal.Running, counts{1, 1, 1, 0, 0})
}
