// Command workflows is the Lambda function that serves workflows: it checks and
// compiles documents, deploys what is published, and tells the quotas.
package main

import (
	"switchboard/functions"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	workflows, err := service(h, store)
	if err != nil {
		return nil, err
	}
	return functions.Scoped(h, store, httpapi.Workflows{Service: workflows, PublicURL: h.Setting(lambdahost.PublicURL)}, httpapi.Quotas{Settings: workflows.Quotas},
		httpapi.Bundles{Service: bundles(store, workflows)}), nil
}
