// Command webhook is the Lambda function of the connector Webhook.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/webhook"
)

func main() { connectors.Run(webhook.New()) }
