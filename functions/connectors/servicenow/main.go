// Command servicenow is the Lambda function of the connector ServiceNow.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/servicenow"
)

func main() { connectors.Run(servicenow.New()) }
