package workflow

import "switchboard/internal/schedule"

// Types of trigger.
const (
	TriggerManual   = "manual"
	TriggerWebhook  = "webhook"
	TriggerSchedule = "schedule"
	TriggerEvent    = "event"
)

// Ways for a webhook to answer.
const (
	RespondImmediately  = "immediately"
	RespondWhenFinished = "when_finished"
)

// Ways for a webhook's caller to prove who they are.
const (
	AuthNone  = "none"
	AuthToken = "token"       // the secret in a header
	AuthBasic = "basic"       // HTTP basic authentication; the secret is "user:password", or the password alone
	AuthHMAC  = "hmac_sha256" // HMAC-SHA256 of the body under the secret, in a header
)

// TypeWebhookSecret is the credential type that a webhook's secret has.
const TypeWebhookSecret = "webhook_secret"

// WebhookAuth is how a webhook trigger checks its callers.
type WebhookAuth struct {
	Type       string
	Header     string // of token and hmac_sha256
	Credential string // of all but none
}

// ReadWebhook reads auth from a webhook trigger's config: either a text, with
// header and credential beside it, or an object {type, header, credential}. It
// also returns the JSON pointers, within config, of the members it read.
func ReadWebhook(config map[string]any) (auth WebhookAuth, at string) {
	members := config
	auth.Type, _ = config["auth"].(string)
	if m, ok := config["auth"].(map[string]any); ok {
		members, at = m, "/auth"
		auth.Type, _ = m["type"].(string)
	}
	if auth.Type == "" {
		auth.Type = AuthNone
	}
	auth.Header, _ = members["header"].(string)
	auth.Credential, _ = members["credential"].(string)
	if auth.Header == "" {
		switch auth.Type {
		case AuthToken:
			auth.Header = "X-Webhook-Token"
		case AuthHMAC:
			auth.Header = "X-Webhook-Signature"
		}
	}
	return auth, at
}

// ReadSchedule reads a schedule trigger's config. The fault's pointers are from it.
func ReadSchedule(config map[string]any) (*schedule.Schedule, error) {
	text := func(name string) string {
		s, _ := config[name].(string)
		return s
	}
	return schedule.Parse(text("cron"), text("rate"), text("timezone"))
}
