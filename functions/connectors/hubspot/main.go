// Command hubspot is the Lambda function of the connector HubSpot.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/hubspot"
)

func main() { connectors.Run(hubspot.New()) }
