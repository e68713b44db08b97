// Command thingsboard is the Lambda function of the connector ThingsBoard.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/thingsboard"
)

func main() { connectors.Run(thingsboard.New()) }
