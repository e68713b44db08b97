// Command executions is the Lambda function that starts, shows and stops executions,
// and tests single nodes.
package main

import (
	"time"

	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/functions/runner"
	"switchboard/internal/approval"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/catalog"
	"switchboard/internal/httpapi"
	"switchboard/internal/inputschema"
	"switchboard/internal/lambdahost"
	"switchboard/internal/usage"
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
	runs, err := runner.New(h, store)
	if err != nil {
		return nil, err
	}
	service := runs.Service
	service.Tester, service.CheckInput = invoker.New(h, offered), inputschema.Validate
	// For people with a login, the links of approvals that wait.
	service.Approvals = approval.NewService(approval.Config{
		Repository: store, Executions: store, Opener: vault.New(awskms.New(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey), h.Optional(lambdahost.OtherKMSKey))),
		PublicURL: h.Setting(lambdahost.PublicURL), Log: h.Log, Now: time.Now,
	})
	return functions.Scoped(h, store, httpapi.Executions{Service: service}, httpapi.Trials{Service: service},
		httpapi.Usage{Service: &usage.Service{Repository: store, Now: time.Now}}), nil
}
