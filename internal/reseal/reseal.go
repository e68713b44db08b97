// Package reseal seals what is stored anew once a deployment has another key, so that
// the former one can go. Everything opens meanwhile, under the one or the other.
//
// Nobody can open everything, and this does not either: it takes each secret, sealed,
// to the function that may open its type, gets it back sealed under the present key,
// and stores it if what it had taken is still what is stored. What the user or the
// renewal of a token stored meanwhile stays.
//
// It goes over all secrets in portions, as far as an invocation's time goes, and keeps
// where it is: the next one goes on from there. What is sealed under the present key is
// told by vault.Sealed.KeyID and is not opened. It is done when a whole pass has found
// nothing left to do.
package reseal

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/account"
	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
)

const (
	// atOnce is how many secrets are with their functions at the same time.
	atOnce = 8
	// limit is how long one may take: a portion has to fit into an invocation's time, or
	// it would be begun again for ever.
	limit = 8 * time.Second
	// rest is how long a pass that found nothing to do is believed.
	rest = time.Hour
	// failuresKept is of how many it is kept what went wrong. The log has all.
	failuresKept = 20
)

// Kind is what a Resealer seals anew: a function that may open one may not open the
// other.
type Kind string

// The kinds.
const (
	Credentials Kind = "credentials" // and the secrets of the deployment's own apps
	Links       Kind = "links"       // of approvals that wait
)

// Secret is something that is stored sealed.
type Secret struct {
	At     vault.Place
	Sealed vault.Sealed
	// Approval is set where it is the token of an approval's link.
	Approval *approval.Key
}

// Store is where the secrets are. Errors are faults.
type Store interface {
	// Secrets gives about PortionSize of the secrets of all accounts, from a cursor on, and
	// where to go on: "" at the end, as for the beginning. A portion may be empty.
	Secrets(ctx context.Context, kind Kind, cursor string) (portion []Secret, next string, err error)
	// Reseal replaces the sealed data by the same, sealed anew. It is false, and nothing
	// changes, where something else is stored by now or its grant is just being renewed.
	Reseal(ctx context.Context, s Secret, fresh vault.Sealed) (done bool, err error)
	// ResealProgress gives what KeepResealProgress kept; the zero value where nothing was.
	ResealProgress(ctx context.Context, kind Kind) (Progress, error)
	// KeepResealProgress keeps it with its Revision counted up. Conflict where another
	// revision than p's is kept by now.
	KeepResealProgress(ctx context.Context, kind Kind, p Progress) error
}

// PortionSize is how many secrets there are in a portion, about.
const PortionSize = 2 * atOnce

// Functions asks the function that may open secrets of a type to seal one anew. The
// fault is CredentialUnreadable where it does not open, or no function takes the type.
type Functions interface {
	Reseal(ctx context.Context, at vault.Place, sealed vault.Sealed) (vault.Sealed, error)
}

// Here is the function itself, where that may open the kind.
type Here struct {
	Opener vault.Opener
	Sealer vault.Sealer
}

// Reseal implements Functions.
func (f Here) Reseal(ctx context.Context, at vault.Place, sealed vault.Sealed) (vault.Sealed, error) {
	return vault.Reseal(ctx, f.Opener, f.Sealer, at, sealed)
}

// State is that of a pass.
type State string

// The states.
const (
	Running State = "running"
	Done    State = "done" // nothing is left to do, but what is unreadable
)

// Progress is how far the present pass has come, or the last one, if it has ended.
type Progress struct {
	State      State     `json:"state" dynamodbav:"state"`
	KeyID      string    `json:"key_id" dynamodbav:"key_id"` // the ARN of the key that seals now
	BeganAt    time.Time `json:"began_at" dynamodbav:"began_at"`
	EndedAt    time.Time `json:"ended_at,omitzero" dynamodbav:"ended_at"` // zero: the pass goes on
	Secrets    int       `json:"secrets" dynamodbav:"secrets"`            // that were looked at
	Resealed   int       `json:"resealed" dynamodbav:"resealed"`          // of them, that are sealed under that key
	Changed    int       `json:"changed" dynamodbav:"changed"`            // of these, in this pass
	Left       int       `json:"left" dynamodbav:"left"`                  // that have to be looked at again
	Unreadable int       `json:"unreadable" dynamodbav:"unreadable"`      // that opened with no key
	Failures   []Failure `json:"failures,omitempty" dynamodbav:"failures"`

	Cursor   string `json:"-" dynamodbav:"cursor"`
	Revision int64  `json:"-" dynamodbav:"revision"`
}

// Failure is what went wrong with one secret.
type Failure struct {
	Account        string     `json:"account" dynamodbav:"account"`
	Credential     string     `json:"credential" dynamodbav:"credential"` // or approval
	CredentialType string     `json:"credential_type" dynamodbav:"credential_type"`
	Code           fault.Code `json:"code" dynamodbav:"code"`
	Message        string     `json:"message" dynamodbav:"message"` // without secrets
}

