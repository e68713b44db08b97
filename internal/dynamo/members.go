package dynamo

import (
	"context"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/page"
)

type memberItem struct {
	ID        string       `dynamodbav:"id"`
	Account   string       `dynamodbav:"account"`
	Subject   string       `dynamodbav:"subject,omitempty"`
	Email     string       `dynamodbav:"email,omitempty"`
	Role      account.Role `dynamodbav:"role"`
	CreatedAt time.Time    `dynamodbav:"created_at"`
	CreatedBy string       `dynamodbav:"created_by"`
}

func noMember(id string) *fault.Error { return fault.NotFoundf("There is no member %s.", id) }

// memberNames are the keys by which a member is found, the subject's first.
func memberNames(m member.Member) (names []key) {
	if m.Subject != "" {
		names = append(names, memberNameKey(m.Account, "subject", m.Subject))
	}
	if m.Email != "" {
		names = append(names, memberNameKey(m.Account, "email", m.Email))
	}
	return names
}

// countOwners keeps how many of an account's members own it, which never becomes none
// again.
func countOwners(account string, by int) write {
	w := write{key: ownersKey(account), update: "ADD #owners :by", values: values{":by": by}}
	if by < 0 {
		w.when, w.values[":one"], w.fails = "#owners > :one", 1, otherwise(member.LastOwner())
	}
	return w
}

// CreateMember implements member.Repository.
func (s *Store) CreateMember(ctx context.Context, m member.Member) error {
	known := fault.New(fault.Conflict, "The account has a member with this subject or e-mail address already.")
	writes := []write{{key: memberKey(m.Account, m.ID), put: memberItem(m), when: notExists, fails: otherwise(taken(m.ID))}}
	for _, name := range memberNames(m) {
		writes = append(writes, write{key: name, put: mark{m.Account, m.ID}, when: notExists, fails: otherwise(known)})
	}
	if m.Role == account.Owner {
		writes = append(writes, countOwners(m.Account, 1))
	}
	return doing(s.transact(ctx, writes...), "adding member %s", m.ID)
}

// Member implements member.Repository.
func (s *Store) Member(ctx context.Context, account, id string) (member.Member, error) {
	m, err := s.member(ctx, account, id)
	return m, doing(err, "reading member %s", id)
}

func (s *Store) member(ctx context.Context, account, id string) (member.Member, error) {
	i, err := s.get(ctx, memberKey(account, id), "", nil)
	if err != nil {
		return member.Member{}, err
	}
	if i == nil {
		return member.Member{}, noMember(id)
	}
	var v memberItem
	err = unmarshal(i, &v)
	return member.Member(v), err
}

// MemberBy implements member.Repository.
func (s *Store) MemberBy(ctx context.Context, account, subject, email string) (member.Member, error) {
	m, err := s.memberBy(ctx, account, subject, email)
	return m, doing(err, "finding a member")
}

func (s *Store) memberBy(ctx context.Context, account, subject, email string) (member.Member, error) {
	for _, name := range memberNames(member.Member{Account: account, Subject: subject, Email: email}) {
		i, err := s.get(ctx, name, "", nil)
		if err != nil {
			return member.Member{}, err
		}
		if i != nil {
			return s.member(ctx, account, textOf(i, "id"))
		}
	}
	return member.Member{}, fault.NotFoundf("There is no such member.")
}

// Members implements member.Repository.
func (s *Store) Members(ctx context.Context, account string, q page.Query) (page.Of[member.Member], error) {
	l := listing{name: "members", partition: memberKey(account, "").partition}
	p, err := pageOf(ctx, s, l, q, func(_ context.Context, items []item) ([]*member.Member, error) {
		members := make([]*member.Member, len(items))
		for n, i := range items {
			v := &memberItem{}
			if err := unmarshal(i, v); err != nil {
				return nil, err
			}
			members[n] = (*member.Member)(v)
		}
		return members, nil
	})
	return p, doing(err, "listing members")
}

// SetRole implements member.Repository.
func (s *Store) SetRole(ctx context.Context, m member.Member, to account.Role) error {
	changed := fault.New(fault.Conflict, "The member was changed by somebody else.").WithHint("Read it again and repeat the change.")
	writes := []write{{
		key: memberKey(m.Account, m.ID), update: "SET #role = :to", values: values{":to": to, ":was": m.Role},
		when: exists + " AND #role = :was", fails: ifMissing(noMember(m.ID), changed),
	}}
	switch account.Owner {
	case to:
		writes = append(writes, countOwners(m.Account, 1))
	case m.Role:
		writes = append(writes, countOwners(m.Account, -1))
	}
	return doing(s.transact(ctx, writes...), "changing member %s", m.ID)
}

// DeleteMember implements member.Repository.
func (s *Store) DeleteMember(ctx context.Context, accountID, id string) error {
	err := again(ctx, func() error {
		m, err := s.member(ctx, accountID, id)
		if err != nil {
			return err
		}
		writes := []write{{
			key: memberKey(accountID, id), remove: true, when: exists + " AND #role = :was", values: values{":was": m.Role},
			fails: ifMissing(noMember(id), errMoved),
		}}
		if m.Role == account.Owner {
			writes = append(writes, countOwners(accountID, -1))
		}
		return s.transact(ctx, append(writes, removals(memberNames(m))...)...)
	})
	return doing(err, "removing member %s", id)
}
