package hook

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"switchboard/internal/execution"
	"switchboard/internal/workflow"
)

// deliveryHeaders name a delivery: the same in every attempt at it, and in no other.
// Services send a webhook again when they got no answer in time, which does not mean
// that nothing was done.
//
// Sources: the Standard Webhooks specification and Svix; the webhook pages of GitHub,
// Gitea, Forgejo, Gogs, GitLab, Shopify, WooCommerce, Atlassian, Linear, Zendesk and
// Twilio.
var deliveryHeaders = []string{
	"Webhook-Id", "Svix-Id", "X-GitHub-Delivery", "X-Gitea-Delivery", "X-Forgejo-Delivery", "X-Gogs-Delivery", "X-Gitlab-Event-UUID",
	"X-Shopify-Webhook-Id", "X-WC-Webhook-Delivery-ID", "X-Atlassian-Webhook-Identifier", "Linear-Delivery",
	"X-Zendesk-Webhook-Invocation-Id", "I-Twilio-Idempotency-Token",
}

// deliveryKey is the idempotency key of a request; "" where nothing says whether two
// of them are the same. mac is what authenticate gave. A request that is signed together
// with its time is known by what is signed alone: headers that are not, and another
// spelling of the signature, could be put on a copy of it by anybody.
func deliveryKey(auth workflow.WebhookAuth, r Request, mac []byte) string {
	if mac != nil {
		s, _ := schemeOf(auth.Header)
		id := s.id(r)
		if id == "" {
			id = hex.EncodeToString(mac) // so that it counts once while it is new
		}
		return bounded(strings.ToLower(s.header) + " " + id)
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		return key
	}
	for _, name := range deliveryHeaders {
		if id := strings.TrimSpace(r.Header.Get(name)); id != "" {
			return bounded(strings.ToLower(name) + " " + id)
		}
	}
	return ""
}

// bounded makes a key that is too long for one into its hash.
func bounded(key string) string {
	if len(key) <= execution.MaxIdempotencyKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256 " + hex.EncodeToString(sum[:])
}
