package slack_test

import (
	"testing"
	"time"

	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	message := map[string]any{"channel": "#orders", "text": "Hello"}
	tests := map[string]struct {
		status    int
		header    map[string]string
		body      string
		code      fault.Code
		says      string
		hints     string
		wait      time.Duration
		unsettled bool
	}{
		"MissingScope": {
			body: `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"users:read"}`,
			code: fault.AuthFailed, says: "missing_scope; needed: chat:write; provided: users:read", hints: "Add the bot scope chat:write",
		},
		"NotInChannel":    {body: `{"ok":false,"error":"not_in_channel"}`, code: fault.ServiceNotFound, says: "not_in_channel", hints: "/invite"},
		"ChannelNotFound": {body: `{"ok":false,"error":"channel_not_found"}`, code: fault.ServiceNotFound, says: "channel_not_found", hints: "invite the bot"},
		"InvalidBlocks": {
			body: `{"ok":false,"error":"invalid_blocks","errors":["x"],"response_metadata":{"messages":["[ERROR] missing required field: text [json-pointer:/blocks/0]"]}}`,
			code: fault.InvalidInput, says: "invalid_blocks; [ERROR] missing required field: text", hints: "Block Kit Builder",
		},
		"UnknownInvalid":     {body: `{"ok":false,"error":"invalid_moon_phase"}`, code: fault.InvalidInput, says: "invalid_moon_phase", hints: "fields"},
		"RateLimited":        {status: 429, header: map[string]string{"Retry-After": "30"}, body: `{"ok":false,"error":"ratelimited"}`, code: fault.RateLimited, says: "ratelimited", wait: 30 * time.Second},
		"RateLimitedBare":    {status: 429, header: map[string]string{"Retry-After": "5"}, body: "", code: fault.RateLimited, says: "429", wait: 5 * time.Second},
		"ServiceUnavailable": {status: 503, body: `{"ok":false,"error":"service_unavailable"}`, code: fault.ServiceUnavailable, says: "service_unavailable", hints: "status"},
		"MaybeDone":          {body: `{"ok":false,"error":"internal_error"}`, code: fault.ServiceUnavailable, says: "internal_error", hints: "status", unsettled: true},
		"MaybeDoneFatal":     {status: 500, body: `{"ok":false,"error":"fatal_error"}`, code: fault.ServiceUnavailable, says: "fatal_error", unsettled: true},
		"NotDone":            {body: `{"ok":false,"error":"request_timeout"}`, code: fault.ServiceUnavailable, says: "request_timeout"},
		"PageOfAGateway":     {status: 502, body: "<html>Bad gateway</html>", code: fault.ServiceUnavailable, says: "502"},
		"WithoutCode":        {body: `{"ok":false}`, code: fault.ConnectorFailed, says: "refused", hints: "docs.slack.dev"},
		"NotTheWebAPI":       {body: `{"hello":"world"}`, code: fault.BadResponse, says: "does not say", hints: "proxy", unsettled: true},
		"UnknownWithStatus":  {status: 403, body: `{"ok":false,"error":"moon_phase"}`, code: fault.AuthFailed, says: "moon_phase"},
		"Unknown":            {body: `{"ok":false,"error":"moon_phase"}`, code: fault.ConnectorFailed, says: "moon_phase", hints: "docs.slack.dev"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.status == 0 {
				test.status = 200
			}
			w := startWorkspace(t, test.status, test.header, test.body)
			_, err := run(t.Context(), t, w, "post_message", message)
			wantFault(t, err, test.code, test.says, test.hints, test.unsettled)
			if got := fault.Of(err).RetryAfter; got != test.wait {
				t.Errorf("RetryAfter = %s, want %s", got, test.wait)
			}
		})
	}
	t.Run("ReadingLeavesNothingBehind", func(t *testing.T) {
		w := startWorkspace(t, 200, nil, `{"ok":false,"error":"internal_error"}`)
		_, err := run(t.Context(), t, w, "find_user_by_email", map[string]any{"email": "ann@example.com"})
		wantFault(t, err, fault.ServiceUnavailable, "internal_error", "", false)
	})
}
