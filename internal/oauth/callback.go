package oauth

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"switchboard/internal/account"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// Answer is with what a service sends a person back (RFC 6749, 4.1.2).
type Answer struct {
	State       string
	Code        string
	Error       string // "" where access was granted
	Description string // the service's own words about the error
}

// Outcome is what came of it.
type Outcome struct {
	Credential credential.Credential
	Identity   string // whose it is; "" where it is not known
	Linked     string // the agent that it was linked to; "" for none
}

// Receive takes an answer, and stores the credential. A state counts once: the
// second answer with it, like one that was never asked for, is BadRequest. What the
// service or the person refused is AuthFailed. Forbidden if the API key that asked has
// ended since.
func (s *Service) Receive(ctx context.Context, a Answer) (Outcome, error) {
	pending, err := s.Repository.TakePending(ctx, hashed(a.State), s.Now())
	if fault.Is(err, fault.NotFound) {
		return Outcome{}, fault.New(fault.BadRequest, "This answer was not asked for, was given before, or took longer than %d minutes.", int(Patience.Minutes())).
			WithHint("Go back to Switchboard and connect again.")
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("reading the pending grant: %w", err)
	}
	if a.Error != "" || a.Code == "" {
		return Outcome{}, declined(a)
	}
	if err := s.checkAsker(ctx, pending); err != nil {
		return Outcome{}, err
	}
	p := account.Principal{Account: pending.Account, Actor: pending.Actor}
	sealed, err := s.Credentials.SealedOf(ctx, p, pending.Draft)
	if err != nil {
		return Outcome{}, err
	}
	got, err := s.Functions.Exchange(ctx, pending.Connector, task.Exchange{
		Account: p.Account, Credential: pending.Draft.ID, CredentialType: pending.Draft.Type, Sealed: sealed,
		Verifier: pending.Verifier, Code: a.Code, RedirectURI: s.RedirectURI(), Scopes: pending.Scopes,
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("exchanging the code: %w", err)
	}
	made, err := s.Credentials.Grant(ctx, p, pending.Draft, got.Sealed, got.Identity)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Credential: made, Identity: got.Identity.Name}
	if pending.Agent == "" {
		return out, nil
	}
	switch err := s.Credentials.Link(ctx, p, pending.Agent, made.ID); {
	case err == nil:
		out.Linked = pending.Agent
	case !fault.Is(err, fault.NotFound): // an agent that was deleted meanwhile needs no link
		return out, err
	}
	return out, nil
}

// checkAsker looks whether the API key that asked for a grant still counts.
func (s *Service) checkAsker(ctx context.Context, pending Pending) error {
	id, isKey := strings.CutPrefix(pending.Actor, "key:")
	if !isKey {
		return nil
	}
	k, err := s.Keys.APIKey(ctx, pending.Account, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("reading key: %w", err)
	}
	if err != nil || !k.ExpiresAt.IsZero() && !s.Now().Before(k.ExpiresAt) {
		return fault.New(fault.Forbidden, "The API key with which this was begun has been deleted or has expired.").
			WithHint("Nothing was stored. Connect again with another key, or in the console.")
	}
	return nil
}

// declined explains an answer without a code.
func declined(a Answer) error {
	if a.Error == "access_denied" {
		return fault.New(fault.AuthFailed, "Access was not granted.").WithHint("Nothing was stored. To connect after all, go back to Switchboard and try again.")
	}
	said := oneLine(a.Description)
	if code := oneLine(a.Error); said == "" {
		said = code
	} else if code != "" {
		said += " (" + code + ")"
	}
	if said == "" {
		said = "it gave neither a code nor a reason"
	}
	return fault.New(fault.AuthFailed, "The service did not grant access: %s.", strings.TrimSuffix(said, ".")).
		WithHint("Nothing was stored. Check the OAuth client that you made for Switchboard, and its redirect URI, then connect again.")
}

// maxSaid is how much is quoted of what anybody can write into an address.
const maxSaid = 300

func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxSaid {
		text = string(runes[:maxSaid]) + " …"
	}
	return text
}
