// Command access is the Lambda function that serves API keys, members, who is asking,
// and the record of who did what.
package main

import (
	"time"

	"switchboard/functions"
	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/member"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	keys := apikey.NewService(apikey.Config{Repository: store, Agents: agent.NewService(store, time.Now), Log: h.Log, Now: time.Now})
	return functions.API(h, httpapi.APIKeys{Service: keys}, httpapi.Members{Service: member.NewService(store, time.Now)}, httpapi.Me{}, httpapi.Audit{Repository: store}), nil
}
