// Command zendesk is the Lambda function of the connector Zendesk.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/zendesk"
)

func main() { connectors.Run(zendesk.New()) }
