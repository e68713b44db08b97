package member

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/page"
)

// MaxSubject is the longest subject or e-mail address, in bytes.
const MaxSubject = 255

// Service is what can be done with members.
type Service struct {
	repo Repository
	now  func() time.Time
}

// NewService returns a service.
func NewService(repo Repository, now func() time.Time) *Service { return &Service{repo, now} }

// Add gives a person a role. Forbidden for a role that the caller has not got.
func (s *Service) Add(ctx context.Context, p account.Principal, subject, email string, role account.Role) (Member, error) {
	m := Member{
		Account: p.Account, Subject: strings.TrimSpace(subject), Email: folded(strings.TrimSpace(email)), Role: role,
		CreatedAt: s.now().UTC(), CreatedBy: p.Actor,
	}
	if err := check(m); err != nil {
		return Member{}, err
	}
	if err := may(p, role); err != nil {
		return Member{}, err
	}
	var err error
	if m.ID, err = id.New(id.Member); err != nil {
		return Member{}, err
	}
	if err := s.repo.CreateMember(audit.With(ctx, p, audit.AddMember, m.ID), m); err != nil {
		return Member{}, fmt.Errorf("adding member: %w", err)
	}
	return m, nil
}

func check(m Member) error {
	f := fault.New(fault.ValidationFailed, "The member is not valid.")
	switch {
	case m.Subject == "" && m.Email == "":
		f = f.At("/subject", "A member is known by the subject of the token, or by an e-mail address.")
	case len(m.Subject) > MaxSubject:
		f = f.At("/subject", fmt.Sprintf("A subject has at most %d bytes.", MaxSubject))
	}
	if a, err := mail.ParseAddress(m.Email); m.Email != "" && (err != nil || a.Address != m.Email || len(m.Email) > MaxSubject) {
		f = f.At("/email", "is no e-mail address")
	}
	if !m.Role.Known() {
		f = f.At("/role", "is no role: the roles are owner, admin, editor, operator and viewer")
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// may refuses what concerns a role that the caller has not got.
func may(p account.Principal, role account.Role) error {
	if p.Role.Includes(role) {
		return nil
	}
	return fault.New(fault.Forbidden, "Your role is %s; who is or becomes %s is not yours to say.", p.Role, role).
		WithHint("Ask somebody with the role %s.", role)
}

// List reads a page of the account's members, oldest first.
func (s *Service) List(ctx context.Context, p account.Principal, q page.Query) (page.Of[Member], error) {
	members, err := s.repo.Members(ctx, p.Account, q)
	if err != nil {
		return members, fmt.Errorf("listing members: %w", err)
	}
	return members, nil
}

// SetRole gives a member another role. Conflict where that would leave no owner.
func (s *Service) SetRole(ctx context.Context, p account.Principal, id string, role account.Role) (Member, error) {
	m, err := s.repo.Member(ctx, p.Account, id)
	if err != nil {
		return m, fmt.Errorf("reading member: %w", err)
	}
	if !role.Known() {
		return m, fault.New(fault.ValidationFailed, "The member is not valid.").At("/role", "is no role: the roles are owner, admin, editor, operator and viewer")
	}
	for _, r := range []account.Role{m.Role, role} {
		if err := may(p, r); err != nil {
			return m, err
		}
	}
	if m.Role == role {
		return m, nil
	}
	if err := s.repo.SetRole(audit.With(ctx, p, audit.ChangeMember, id), m, role); err != nil {
		return m, fmt.Errorf("changing member: %w", err)
	}
	m.Role = role
	return m, nil
}

// Remove takes a member's role away. Conflict for the last owner.
func (s *Service) Remove(ctx context.Context, p account.Principal, id string) error {
	m, err := s.repo.Member(ctx, p.Account, id)
	if err != nil {
		return fmt.Errorf("reading member: %w", err)
	}
	if err := may(p, m.Role); err != nil {
		return err
	}
	if err := s.repo.DeleteMember(audit.With(ctx, p, audit.RemoveMember, id), p.Account, id); err != nil {
		return fmt.Errorf("removing member: %w", err)
	}
	return nil
}

// RoleOf gives the role of a person; "" for somebody who is no member. The e-mail
// address has to be verified.
func (s *Service) RoleOf(ctx context.Context, accountID, subject, email string) (account.Role, error) {
	m, err := s.repo.MemberBy(ctx, accountID, subject, folded(email))
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading member: %w", err)
	}
	return m.Role, nil
}

// folded writes an e-mail address as addresses are compared: A to Z in lower case, and
// nothing else changed. Beyond ASCII two letters may share a lower case, as the sign of
// the kelvin does with K, and the mailboxes are not of the same person.
func folded(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// LastOwner is the fault of leaving an account without an owner.
func LastOwner() *fault.Error {
	return fault.New(fault.Conflict, "This is the account's last owner.").WithHint("Make somebody else an owner first.")
}
