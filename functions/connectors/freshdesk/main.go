// Command freshdesk is the Lambda function of the connector Freshdesk.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/freshdesk"
)

func main() { connectors.Run(freshdesk.New()) }
