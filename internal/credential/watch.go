package credential

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/page"
)

// Watcher asks services now and then whether stored credentials still work, so that a
// failing one is known of before a workflow needs it. What it finds stands in the
// credential's condition, and in the log with the workflows that it breaks.
type Watcher struct {
	Service *Service
	Every   time.Duration // how old a verification may be
}

// Look verifies the credentials of an account that are due: those whose last
// verification, or failure, is about Every ago. Each has a moment of its own within the
// last quarter of that time, so that they do not all come at once. It returns how many
// it asked about, and how many of these are refused.
func (w *Watcher) Look(ctx context.Context, p account.Principal) (asked, refused int, err error) {
	for q := (page.Query{Limit: page.MaxLimit}); ; {
		list, err := w.Service.Repository.Credentials(ctx, p.Account, Filter{}, q)
		if err != nil {
			return asked, refused, fmt.Errorf("listing credentials: %w", err)
		}
		for _, c := range list.Items {
			if err := w.Service.auditRenewals(ctx, c); err != nil {
				return asked, refused, err
			}
			if _, ok := w.Service.verifiedBy(c.Type); !ok || c.Unchecked || !w.due(c) {
				continue
			}
			v, err := w.Service.VerifyStored(ctx, p, c.ID)
			if ctx.Err() != nil {
				return asked, refused, ctx.Err()
			}
			asked++
			if err != nil {
				w.Service.Log.WarnContext(ctx, "a credential could not be checked", "account", p.Account, "credential", c.ID, "error", err)
				continue
			}
			if v.Refused {
				refused++
				w.tell(ctx, p, c, v)
			}
		}
		if q.Cursor = list.Next; q.Cursor == "" {
			return asked, refused, nil
		}
	}
}

// LookAll looks at several accounts. What goes wrong with one does not keep the others
// from being looked at; what there is no time for is due the next time. It begins anywhere,
// so that where there is never time enough for all, each has its turn in the end.
func (w *Watcher) LookAll(ctx context.Context, accounts []string) (asked, refused int, err error) {
	if len(accounts) == 0 {
		return 0, 0, nil
	}
	var failures []error
	first := rand.IntN(len(accounts)) //nolint:gosec // anywhere is no secret
	for _, id := range slices.Concat(accounts[first:], accounts[:first]) {
		n, bad, err := w.Look(ctx, account.Principal{Account: id, Actor: "system"})
		asked, refused = asked+n, refused+bad
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("account %s: %w", id, err))
		}
	}
	return asked, refused, errors.Join(failures...)
}

func (w *Watcher) due(c Credential) bool {
	last := c.CreatedAt
	for _, at := range []time.Time{c.VerifiedAt, c.Condition.At} {
		if at.After(last) {
			last = at
		}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.ID)) // never fails
	earlier := w.Every / 4 * time.Duration(h.Sum32()%1000) / 1000
	return w.Service.Now().Sub(last) >= w.Every-earlier
}

// tell says in the log what a failing credential breaks.
func (w *Watcher) tell(ctx context.Context, p account.Principal, c Credential, v Verification) {
	uses, err := w.Service.Usage.UsingCredential(ctx, p, c.ID)
	if err != nil {
		w.Service.Log.WarnContext(ctx, "finding what a failing credential breaks", "account", p.Account, "credential", c.ID, "error", err)
	}
	var workflows []string
	for _, use := range uses {
		workflows = append(workflows, use.ID)
	}
	w.Service.Log.WarnContext(ctx, "a credential is refused", "account", p.Account, "credential", c.ID, "type", c.Type,
		"detail", v.Detail, "workflows", workflows)
}

// Problem is a credential that does not work, and what that breaks.
type Problem struct {
	Credential Credential
	Workflows  []Use
	Agents     []string // ids of those that it is linked to
}

// Problems looks at a page of the account's credentials and gives those that do not
// work. A page may have fewer than asked for, even none, and still a next one.
func (s *Service) Problems(ctx context.Context, p account.Principal, q page.Query) (page.Of[Problem], error) {
	var found page.Of[Problem]
	credentials, err := s.Repository.Credentials(ctx, p.Account, Filter{}, q)
	if err != nil {
		return found, fmt.Errorf("listing credentials: %w", err)
	}
	found.Next = credentials.Next
	for _, c := range credentials.Items {
		if c.Condition.Status == OK {
			continue
		}
		problem := Problem{Credential: c}
		if problem.Workflows, err = s.Breaks(ctx, p, c); err != nil {
			return found, fmt.Errorf("finding what a credential breaks: %w", err)
		}
		if problem.Agents, err = s.Repository.LinkedAgents(ctx, p.Account, c.ID); err != nil {
			return found, fmt.Errorf("finding linked agents: %w", err)
		}
		found.Items = append(found.Items, problem)
	}
	return found, nil
}

// Breaks lists the workflows that a credential breaks: those that name it, while it
// does not work. Who is there for one agent sees that one's.
func (s *Service) Breaks(ctx context.Context, p account.Principal, c Credential) ([]Use, error) {
	if c.Condition.Status == OK || s.Usage == nil {
		return nil, nil
	}
	return s.Usage.UsingCredential(ctx, p, c.ID)
}
