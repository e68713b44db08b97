package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/fault"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

const canary = "xoxb-canary-0123456789"

var (
	place = vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "slack_bot_token"}
	data  = map[string]any{"bot_token": canary, "nested": map[string]any{"list": []any{"ä", true, nil}}}
)

func openVault(t testing.TB) *vault.Vault {
	t.Helper()
	key, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return vault.New(key)
}

func seal(t testing.TB, s vault.Sealer) vault.Sealed {
	t.Helper()
	sealed, err := s.Seal(t.Context(), place, data)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealAndOpen(t *testing.T) {
	v := openVault(t)
	t.Run("OK", func(t *testing.T) {
		for range 2 { // the second time with the kept data key
			got, err := v.Open(t.Context(), place, seal(t, v))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(data, got); diff != "" {
				t.Errorf("opened data differ (-want +got):\n%s", diff)
			}
		}
	})
	t.Run("AfterStoringAsJSON", func(t *testing.T) {
		stored, err := json.Marshal(seal(t, v))
		if err != nil {
			t.Fatal(err)
		}
		var s vault.Sealed
		if err := json.Unmarshal(stored, &s); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Open(t.Context(), place, s); err != nil {
			t.Error(err)
		}
	})
	t.Run("NumbersKeepTheirDigits", func(t *testing.T) {
		const digits = "12345678901234567890"
		s, err := v.Seal(t.Context(), place, map[string]any{"n": json.Number(digits)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Open(t.Context(), place, s)
		if err != nil || got["n"] != json.Number(digits) {
			t.Errorf("Open = %v, %v; want %s", got, err, digits)
		}
	})
	t.Run("WhatASealOnlySealed", func(t *testing.T) {
		key, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		var sealer any = vault.NewSealer(key)
		if _, ok := sealer.(vault.Opener); ok {
			t.Error("a SealOnly can open")
		}
		if _, err := vault.New(key).Open(t.Context(), place, seal(t, sealer.(vault.Sealer))); err != nil {
			t.Error(err)
		}
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		_, err := v.Seal(t.Context(), place, map[string]any{"token": canary, "f": func() {}})
		if !fault.Is(err, fault.Internal) || strings.Contains(err.Error(), canary) {
			t.Errorf("Seal = %v, want an internal fault without the data", err)
		}
	})
}

func TestTwoSealsShareNothing(t *testing.T) {
	v := openVault(t)
	a, b := seal(t, v), seal(t, v)
	if bytes.Equal(a.WrappedKey, b.WrappedKey) {
		t.Error("the same data key twice")
	}
	whole := func(s vault.Sealed) []byte { return slices.Concat(s.Nonce, s.Ciphertext) }
	for i := 0; i+4 <= len(whole(a)); i++ {
		// Four equal bytes by chance: 1 in 2^32 for each pair of places.
		if part := whole(a)[i : i+4]; bytes.Contains(whole(b), part) {
			t.Errorf("both hold %x", part)
		}
	}
	if bytes.Contains(whole(a), []byte("canary")) {
		t.Error("the secret stands in the ciphertext")
	}
}

// A database administrator who swaps, copies or edits rows must not make a
// workflow use a secret that is not its own.
func TestOpenRefuses(t *testing.T) {
	v := openVault(t)
	good := seal(t, v)
	if _, err := v.Open(t.Context(), place, good); err != nil { // its data key is kept from here on
		t.Fatal(err)
	}
	edit := func(change func(*vault.Sealed)) vault.Sealed {
		s := vault.Sealed{
			Format: good.Format, WrappedKey: slices.Clone(good.WrappedKey),
			Nonce: slices.Clone(good.Nonce), Ciphertext: slices.Clone(good.Ciphertext),
		}
		change(&s)
		return s
	}
	other := seal(t, v)
	tests := map[string]struct {
		at vault.Place
		s  vault.Sealed
	}{
		"OtherAccount":    {vault.Place{Account: "acc_2", Credential: "cred_1", CredentialType: "slack_bot_token"}, good},
		"OtherCredential": {vault.Place{Account: "acc_1", Credential: "cred_2", CredentialType: "slack_bot_token"}, good},
		"OtherType":       {vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "twilio"}, good},
		"ShiftedPlace":    {vault.Place{Account: "acc_1c", Credential: "red_1", CredentialType: "slack_bot_token"}, good},
		"Format0":         {place, edit(func(s *vault.Sealed) { s.Format = 0 })},
		"Format2":         {place, edit(func(s *vault.Sealed) { s.Format = 2 })},
		"OthersKey":       {place, edit(func(s *vault.Sealed) { s.WrappedKey = other.WrappedKey })},
		"OthersNonce":     {place, edit(func(s *vault.Sealed) { s.Nonce = other.Nonce })},
		"OthersText":      {place, edit(func(s *vault.Sealed) { s.Ciphertext = other.Ciphertext })},
		"NoKey":           {place, edit(func(s *vault.Sealed) { s.WrappedKey = nil })},
		"NoNonce":         {place, edit(func(s *vault.Sealed) { s.Nonce = nil })},
		"NoText":          {place, edit(func(s *vault.Sealed) { s.Ciphertext = nil })},
		"Nothing":         {place, vault.Sealed{}},
		"CutText":         {place, edit(func(s *vault.Sealed) { s.Ciphertext = s.Ciphertext[:len(s.Ciphertext)-1] })},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantUnreadable(t, v, tt.at, tt.s) })
	}
	members := map[string]func(*vault.Sealed) []byte{
		"WrappedKey": func(s *vault.Sealed) []byte { return s.WrappedKey },
		"Nonce":      func(s *vault.Sealed) []byte { return s.Nonce },
		"Ciphertext": func(s *vault.Sealed) []byte { return s.Ciphertext },
	}
	for name, member := range members {
		t.Run("EveryBitOf"+name, func(t *testing.T) {
			for bit := range 8 * len(member(&good)) {
				wantUnreadable(t, v, place, edit(func(s *vault.Sealed) { member(s)[bit/8] ^= 1 << (bit % 8) }))
			}
		})
	}
	if _, err := v.Open(t.Context(), place, good); err != nil {
		t.Errorf("the good one no longer opens: %v", err)
	}
}

