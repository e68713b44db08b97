// Command agents is the Lambda function that serves agents.
package main

import (
	"time"

	"switchboard/functions"
	"switchboard/internal/agent"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	return functions.API(h, httpapi.Agents{Service: agent.NewService(functions.Store(h), time.Now)}), nil
}
