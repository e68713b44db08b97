// Command slack is the Lambda function of the connector Slack.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/slack"
)

func main() { connectors.Run(slack.New()) }
