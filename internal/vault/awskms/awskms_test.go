package awskms_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/awsapi/kms"
	"switchboard/internal/fault"
	"switchboard/internal/mototest"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

var (
	place = vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "slack_bot_token"}
	data  = map[string]any{"bot_token": "xoxb-1", "nested": map[string]any{"list": []any{"ä", true, nil}}}
	bound = map[string]string{"account": "acc_1", "credential": "cred_1", "credential_type": "slack_bot_token"}
)

// counter counts the calls that go to KMS.
type counter struct {
	*kms.Client
	generated, decrypted atomic.Int32
}

func (c *counter) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	c.generated.Add(1)
	return c.Client.GenerateDataKey(ctx, in)
}

func (c *counter) Decrypt(ctx context.Context, in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	c.decrypted.Add(1)
	return c.Client.Decrypt(ctx, in)
}

func (c *counter) want(t *testing.T, doing string, generated, decrypted int32) {
	t.Helper()
	if g, d := c.generated.Swap(0), c.decrypted.Swap(0); g != generated || d != decrypted {
		t.Errorf("%s took %d GenerateDataKey and %d Decrypt, want %d and %d", doing, g, d, generated, decrypted)
	}
}

func newKey(t *testing.T, client *sdk.Client) string {
	t.Helper()
	out, err := client.CreateKey(t.Context(), &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.KeyMetadata.Arn)
}

func seal(t *testing.T, s vault.Sealer) vault.Sealed {
	t.Helper()
	sealed, err := s.Seal(t.Context(), place, data)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func wantOpened(t *testing.T, v vault.Opener, s vault.Sealed) {
	t.Helper()
	got, err := v.Open(t.Context(), place, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, got); diff != "" {
		t.Errorf("opened data differ (-want +got):\n%s", diff)
	}
}

func TestOnMoto(t *testing.T) {
	at := config(mototest.Start(t))
	client, admin := kms.New(at), sdk.NewFromConfig(at)
	calls := &counter{Client: client}
	key := newKey(t, admin)

	t.Run("OneCallPerSealingAndColdOpening", func(t *testing.T) {
		sealed := seal(t, vault.NewSealer(awskms.NewMaker(calls, key)))
		calls.want(t, "sealing", 1, 0)
		v := vault.New(awskms.New(calls, key))
		wantOpened(t, v, sealed)
		calls.want(t, "opening at first", 0, 1)
		for range 3 {
			wantOpened(t, v, sealed)
		}
		calls.want(t, "opening again", 0, 0)
		other := seal(t, v)
		calls.want(t, "sealing again", 1, 0)
		if bytes.Equal(other.WrappedKey, sealed.WrappedKey) {
			t.Error("two sealings share a data key")
		}
	})

	t.Run("ErrOtherPlace", func(t *testing.T) {
		sealed := seal(t, vault.NewSealer(awskms.NewMaker(client, key)))
		for _, at := range []vault.Place{
			{Account: "acc_2", Credential: "cred_1", CredentialType: "slack_bot_token"},
			{Account: "acc_1", Credential: "cred_2", CredentialType: "slack_bot_token"},
			{Account: "acc_1", Credential: "cred_1", CredentialType: "twilio"},
			{},
		} {
			_, err := vault.New(awskms.New(client, key)).Open(t.Context(), at, sealed)
			wantUnreadable(t, err)
		}
	})

	t.Run("ErrOtherContext", func(t *testing.T) {
		w := awskms.New(client, key)
		_, wrapped, err := w.NewDataKey(t.Context(), bound)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []map[string]string{
			nil, {"account": "acc_1"}, {"account": "acc_2", "credential": "cred_1", "credential_type": "slack_bot_token"},
		} {
			_, err := w.Unwrap(t.Context(), wrapped, c)
			wantUnreadable(t, err)
		}
	})

	t.Run("ErrTampered", func(t *testing.T) {
		w := awskms.New(client, key)
		_, wrapped, err := w.NewDataKey(t.Context(), bound)
		if err != nil {
			t.Fatal(err)
		}
		for at := range wrapped {
			changed := bytes.Clone(wrapped)
			changed[at] ^= 1
			if bytes.EqualFold(changed, wrapped) { // moto spells key ids in lower case
				continue
			}
			_, err := w.Unwrap(t.Context(), changed, bound)
			wantUnreadable(t, err)
		}
		for _, cut := range [][]byte{nil, wrapped[:1], wrapped[:len(wrapped)/2], wrapped[:len(wrapped)-1], append(slices.Clone(wrapped), 0)} {
			_, err := w.Unwrap(t.Context(), cut, bound)
			wantUnreadable(t, err)
		}
	})

	t.Run("OpensAfterRotation", func(t *testing.T) {
		v := vault.New(awskms.New(client, key))
		before := seal(t, v)
		if _, err := admin.EnableKeyRotation(t.Context(), &sdk.EnableKeyRotationInput{KeyId: &key}); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.RotateKeyOnDemand(t.Context(), &sdk.RotateKeyOnDemandInput{KeyId: &key}); err != nil {
			t.Fatal(err)
		}
		cold := vault.New(awskms.New(client, key))
		wantOpened(t, cold, before)
		wantOpened(t, cold, seal(t, v))
	})

	t.Run("OpensWhatAFormerKeyWrapped", func(t *testing.T) {
		before := seal(t, vault.New(awskms.New(client, key)))
		next := newKey(t, admin)
		v := vault.New(awskms.New(calls, next, key))
		wantOpened(t, v, before)
		calls.want(t, "opening under a former key", 0, 2)
		wantOpened(t, v, seal(t, v))
		calls.want(t, "sealing and opening under the new key", 1, 1)
	})

	t.Run("ErrKeyThatIsNotNamed", func(t *testing.T) {
		// The client may use both keys, as a role that is too wide could.
		before := seal(t, vault.New(awskms.New(client, newKey(t, admin))))
		_, err := vault.New(awskms.New(client, key)).Open(t.Context(), place, before)
		wantUnreadable(t, err)
	})

	t.Run("ErrNoSuchKey", func(t *testing.T) {
		missing := strings.Replace(key, key[len(key)-4:], "0000", 1)
		_, err := vault.NewSealer(awskms.NewMaker(client, missing)).Seal(t.Context(), place, data)
		if f := fault.Of(err); f.Code != fault.Internal || !strings.Contains(f.Hint, "ARN") {
			t.Errorf("Seal = %v (hint %q), want an internal fault that blames the ARN", err, f.Hint)
		}
	})
}

func wantUnreadable(t *testing.T, err error) {
	t.Helper()
	if !fault.Is(err, fault.CredentialUnreadable) {
		t.Errorf("err = %v, want CredentialUnreadable", err)
	}
}
