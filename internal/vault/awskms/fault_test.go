package awskms_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"switchboard/internal/awsapi/kms"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

// kmsAnswer is an answer of KMS, for what moto cannot be made to answer.
type kmsAnswer struct {
	status int
	body   map[string]any
}

func refusal(status int, code string) kmsAnswer {
	return kmsAnswer{status, map[string]any{"__type": code, "message": "said by KMS"}}
}

// transport answers as KMS would on the wire. Of several answers the last stays.
type transport struct {
	answers []kmsAnswer
	err     error
	calls   atomic.Int32
}

func (f *transport) Do(req *http.Request) (*http.Response, error) {
	n := int(f.calls.Add(1))
	if f.err != nil {
		return nil, f.err
	}
	a := f.answers[min(n, len(f.answers))-1]
	body, err := json.Marshal(a.body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(strings.NewReader(string(body))), Request: req,
	}, nil
}

// client retries three times, as the SDK does by default, without the waiting.
func (f *transport) client() *kms.Client {
	cfg := config("http://kms.test")
	cfg.HTTPClient = f
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(s *retry.StandardOptions) {
			s.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return kms.New(cfg)
}

const arn = "arn:aws:kms:eu-central-1:123456789012:key/1"

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		answer  kmsAnswer
		sealing fault.Code
		opening fault.Code
		hint    string // a part of it
		calls   int32
		message string // a part of it
	}{
		{"ErrThrottled", refusal(400, "ThrottlingException"), fault.Unavailable, fault.Unavailable, "moment", 3, "right now"},
		{"ErrRequestLimit", refusal(400, "LimitExceededException"), fault.Unavailable, fault.Unavailable, "moment", 3, "right now"},
		{"ErrServer", refusal(500, "KMSInternalException"), fault.Unavailable, fault.Unavailable, "moment", 3, "right now"},
		{"ErrTimeout", refusal(503, "DependencyTimeoutException"), fault.Unavailable, fault.Unavailable, "moment", 3, "right now"},
		{"ErrKeyUnavailable", refusal(500, "KeyUnavailableException"), fault.Unavailable, fault.Unavailable, "moment", 3, "right now"},
		{"ErrCiphertext", refusal(400, "InvalidCiphertextException"), fault.Internal, fault.CredentialUnreadable, "", 1, ""},
		{"ErrIncorrectKey", refusal(400, "IncorrectKeyException"), fault.Internal, fault.CredentialUnreadable, "", 1, ""},
		{"ErrDisabled", refusal(400, "DisabledException"), fault.Internal, fault.CredentialUnreadable, "enable", 1, "disabled"},
		{"ErrPendingDeletion", refusal(400, "KMSInvalidStateException"), fault.Internal, fault.CredentialUnreadable, "cancel the deletion", 1, "deleted"},
		{"ErrMissing", refusal(400, "NotFoundException"), fault.Internal, fault.CredentialUnreadable, "ARN", 1, "does not exist"},
		{"ErrDenied", refusal(400, "AccessDeniedException"), fault.Internal, fault.CredentialUnreadable, "policy", 1, "not allowed"},
		{"ErrUnheardOf", refusal(400, "SomethingNew"), fault.Internal, fault.CredentialUnreadable, "log", 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check := func(doing string, f *transport, err error, code fault.Code) {
				t.Helper()
				got := fault.Of(err)
				if got.Code != code || !strings.Contains(got.Hint, tt.hint) || !strings.Contains(got.Message, tt.message) {
					t.Errorf("%s: %s %q (hint %q), want %s with %q and %q", doing, got.Code, got.Message, got.Hint, code, tt.message, tt.hint)
				}
				if strings.Contains(got.Message+got.Hint, "said by KMS") || !strings.Contains(err.Error(), "said by KMS") {
					t.Errorf("%s: %v: the service's words belong into the log and nowhere else", doing, err)
				}
				if n := f.calls.Load(); n != tt.calls {
					t.Errorf("%s: %d calls, want %d", doing, n, tt.calls)
				}
			}
			f := &transport{answers: []kmsAnswer{tt.answer}}
			_, err := vault.NewSealer(awskms.NewMaker(f.client(), arn)).Seal(t.Context(), place, data)
			check("sealing", f, err, tt.sealing)
			f = &transport{answers: []kmsAnswer{tt.answer}}
			_, err = vault.New(awskms.New(f.client(), arn)).Open(t.Context(), place, vault.Sealed{Format: 1, WrappedKey: []byte{1}})
			check("opening", f, err, tt.opening)
		})
	}
}

func TestPassingTrouble(t *testing.T) {
	t.Run("ThrottledOnce", func(t *testing.T) {
		plain := base64.StdEncoding.EncodeToString(make([]byte, 32))
		f := &transport{answers: []kmsAnswer{
			refusal(400, "ThrottlingException"),
			{200, map[string]any{"KeyId": arn, "Plaintext": plain, "CiphertextBlob": "AQID"}},
		}}
		if _, err := vault.NewSealer(awskms.NewMaker(f.client(), arn)).Seal(t.Context(), place, data); err != nil {
			t.Error(err)
		}
		if n := f.calls.Load(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
	t.Run("ErrNoAnswer", func(t *testing.T) {
		f := &transport{err: errors.New("connection reset")}
		if _, err := awskms.New(f.client(), arn).Unwrap(t.Context(), []byte{1}, nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
	})
	t.Run("ErrCutOff", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f := &transport{answers: []kmsAnswer{{200, nil}}}
		if _, err := awskms.New(f.client(), arn).Unwrap(ctx, []byte{1}, nil); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
	})
}

func TestWrongLength(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	f := &transport{answers: []kmsAnswer{{200, map[string]any{"KeyId": arn, "Plaintext": short, "CiphertextBlob": "AQID"}}}}
	w := awskms.New(f.client(), arn)
	if _, _, err := w.NewDataKey(t.Context(), nil); !fault.Is(err, fault.Internal) {
		t.Errorf("NewDataKey = %v, want Internal", err)
	}
	if _, err := w.Unwrap(t.Context(), []byte{1}, nil); !fault.Is(err, fault.CredentialUnreadable) {
		t.Errorf("Unwrap = %v, want CredentialUnreadable", err)
	}
}

// TestRequest holds what KMS is asked for to what a role's policy will demand.
func TestRequest(t *testing.T) {
	var got *kms.DecryptInput
	client := &recorder{decrypt: func(in *kms.DecryptInput) { got = in }}
	_, _ = awskms.New(client, arn).Unwrap(t.Context(), []byte{1, 2}, bound)
	if got == nil || got.KeyID != arn || got.EncryptionContext["credential_type"] != "slack_bot_token" {
		t.Errorf("Decrypt was asked with %+v, want the key and the place", got)
	}
}

type recorder struct {
	awskms.Generator
	decrypt func(*kms.DecryptInput)
}

func (r *recorder) Decrypt(_ context.Context, in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	r.decrypt(in)
	return &kms.DecryptOutput{Plaintext: make([]byte, 32)}, nil
}
