// Command oauth is the Lambda function that sends people to services for grants, and
// takes what they come back with. It seals, and cannot open: the connectors' functions
// make the addresses and exchange the codes.
//
// Who may invoke it directly, an operator, stores the secret of the deployment's own
// client: {"app": {"credential_type": "google_oauth2", "client_secret": "..."}}.
package main

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/internal/agent"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/catalog"
	"switchboard/internal/credential"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/oauth"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	store, connectors := functions.Store(h), invoker.New(h, offered)
	agents := agent.NewService(store, time.Now)
	sealer := vault.NewSealer(awskms.NewMaker(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey)))
	service := oauth.NewService(oauth.Config{
		Repository: store, Agents: agents, Keys: store, Sealer: sealer, Functions: connectors, Catalog: offered, PublicURL: h.Setting(lambdahost.PublicURL), Now: time.Now,
		Credentials: credential.NewService(credential.Config{
			Repository: store, Agents: agents, Catalog: offered, Sealer: sealer, Verifier: connectors, Log: h.Log, Now: time.Now,
		}),
	})
	serve := functions.API(h, httpapi.OAuth{Service: service})
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var asked struct {
			Request json.RawMessage  `json:"requestContext"` // of API Gateway; its callers cannot leave it out
			App     *oauth.AppSecret `json:"app"`
		}
		if err := json.Unmarshal(payload, &asked); err != nil || asked.Request != nil || asked.App == nil {
			return serve(ctx, payload)
		}
		return nil, service.KeepAppSecret(ctx, *asked.App)
	}, nil
}
