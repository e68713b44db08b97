package task

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/connector/token"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

const (
	// skew is how long before it expires a token is no longer sent: a call takes time,
	// and clocks differ.
	skew = 60 * time.Second
	// renewing is how long getting a token may take, whatever becomes of the task that
	// needs it: an answer with a new refresh token must not be lost on the way.
	renewing = 20 * time.Second
	// claimed is how long nobody else renews. It covers renewing and storing.
	claimed = 30 * time.Second
	// maxTokens bounds the memory that clients' tokens take in a warm function.
	maxTokens = 1_000
)

// tokens are the access tokens of a warm function, and whose turn it is to renew.
type tokens struct {
	mu      sync.Mutex
	turns   map[vault.Place]*turn
	clients map[clientKey]clientToken
}

// turn lets one renew at a time; it is there as long as somebody wants it.
type turn struct {
	taken   chan struct{}
	wanting int
}

// clientKey names a client's own token: by all that it was got with.
type clientKey struct {
	at          vault.Place
	fingerprint [sha256.Size]byte
}

type clientToken struct {
	access    string
	expiresAt time.Time
}

// take waits for the turn of a credential. The caller gives it back.
func (ts *tokens) take(ctx context.Context, at vault.Place) (giveBack func(), err error) {
	ts.mu.Lock()
	if ts.turns == nil {
		ts.turns = map[vault.Place]*turn{}
	}
	t := ts.turns[at]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		ts.turns[at] = t
	}
	t.wanting++
	ts.mu.Unlock()
	leave := func() {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if t.wanting--; t.wanting == 0 {
			delete(ts.turns, at)
		}
	}
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, interrupted(ctx)
	}
}

func interrupted(ctx context.Context) error {
	return fault.New(fault.ServiceUnavailable, "The access token was not renewed in time.").Because(context.Cause(ctx))
}

// keepFresh has a call send a token that holds. renewal is what getting another one
// leaves in the audit; unsaved are the data of a credential that is not stored.
func (h *Host) keepFresh(call *connector.Call, renewal audit.Entry, unsaved *vault.Sealed) {
	t, ok := h.Connector.CredentialType(call.Credential.Type)
	if !ok || t.OAuth == nil || h.Grants == nil {
		return
	}
	s := &source{
		Host: h, credentialType: t, call: call, renewal: renewal, unsaved: unsaved,
		at: vault.Place{Account: renewal.Account, Credential: call.Credential.ID, CredentialType: t.Name},
	}
	call.Token = s.token
}

// source gives the access tokens of one call.
type source struct {
	*Host
	at             vault.Place
	credentialType connector.CredentialType
	call           *connector.Call
	renewal        audit.Entry
	unsaved        *vault.Sealed

	mu      sync.Mutex
	renewed bool // because the service refused the one before
}

// token implements Call.Token. Whatever became of the token, the action itself has
// not been called yet, so a failure settles it.
func (s *source) token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.get(ctx, refused)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Unsettled {
		settled := *f
		settled.Unsettled = false
		return "", &settled
	}
	return t, err
}

func (s *source) get(ctx context.Context, refused string) (string, error) {
	if refused != "" && s.renewed {
		return "", s.hopeless(ctx)
	}
	s.renewed = s.renewed || refused != ""
	if s.credentialType.ByClient(s.call.Credential) {
		return s.byClient(ctx, refused)
	}
	if t, ok := s.usable(s.call.Credential, refused); ok {
		return t, nil
	}
	return s.fromGrant(ctx, refused)
}

// usable gives the token of a credential, if it can be sent.
func (s *source) usable(c connector.Credential, refused string) (string, bool) {
	t := c.Data.Text(connector.AccessToken)
	if t == "" || t == refused {
		return "", false
	}
	expiresAt, err := time.Parse(time.RFC3339, c.Data.Text(connector.ExpiresAt))
	return t, err != nil || s.holds(expiresAt) // some services do not say when it expires
}

func (s *source) holds(until time.Time) bool {
	return until.IsZero() || until.After(s.Now().Add(skew))
}

