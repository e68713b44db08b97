package local

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/bolt"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// settling is how long after a rotation the older keys stay, whatever is left to do:
// what was sealed just before may not be stored yet.
const settling = 30 * time.Second

// pause is how long a write may take from what was read before it.
const pause = time.Second

// again is how long to wait before another look at what could not be sealed anew.
const again = 10 * time.Second

// Rotation is how far a change of the key has come.
type Rotation struct {
	State      string `json:"state"`      // "none", "running" or "done"
	KeyID      string `json:"key_id"`     // of the key that seals now
	Secrets    int    `json:"secrets"`    // that there are
	Resealed   int    `json:"resealed"`   // that are sealed under that key
	Unreadable int    `json:"unreadable"` // that opened with no key before, and do not now
}

// The states of a rotation.
const (
	RotationNone    = "none"
	RotationRunning = "running"
	RotationDone    = "done"
)

// rotation seals everything under a new key, in the background. All that it has to
// remember is in the key file: as long as that holds older keys there is something to
// do, and what is done shows in what is stored. So it goes on after a crash from where
// it was, and meanwhile everything opens, with the older keys or the new one.
type rotation struct {
	store    *bolt.Store
	keys     *keyfile.Key
	vault    *vault.Vault
	log      *slog.Logger
	settling time.Duration
	wake     chan struct{}

	mu      sync.Mutex
	begun   time.Time // in this process; zero: before it started
	current Rotation
}

func newRotation(store *bolt.Store, keys *keyfile.Key, v *vault.Vault, log *slog.Logger) *rotation {
	r := &rotation{store: store, keys: keys, vault: v, log: log, settling: settling, wake: make(chan struct{}, 1)}
	r.current = Rotation{State: RotationNone, KeyID: keys.ID()}
	if keys.Rotating() {
		r.current.State = RotationRunning
	}
	return r
}

// begin makes a new key. Everything is sealed under it from then on, and what is there
// is sealed anew by run. Where a rotation is under way already it changes nothing.
func (r *rotation) begin(ctx context.Context) error {
	secrets, err := r.count(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current.State == RotationRunning {
		r.current.Secrets = max(r.current.Secrets, secrets) // it has just gone on, and counted none yet
		return nil
	}
	if err := r.keys.Rotate(); err != nil {
		return err
	}
	r.begun, r.current = time.Now(), Rotation{State: RotationRunning, KeyID: r.keys.ID(), Secrets: secrets}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// count gives how many secrets there are.
func (r *rotation) count(ctx context.Context) (n int, err error) {
	err = r.store.EachSecret(ctx, func(bolt.Secret) error { n++; return ctx.Err() })
	return n, err
}

func (r *rotation) progress() Rotation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// run works until ctx is done.
func (r *rotation) run(ctx context.Context) {
	for {
		wait := time.Duration(-1)
		if r.keys.Rotating() {
			if wait = r.step(ctx); wait == 0 {
				continue
			}
		}
		var later <-chan time.Time
		if wait > 0 {
			later = time.After(wait)
		}
		select {
		case <-later:
		case <-r.wake:
		case <-ctx.Done():
			return
		}
	}
}

// step seals anew what is left, and takes the older keys away once nothing is. It
// returns after how long to look again.
func (r *rotation) step(ctx context.Context) time.Duration {
	left, changed, err := r.reseal(ctx)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			r.log.ErrorContext(ctx, "sealing under the new key; it is tried again", "left", left, "error", err)
		}
		return again
	case changed: // look again: who has just read it may write it back as it was
		return min(r.settling, pause)
	case left > 0:
		return again
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.settling - time.Since(r.begun); !r.begun.IsZero() && wait > 0 {
		return wait
	}
	if err := r.keys.Retire(); err != nil {
		r.log.ErrorContext(ctx, "taking the older keys out of the key file; it is tried again", "error", err)
		return again
	}
	r.current.State = RotationDone
	r.log.InfoContext(ctx, "the key was rotated", "key", r.current.KeyID, "secrets", r.current.Secrets, "unreadable", r.current.Unreadable)
	return 0
}

// reseal goes through everything once. It says how much is left, and whether it
// changed anything: what it sealed anew counts as left until it is seen to be stored.
func (r *rotation) reseal(ctx context.Context) (left int, changed bool, err error) {
	now := Rotation{State: RotationRunning, KeyID: r.keys.ID()}
	if now.Secrets, err = r.count(ctx); err != nil {
		return 0, false, err
	}
	var failed error
	err = r.store.EachSecret(ctx, func(secret bolt.Secret) error {
		if r.keys.Wraps(secret.Sealed.WrappedKey) {
			now.Resealed++
		} else {
			done, err := r.resealOne(ctx, secret)
			switch {
			case fault.Is(err, fault.CredentialUnreadable): // no key that there is opens it
				now.Unreadable++
				left--
			case err != nil:
				failed = err
			case done:
				now.Resealed++
			}
			left++
			changed = changed || done
		}
		r.note(now)
		return ctx.Err()
	})
	return left, changed, errors.Join(err, failed)
}

func (r *rotation) note(now Rotation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = now
}

func (r *rotation) resealOne(ctx context.Context, secret bolt.Secret) (done bool, err error) {
	fresh, err := vault.Reseal(ctx, r.vault, r.vault, secret.At, secret.Sealed)
	if err != nil {
		return false, err
	}
	if secret.OfCredential() {
		ctx = audit.With(ctx, account.Principal{Account: secret.At.Account, Actor: "system"}, audit.ResealCredential, secret.At.Credential)
	}
	return r.store.Reseal(ctx, secret, fresh)
}
