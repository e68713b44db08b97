// Command credentials is the Lambda function that serves credentials and links. It
// seals, and cannot open: what a secret opens to is the connectors' to know. A schedule
// has it ask connectors whether credentials still work, and, while the key is being
// replaced, to seal them anew.
package main

import (
	"time"

	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/internal/agent"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/catalog"
	"switchboard/internal/credential"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/reseal"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
	"switchboard/internal/workflow"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	store := functions.Store(h)
	connectors := invoker.New(h, offered)
	workflows := workflow.NewService(workflow.Config{Repository: store, Misses: store})
	service := credential.NewService(credential.Config{
		Repository: store, Agents: agent.NewService(store, time.Now), Catalog: offered, Log: h.Log, Now: time.Now,
		Sealer:   vault.NewSealer(awskms.NewMaker(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey))),
		Verifier: connectors, Usage: workflows,
	})
	options := credential.NewOptions(credential.OptionsConfig{Repository: store, Loader: connectors, Catalog: offered, Now: time.Now})
	check := checks{credential.Watcher{Service: service, Every: checkEvery}, store, h.Log}
	serve := functions.Scoped(h, store, httpapi.Credentials{Service: service, Missed: workflows.Missed}, httpapi.Integrations{Service: service}, httpapi.FieldOptions{Service: options})
	anew := &reseal.Resealer{
		Kind: reseal.Credentials, Store: store, Functions: newSealing(connectors, offered), Find: store.FindCredentials, KeyID: h.Setting(lambdahost.KMSKey), Log: h.Log, Now: time.Now,
	}
	return check.or(functions.Resealing(anew, serve)), nil
}
