package credential_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/page"
	"switchboard/internal/schema"
)

// stored are credentials of one account that nobody changes.
type stored struct {
	credential.Repository
	all []credential.Credential
}

func (s stored) Credentials(context.Context, string, credential.Filter, page.Query) (page.Of[credential.Credential], error) {
	return page.Of[credential.Credential]{Items: s.all}, nil
}

func (s stored) Credential(_ context.Context, _, id string) (credential.Credential, error) {
	panic("asked about " + id)
}

// TestWatcherLeavesOut: neither what was looked at lately nor what is not to be looked
// at is asked about.
func TestWatcherLeavesOut(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	offered, err := connector.NewCatalog(connector.Connector{
		Name: "bell", Title: "Bell", Base: "https://bell.example", CredentialTypes: []connector.CredentialType{{
			Name: "bell_token", Title: "Bell", Fields: schema.Fields{{Name: "token", Kind: schema.Secret, Title: "Token"}},
			Verify: func(context.Context, *connector.Call) (connector.Identity, error) { return connector.Identity{}, nil },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	old := now.AddDate(0, 0, -9)
	w := credential.Watcher{Every: 24 * time.Hour, Service: credential.NewService(credential.Config{
		Catalog: offered, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
		Repository: stored{all: []credential.Credential{
			{ID: "cred_unchecked", Type: "bell_token", CreatedAt: old, Unchecked: true},
			{ID: "cred_fresh", Type: "bell_token", CreatedAt: old, VerifiedAt: now.Add(-time.Hour)},
		}},
	})}
	if asked, _, err := w.Look(t.Context(), account.Principal{Account: "acc_1"}); asked != 0 || err != nil {
		t.Errorf("asked about %d, %v", asked, err)
	}
}

// scarce is a repository that there is time to ask for one account.
type scarce struct {
	credential.Repository
	asked map[string]int
	over  func()
}

func (s scarce) Credentials(_ context.Context, account string, _ credential.Filter, _ page.Query) (page.Of[credential.Credential], error) {
	s.asked[account]++
	s.over()
	return page.Of[credential.Credential]{}, nil
}

// TestWatcherGoesRound: where there is time for one account only, all have their turn.
func TestWatcherGoesRound(t *testing.T) {
	s := scarce{asked: map[string]int{}}
	accounts := []string{"acc_1", "acc_2", "acc_3"}
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		s.over = cancel
		w := credential.Watcher{Every: time.Hour, Service: credential.NewService(credential.Config{Repository: s, Log: slog.New(slog.DiscardHandler), Now: time.Now})}
		if _, _, err := w.LookAll(ctx, accounts); err != nil {
			t.Fatal(err)
		}
	}
	for _, account := range accounts {
		if s.asked[account] == 0 {
			t.Errorf("nobody ever looked at %s: %v", account, s.asked)
		}
	}
}