func wantUnreadable(t *testing.T, v vault.Opener, at vault.Place, s vault.Sealed) {
	t.Helper()
	got, err := v.Open(t.Context(), at, s)
	if !fault.Is(err, fault.CredentialUnreadable) || got != nil {
		t.Fatalf("Open = %v, %v; want CredentialUnreadable", got, err)
	}
	if f := fault.Of(err); f.Hint == "" || strings.Contains(f.Message+f.Hint, "cipher:") {
		t.Fatalf("fault %q with hint %q: want a hint, and nothing of the cause", f.Message, f.Hint)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Fatalf("the error shows the secret: %v", err)
	}
}

// wrapper is a KeyWrapper of functions.
type wrapper struct {
	newDataKey func(context.Context, map[string]string) ([]byte, []byte, error)
	unwrap     func(context.Context, []byte, map[string]string) ([]byte, error)
}

func (w wrapper) NewDataKey(ctx context.Context, c map[string]string) ([]byte, []byte, error) {
	return w.newDataKey(ctx, c)
}

func (w wrapper) ID() string { return "key" }

func (w wrapper) Unwrap(ctx context.Context, b []byte, c map[string]string) ([]byte, error) {
	return w.unwrap(ctx, b, c)
}

func TestKeyWrapper(t *testing.T) {
	t.Run("IsGivenThePlace", func(t *testing.T) {
		var at map[string]string
		v := vault.New(wrapper{newDataKey: func(_ context.Context, c map[string]string) ([]byte, []byte, error) {
			at = c
			return make([]byte, 32), nil, nil
		}})
		seal(t, v)
		want := map[string]string{
			"account": "acc_1", "credential": "cred_1", "credential_type": "slack_bot_token", "format": "1",
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("encryption context differs (-want +got):\n%s", diff)
		}
	})
	t.Run("ItsKeyIsWipedAfterSealing", func(t *testing.T) {
		key := bytes.Repeat([]byte{7}, 32)
		seal(t, vault.New(wrapper{newDataKey: func(context.Context, map[string]string) ([]byte, []byte, error) {
			return key, nil, nil
		}}))
		if !bytes.Equal(key, make([]byte, 32)) {
			t.Error("the data key is still in memory")
		}
	})

	failures := map[string]struct {
		key  []byte
		err  error
		want fault.Code
	}{
		"ErrRefused":     {nil, fault.New(fault.CredentialUnreadable, "No.").WithHint("Use another."), fault.CredentialUnreadable},
		"ErrUnknown":     {nil, errors.New("AccessDenied: arn"), fault.CredentialUnreadable},
		"ErrUnavailable": {nil, fault.New(fault.Unavailable, "Busy."), fault.Unavailable},
		"ErrCancelled":   {nil, context.DeadlineExceeded, fault.Unavailable},
		"ErrShortKey":    {make([]byte, 16), nil, fault.CredentialUnreadable},
	}
	for name, tt := range failures {
		t.Run(name, func(t *testing.T) {
			v := vault.New(wrapper{unwrap: func(context.Context, []byte, map[string]string) ([]byte, error) {
				return tt.key, tt.err
			}})
			_, err := v.Open(t.Context(), place, vault.Sealed{Format: 1, Nonce: make([]byte, 12)})
			f := fault.Of(err)
			if f.Code != tt.want || strings.Contains(f.Message+f.Hint, "arn") {
				t.Errorf("Open = %v, want %s without the cause in its message", err, tt.want)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	v := openVault(t)
	shared := seal(t, v)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			own := vault.Place{Account: "acc_1", Credential: fmt.Sprint("cred_", i), CredentialType: "twilio"}
			for range 20 {
				s, err := v.Seal(t.Context(), own, data)
				if err == nil {
					_, err = v.Open(t.Context(), own, s)
				}
				if err == nil {
					_, err = v.Open(t.Context(), place, shared)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCanonicalContextTellsContextsApart(t *testing.T) {
	contexts := []map[string]string{
		{}, {"": ""}, {"a": ""}, {"": "a"}, {"a": "b"}, {"ab": ""}, {"a": "b", "c": "d"}, {"a": "bc", "": "d"},
		{"a": "b\x00\x00\x00\x01c\x00\x00\x00\x01d"},
	}
	seen := map[string]int{}
	for i, c := range contexts {
		encoded := string(vault.CanonicalContext(c))
		if j, ok := seen[encoded]; ok {
			t.Errorf("%v and %v are encoded alike", contexts[j], c)
		}
		seen[encoded] = i
	}
}

func BenchmarkOpenWarm(b *testing.B) {
	v := openVault(b)
	s := seal(b, v)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Open(b.Context(), place, s); err != nil {
			b.Fatal(err)
		}
	}
}
