// Command approvals is the Lambda function that asks people, for state machines that
// wait, and that serves the links at which they answer. While the key
// is being replaced a schedule has it seal the links anew.
package main

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/functions/runner"
	"switchboard/internal/approval"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/catalog"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/reseal"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	store := functions.Store(h)
	links := vault.New(awskms.New(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey), h.Optional(lambdahost.OtherKMSKey)))
	service := approval.NewService(approval.Config{
		Repository: store, Executions: store, Records: store, Tokens: runner.Tokens(h), Sealer: links, Opener: links, Notifier: invoker.New(h, offered),
		PublicURL: h.Setting(lambdahost.PublicURL), Log: h.Log, Now: time.Now,
	})
	ask := lambdahost.Task(service.Ask)
	answer := functions.API(h, httpapi.Approvals{Service: service, Authenticate: lambdahost.Authenticate})
	anew := &reseal.Resealer{
		Kind: reseal.Links, Store: store, Functions: reseal.Here{Opener: links, Sealer: links}, KeyID: h.Setting(lambdahost.KMSKey), Log: h.Log, Now: time.Now,
	}
	return functions.Resealing(anew, func(ctx context.Context, payload []byte) ([]byte, error) {
		var asked struct {
			Request json.RawMessage `json:"requestContext"` // of API Gateway; its callers cannot leave it out
			Account string          `json:"account"`
		}
		if err := json.Unmarshal(payload, &asked); err != nil || asked.Request != nil {
			return answer(ctx, payload)
		}
		lambdahost.ForAccount(ctx, asked.Account)
		return ask(ctx, payload)
	}), nil
}
