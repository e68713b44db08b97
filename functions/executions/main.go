// Command executions is the Lambda function that starts, shows and stops executions,
// and tests single nodes.
package main

import (
	"switchboard/functions"
	"switchboard/functions/invoker"
	"switchboard/functions/runner"
	"switchboard/internal/catalog"
	"switchboard/internal/httpapi"
	"switchboard/internal/inputschema"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	service, err := runner.Executions(h, functions.Store(h))
	if err != nil {
		return nil, err
	}
	service.Tester, service.CheckInput = invoker.New(h, offered), inputschema.Validate
	return functions.API(h, httpapi.Executions{Service: service}, httpapi.Trials{Service: service}), nil
}