// Resealer seals anew. It is safe for concurrent use, though two at once do some of the
// work twice.
type Resealer struct {
	Kind      Kind
	Store     Store
	Functions Functions
	// Find lists what Store would not give otherwise, and says whether it has. Without it
	// a pass begins at once.
	Find  func(ctx context.Context) (done bool, err error)
	KeyID string // the ARN of the key that functions seal under now
	Log   *slog.Logger
	Now   func() time.Time
}

// Continue goes on with the pass that is under way, or begins one, until it has ended or
// ctx is done, which is no error. After a pass that found nothing to do it does nothing
// for an hour, unless it is to look again.
func (r *Resealer) Continue(ctx context.Context, again bool) (Progress, error) {
	p, err := r.Store.ResealProgress(ctx, r.Kind)
	if err != nil {
		return p, err
	}
	if p.KeyID == r.KeyID && p.State == Done && !again && r.Now().Sub(p.EndedAt) < rest {
		return p, nil
	}
	if again || p.KeyID != r.KeyID || !p.EndedAt.IsZero() || p.State == "" {
		p = Progress{State: Running, KeyID: r.KeyID, BeganAt: r.Now().UTC(), Revision: p.Revision}
	}
	if r.Find != nil {
		if done, err := r.Find(ctx); err != nil || !done {
			return p, err
		}
	}
	for p.EndedAt.IsZero() {
		next, err := r.portion(ctx, p)
		if err == nil {
			err = r.Store.KeepResealProgress(ctx, r.Kind, next)
		}
		switch {
		case ctx.Err() != nil:
			return p, nil //nolint:nilerr // time is up, and what was done of the portion shows in what is stored
		case fault.Is(err, fault.Conflict): // somebody else goes on with it at the same time
			return p, nil
		case err != nil:
			return p, err
		}
		p = next
		p.Revision++
	}
	r.Log.InfoContext(ctx, "a pass of sealing anew has ended", "kind", r.Kind, "state", p.State, "key", p.KeyID, "secrets", p.Secrets,
		"resealed", p.Resealed, "changed", p.Changed, "left", p.Left, "unreadable", p.Unreadable)
	return p, nil
}

// portion looks at the secrets behind the cursor.
func (r *Resealer) portion(ctx context.Context, p Progress) (Progress, error) {
	secrets, next, err := r.Store.Secrets(ctx, r.Kind, p.Cursor)
	if err != nil {
		return p, err
	}
	outcomes := make([]outcome, len(secrets))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for n, secret := range secrets {
		group.Go(func() error {
			outcomes[n] = r.one(ctx, secret)
			return nil
		})
	}
	_ = group.Wait() // there are outcomes, and no errors
	for n, o := range outcomes {
		p = p.with(secrets[n], o)
		if o.err != nil && ctx.Err() == nil {
			at := secrets[n].At
			r.Log.WarnContext(ctx, "a secret could not be sealed anew", "account", at.Account, "credential", at.Credential,
				"type", at.CredentialType, "error", o.err)
		}
	}
	if p.Cursor = next; next == "" {
		p.EndedAt = r.Now().UTC()
		if p.Left == 0 && p.Changed == 0 { // else look again: who had read it may have written it back
			p.State = Done
		}
	}
	return p, nil
}

// outcome is what has become of a secret: it was sealed under the key, it is now, or it
// is left, maybe for a reason.
type outcome struct {
	was, is bool
	err     error
}

func (p Progress) with(s Secret, o outcome) Progress {
	p.Secrets++
	switch {
	case o.was:
		p.Resealed++
	case o.is:
		p.Resealed++
		p.Changed++
	case fault.Is(o.err, fault.CredentialUnreadable):
		p.Unreadable++
	default:
		p.Left++
	}
	if o.err != nil && len(p.Failures) < failuresKept {
		f := fault.Of(o.err)
		p.Failures = append(p.Failures[:len(p.Failures):len(p.Failures)],
			Failure{s.At.Account, s.At.Credential, s.At.CredentialType, f.Code, f.Message})
	}
	return p
}

// one seals a secret anew, unless it is.
func (r *Resealer) one(ctx context.Context, s Secret) outcome {
	if s.Sealed.KeyID == r.KeyID {
		return outcome{was: true}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	fresh, err := r.Functions.Reseal(ctx, s.At, s.Sealed)
	if err != nil {
		return outcome{err: err}
	}
	if fresh.KeyID != r.KeyID {
		return outcome{err: fault.New(fault.Unavailable, "The function still seals under another key.").
			WithHint("Wait until the deployment has ended.")}
	}
	if s.Approval == nil {
		ctx = audit.With(ctx, account.Principal{Account: s.At.Account, Actor: "system"}, audit.ResealCredential, s.At.Credential)
	}
	done, err := r.Store.Reseal(ctx, s, fresh)
	return outcome{is: done, err: err}
}
