// Command oauth is the Lambda function that sends people to services for grants, and
// takes what they come back with. It seals, and cannot open: the connectors' functions
// make the addresses and exchange the codes.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/internal/agent"
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
	sealer := vault.NewSealer(awskms.NewMaker(kms.NewFromConfig(h.AWS()), h.Setting(lambdahost.KMSKey)))
	return functions.API(h, httpapi.OAuth{Service: oauth.NewService(oauth.Config{
		Repository: store, Agents: agents, Sealer: sealer, Functions: connectors, Catalog: offered, PublicURL: h.Setting(lambdahost.PublicURL), Now: time.Now,
		Credentials: credential.NewService(credential.Config{
			Repository: store, Agents: agents, Catalog: offered, Sealer: sealer, Verifier: connectors, Log: h.Log, Now: time.Now,
		}),
	})}), nil
}
