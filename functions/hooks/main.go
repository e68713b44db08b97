// Command hooks is the Lambda function that receives the requests that start
// workflows. It opens secrets of type webhook_secret, and no others.
package main

import (
	"switchboard/functions"
	"switchboard/functions/runner"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/connector/webhook"
	"switchboard/internal/hook"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
	"switchboard/internal/workflow"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	runs, err := runner.New(h, store)
	if err != nil {
		return nil, err
	}
	secretType, _ := webhook.New().CredentialType(workflow.TypeWebhookSecret)
	service := hook.NewService(hook.Config{
		Workflows: store, Executions: runs.Service, Secrets: store, Secret: secretType, Counts: store, Log: h.Log,
		Opener: vault.New(awskms.New(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey), h.Optional(lambdahost.OtherKMSKey))),
	})
	return functions.API(h, httpapi.Hooks{Service: service}), nil
}
