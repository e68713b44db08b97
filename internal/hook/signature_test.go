package hook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

func mac(key, text string) []byte {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// TestSignedVector is the example of the Standard Webhooks specification.
func TestSignedVector(t *testing.T) {
	r := Request{
		Header: headers("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp", "1614265330", "webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
		Body:   []byte(`{"test": 2432232314}`),
	}
	auth := workflow.WebhookAuth{Type: workflow.AuthHMAC, Header: "webhook-signature"}
	if _, err := signed(auth, r, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", time.Unix(1614265330, 0)); err != nil {
		t.Errorf("the specification's own example is refused: %v", err)
	}
}

func TestSigned(t *testing.T) {
	const secret, body, now = "shared secret", `{"id": "evt_1", "event_id": "Ev1"}`, 1_700_000_000
	at := func(seconds int64) string { return strconv.FormatInt(seconds, 10) }
	standard := func(id string, seconds int64) http.Header {
		return headers("Webhook-Id", id, "Webhook-Timestamp", at(seconds), "Webhook-Signature",
			"v1a,AAAA v1,"+base64.StdEncoding.EncodeToString(mac(secret, id+"."+at(seconds)+"."+body)))
	}
	slack := func(seconds int64) http.Header {
		return headers("X-Slack-Request-Timestamp", at(seconds), "X-Slack-Signature", "v0="+hex.EncodeToString(mac(secret, "v0:"+at(seconds)+":"+body)))
	}
	stripe := func(seconds int64) http.Header {
		return headers("Stripe-Signature", "t="+at(seconds)+",v1="+strings.Repeat("00", 32)+",v1="+hex.EncodeToString(mac(secret, at(seconds)+"."+body))+",v0=00")
	}
	altered := func(h http.Header, name, value string) http.Header { h.Set(name, value); return h }
	for name, c := range map[string]struct {
		with  string // the header of the trigger
		h     http.Header
		ok    bool
		stale bool
	}{
		"OKStandard":             {"webhook-signature", standard("msg_1", now), true, false},
		"OKStandardAtTheEdge":    {"Webhook-Signature", standard("msg_1", now-300), true, false},
		"OKSlack":                {"X-Slack-Signature", slack(now + 60), true, false},
		"OKStripe":               {"stripe-signature", stripe(now - 60), true, false},
		"OKPlain":                {"X-Hub-Signature-256", headers("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac(secret, body))), true, false},
		"ErrStandardOld":         {"webhook-signature", standard("msg_1", now-301), false, true},
		"ErrStandardAhead":       {"webhook-signature", standard("msg_1", now+301), false, true},
		"ErrSlackOld":            {"X-Slack-Signature", slack(now - 3600), false, true},
		"ErrStripeOld":           {"Stripe-Signature", stripe(0), false, true},
		"ErrStandardOtherID":     {"webhook-signature", altered(standard("msg_1", now), "Webhook-Id", "msg_2"), false, false},
		"ErrStandardOtherTime":   {"webhook-signature", altered(standard("msg_1", now-3600), "Webhook-Timestamp", at(now)), false, false},
		"ErrSlackOtherTime":      {"X-Slack-Signature", altered(slack(now-3600), "X-Slack-Request-Timestamp", at(now)), false, false},
		"ErrStripeOtherTime":     {"Stripe-Signature", altered(stripe(now), "Stripe-Signature", strings.Replace(stripe(now).Get("Stripe-Signature"), "t=1", "t=2", 1)), false, false},
		"ErrNoTime":              {"webhook-signature", headers("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac(secret, "..")), "Webhook-Timestamp", ""), false, false},
		"ErrPlainInTimedHeader":  {"X-Slack-Signature", headers("X-Slack-Signature", hex.EncodeToString(mac(secret, body))), false, false},
		"ErrPlainInStripeHeader": {"Stripe-Signature", headers("Stripe-Signature", hex.EncodeToString(mac(secret, body))), false, false},
		"ErrNothing":             {"X-Signature", headers(), false, false},
		"ErrEmptySignature":      {"webhook-signature", headers("Webhook-Signature", "v1,", "Webhook-Timestamp", at(now)), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			auth := workflow.WebhookAuth{Type: workflow.AuthHMAC, Header: c.with}
			_, err := signed(auth, Request{Header: c.h, Body: []byte(body)}, secret, time.Unix(now, 0))
			if (err == nil) != c.ok || (err != nil && !fault.Is(err, fault.Unauthorized)) {
				t.Fatalf("err = %v, want ok %t", err, c.ok)
			}
			if err != nil && strings.Contains(fault.Of(err).Message, "off by") != c.stale {
				t.Errorf("message = %q; a wrong signature is told nothing of its time, a right one is", fault.Of(err).Message)
			}
		})
	}
}

func TestDeliveryKey(t *testing.T) {
	hmacBy := func(header string) workflow.WebhookAuth {
		return workflow.WebhookAuth{Type: workflow.AuthHMAC, Header: header}
	}
	none := workflow.WebhookAuth{Type: workflow.AuthNone}
	long := strings.Repeat("x", 4000)
	for name, c := range map[string]struct {
		auth workflow.WebhookAuth
		h    http.Header
		body string
		want string
	}{
		"NothingSaysSo":       {none, headers("X-Request-Id", "1"), `{"id": "a"}`, ""},
		"IdempotencyKeyFirst": {none, headers("Idempotency-Key", "k", "X-GitHub-Delivery", "g"), "", "k"},
		"GitHub":              {none, headers("X-GitHub-Delivery", " 72d3162e "), "", "x-github-delivery 72d3162e"},
		"UntimedSignature":    {hmacBy("X-Hub-Signature-256"), headers("X-GitHub-Delivery", "72d3162e"), "", "x-github-delivery 72d3162e"},
		"UnsignedBodyIsNoKey": {none, headers("Stripe-Signature", "t=2"), `{"id": "evt_1"}`, ""},
		"EmptyIDIsNone":       {none, headers("X-GitHub-Delivery", "  "), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := deliveryKey(c.auth, Request{Header: c.h, Body: []byte(c.body)}, nil); got != c.want {
				t.Errorf("key = %q, want %q", got, c.want)
			}
		})
	}
	// What is signed with its time is known by that alone, whatever stands beside it.
	mac := bytes.Repeat([]byte{0xab}, sha256.Size)
	bySignature := strings.Repeat("ab", sha256.Size)
	for name, c := range map[string]struct {
		header, body string
		h            http.Header
		want         string
	}{
		"StandardWebhooks":    {"webhook-signature", "", headers("Webhook-Id", "msg_1"), "webhook-signature msg_1"},
		"StandardWithoutAnID": {"webhook-signature", "", headers(), "webhook-signature " + bySignature},
		"StripeByTheEvent":    {"Stripe-Signature", `{"id": "evt_1"}`, headers("Stripe-Signature", "t=2"), "stripe-signature evt_1"},
		"StripeWithoutOne":    {"Stripe-Signature", `{"id": 7}`, headers("Stripe-Signature", "t=2,v1=junk"), "stripe-signature " + bySignature},
		"SlackByTheEvent":     {"X-Slack-Signature", `{"event_id": "Ev1"}`, headers("X-Slack-Signature", "v0=1"), "x-slack-signature Ev1"},
		"SlackWithoutAnEvent": {"X-Slack-Signature", "payload=x", headers("X-Slack-Signature", "v0=AB"), "x-slack-signature " + bySignature},
	} {
		t.Run(name, func(t *testing.T) {
			for _, unsigned := range []string{"Idempotency-Key", "Svix-Id", "X-GitHub-Delivery"} {
				c.h.Set(unsigned, "another one")
				if got := deliveryKey(hmacBy(c.header), Request{Header: c.h, Body: []byte(c.body)}, mac); got != c.want {
					t.Errorf("key = %q with %s, want %q", got, unsigned, c.want)
				}
			}
		})
	}
	t.Run("TooLongIsHashed", func(t *testing.T) {
		a := deliveryKey(none, Request{Header: headers("Svix-Id", long+"a")}, nil)
		b := deliveryKey(none, Request{Header: headers("Svix-Id", long+"b")}, nil)
		if a == b || a == "" || len(a) > execution.MaxIdempotencyKey {
			t.Errorf("keys = %q, %q", a, b)
		}
	})
}

// FuzzSigned gives any headers and body to what checks and names deliveries. Nothing
// without the secret is let in, and what is signed right is.
func FuzzSigned(f *testing.F) {
	f.Add("webhook-signature", "v1,AAAA v1,", "1700000000", "msg_1", []byte(`{"id": 1}`))
	f.Add("X-Slack-Signature", "v0=00ff", "-1", "", []byte("payload"))
	f.Add("Stripe-Signature", "t=1,v1=,v1=zz,t=9999999999999999999999", "", "", []byte(`{"id": {"a": []}}`))
	f.Add("X-Hub-Signature-256", "sha256=", "", "x", []byte{0xff, 0})
	f.Fuzz(func(t *testing.T, header, signature, at, id string, body []byte) {
		const secret = "whsec_c2VjcmV0LW9mLXRoZS1mdXp6ZXI="
		now := time.Unix(1_700_000_000, 0)
		auth := workflow.WebhookAuth{Type: workflow.AuthHMAC, Header: header}
		r := Request{Header: http.Header{}, Body: body}
		r.Header.Set(header, signature)
		r.Header.Set("Webhook-Timestamp", at)
		r.Header.Set("X-Slack-Request-Timestamp", at)
		r.Header.Set("Webhook-Id", id)
		if _, err := signed(auth, r, secret, now); err == nil {
			t.Fatalf("a signature was taken that was made without the secret: %q: %q", header, signature)
		}
		_, timed := schemeOf(header)
		for _, mac := range [][]byte{nil, make([]byte, sha256.Size)} {
			if key := deliveryKey(auth, r, mac); len(key) > execution.MaxIdempotencyKey {
				t.Errorf("a key of %d bytes", len(key))
			}
			if !timed {
				break
			}
		}
		if !timed {
			r.Header.Set(header, hex.EncodeToString(mac(secret, string(body))))
			if _, err := signed(auth, r, secret, now); err != nil && http.CanonicalHeaderKey(header) == header {
				t.Errorf("a right signature in %q is refused: %v", header, err)
			}
		}
		if _, err := requestData(r, auth, nil); err != nil && !fault.Is(err, fault.BadRequest) && !fault.Is(err, fault.UnsupportedMediaType) {
			t.Errorf("reading the request: %v", err)
		}
	})
}
