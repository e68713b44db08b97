package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	"switchboard/internal/lambdahost"
)

// scheduled is the detail type of what a schedule sends. API Gateway, whose events
// have none, is the only other caller.
const scheduled = "Scheduled Event"

// checkEvery is how old the last check of a credential may be. The schedule comes more
// often: what one invocation has no time for is the next one's.
const checkEvery = 24 * time.Hour

// checks asks services whether stored credentials still work, when a schedule says so.
type checks struct {
	watcher credential.Watcher
	store   *dynamo.Store
	log     *slog.Logger
}

// or gives a function that checks when it is time to, and else serves.
func (c checks) or(serve lambdahost.Handler) lambdahost.Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var e struct {
			Request    json.RawMessage `json:"requestContext"` // of API Gateway; its callers cannot leave it out
			DetailType string          `json:"detail-type"`
		}
		if err := json.Unmarshal(payload, &e); err != nil || e.Request != nil || e.DetailType != scheduled {
			return serve(ctx, payload)
		}
		accounts, err := c.store.CredentialAccounts(ctx)
		if err != nil {
			return nil, err
		}
		asked, refused, err := c.watcher.LookAll(ctx, accounts)
		c.log.InfoContext(ctx, "credentials were checked", "accounts", len(accounts), "asked", asked, "refused", refused)
		return nil, err
	}
}
