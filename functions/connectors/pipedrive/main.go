// Command pipedrive is the Lambda function of the connector Pipedrive.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/pipedrive"
)

func main() { connectors.Run(pipedrive.New()) }
