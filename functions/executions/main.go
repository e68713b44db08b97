// Command executions is the Lambda function that starts, shows and stops executions,
// and tests single nodes.
package main

import (
	"switchboard/functions"
	"switchboard/internal/catalog"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	service, err := functions.Executions(h, functions.Store(h), functions.Connectors(h, offered))
	return functions.API(h, httpapi.Executions{Service: service}, httpapi.Trials{Service: service}), err
}
