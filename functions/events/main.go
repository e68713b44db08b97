// Command events is the Lambda function that puts events on the accounts' bus.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"switchboard/functions"
	ourevents "switchboard/internal/eventbridge"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	bus := ourevents.NewBus(eventbridge.NewFromConfig(h.AWS()), h.Setting(lambdahost.EventBus))
	return functions.API(h, httpapi.Events{Bus: bus, Counts: functions.Store(h)}), nil
}
