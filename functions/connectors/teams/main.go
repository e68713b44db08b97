// Command teams is the Lambda function of the connector Microsoft Teams.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/teams"
)

func main() { connectors.Run(teams.New()) }