// byClient gives the client's own token. It is kept in memory alone: another function
// gets one of its own, and nothing is used up by that.
func (s *source) byClient(ctx context.Context, refused string) (string, error) {
	key := clientKey{at: s.at, fingerprint: s.fingerprint()}
	giveBack, err := s.tokens.take(ctx, s.at)
	if err != nil {
		return "", err
	}
	defer giveBack()
	s.tokens.mu.Lock()
	kept, ok := s.tokens.clients[key]
	s.tokens.mu.Unlock()
	if ok && kept.access != refused && s.holds(kept.expiresAt) {
		s.call.Hide(kept.access)
		return kept.access, nil
	}
	got, err := s.endpoint().ByClient(ctx)
	if err != nil {
		return "", s.failed(ctx, err)
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if s.tokens.clients == nil || len(s.tokens.clients) >= maxTokens {
		s.tokens.clients = map[clientKey]clientToken{}
	}
	s.tokens.clients[key] = clientToken{access: got.Access, expiresAt: got.ExpiresAt}
	return got.Access, nil
}

func (s *source) fingerprint() [sha256.Size]byte {
	c, o := s.call.Credential, s.credentialType.OAuth
	text := fmt.Sprintf("%q %q %q", o.TokenURL(c), c.Data.Text(connector.ClientID), c.Data.Text(connector.ClientSecret))
	if o.ClientParameters != nil {
		text += o.ClientParameters(c).Encode()
	}
	return sha256.Sum256([]byte(text))
}

func (s *source) endpoint() token.Endpoint {
	return token.Endpoint{Title: s.Connector.Title, OAuth: *s.credentialType.OAuth, Call: s.call}
}

// fromGrant gives the token of the stored grant, and renews it where it has to be:
// one at a time, here by a turn and among functions by a claim in the store.
func (s *source) fromGrant(ctx context.Context, refused string) (string, error) {
	giveBack, err := s.tokens.take(ctx, s.at)
	if err != nil {
		return "", err
	}
	defer giveBack()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		// Whoever had the turn, or the claim, before may have renewed it.
		g, stored, err := s.current(ctx)
		if err != nil {
			return "", err
		}
		if t, ok := s.usable(g.call.Credential, refused); ok {
			s.call.Hide(t)
			return t, nil
		}
		if g.call.Credential.Data.Text(connector.RefreshToken) == "" {
			return "", s.cannotRenew()
		}
		if !stored {
			got, err := g.endpoint().Renew(ctx)
			if err == nil {
				s.call.Hide(got.Access)
			}
			return got.Access, err
		}
		until := s.Now().Add(claimed)
		ours, err := s.Grants.Claim(ctx, s.at, g.sealed, s.Now(), until)
		if err != nil {
			return "", fmt.Errorf("claiming the grant: %w", err)
		}
		if ours {
			return s.renew(ctx, g, until)
		}
		if err := pause(ctx, wait); err != nil {
			return "", err
		}
	}
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

// current opens the grant as it is stored now. A credential that is only being tried
// is not stored.
func (s *source) current(ctx context.Context) (g *grant, stored bool, err error) {
	sealed, _, err := s.Grants.Sealed(ctx, s.at.Account, s.at.CredentialType, s.at.Credential, "")
	switch {
	case fault.Is(err, fault.NotFound) && s.unsaved != nil:
		sealed = *s.unsaved
	case err != nil:
		return nil, false, fmt.Errorf("reading the grant: %w", err)
	default:
		stored = true
	}
	g, err = s.openGrant(ctx, s.at, sealed)
	return g, stored, err
}

// renew gets a new token with the refresh token, and stores it. From here on the
// task's own end is ignored: the service may have used the refresh token up.
func (s *source) renew(ctx context.Context, g *grant, until time.Time) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewing)
	defer cancel()
	got, err := g.endpoint().Renew(ctx)
	if err != nil {
		forGood := errors.Is(err, token.ErrRefused)
		err = redacted(asTaskFault(err), g.redactor)
		if forGood {
			s.mark(ctx, g.sealed, credential.NeedsReconnect, err)
		}
		if releaseErr := s.Grants.Release(ctx, s.at, g.sealed, until); releaseErr != nil {
			s.Log.ErrorContext(ctx, "giving back the right to renew a grant", "credential", s.at.Credential, "error", releaseErr)
		}
		return "", err
	}
	fresh, err := s.Sealer.Seal(ctx, s.at, withToken(g.data, got))
	if err != nil {
		return "", fmt.Errorf("sealing the renewed grant: %w", err)
	}
	s.call.Hide(got.Access)
	s.call.Hide(got.Refresh)
	// The token is good whether or not it could be stored; where the data were replaced
	// meanwhile, it is the last one of the old.
	if err := s.Grants.Renew(audit.WithEntry(ctx, s.renewal), s.at, g.sealed, fresh); err != nil && !fault.Is(err, fault.Conflict) {
		s.Log.ErrorContext(ctx, "storing a renewed grant", "account", s.at.Account, "credential", s.at.Credential, "error", err)
		if got.Refresh != "" {
			return "", fmt.Errorf("storing the renewed grant: %w", err)
		}
	}
	return got.Access, nil
}

func (s *source) cannotRenew() error {
	if s.credentialType.Ungranted(s.call.Credential) {
		return fault.New(fault.AuthFailed, "Nobody has granted access with this credential yet.").WithHint("Reconnect the credential on the Credentials page.")
	}
	return fault.New(fault.AuthFailed, "The access token has expired, and there is no refresh token to renew it with.").
		WithHint("Reconnect the credential on the Credentials page.")
}

// hopeless is the answer where a token is refused right after it was renewed.
func (s *source) hopeless(ctx context.Context) error {
	f := fault.New(fault.AuthFailed, "%s refused the access token, and the renewed one as well.", s.Connector.Title).
		WithHint("Reconnect the credential: access was revoked, or the account may no longer use the service.")
	status := credential.NeedsReconnect
	if s.credentialType.ByClient(s.call.Credential) {
		f.Hint, status = "Check what the client is allowed to do, and the scopes of the credential.", credential.Failing
	}
	s.markStored(ctx, status, f)
	return f
}

// failed notes where a client's own credentials are refused.
func (s *source) failed(ctx context.Context, err error) error {
	if errors.Is(err, token.ErrRefused) {
		s.markStored(ctx, credential.Failing, err)
	}
	return err
}

func (s *source) markStored(ctx context.Context, status credential.Status, why error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewing)
	defer cancel()
	sealed, _, err := s.Grants.Sealed(ctx, s.at.Account, s.at.CredentialType, s.at.Credential, "")
	if err == nil {
		s.mark(ctx, sealed, status, why)
	} else if !fault.Is(err, fault.NotFound) {
		s.Log.ErrorContext(ctx, "noting a refused credential", "credential", s.at.Credential, "error", err)
	}
}

// mark notes that a service refuses the credential, for people to see before the
// next execution fails.
func (s *source) mark(ctx context.Context, of vault.Sealed, status credential.Status, why error) {
	f := fault.Of(why)
	c := credential.Condition{Status: status, Detail: s.call.Redact(f.Message), At: s.Now().UTC()}
	if err := s.Grants.Mark(ctx, s.at, of, c); err != nil {
		s.Log.ErrorContext(ctx, "noting a refused credential", "credential", s.at.Credential, "error", err)
	}
}
