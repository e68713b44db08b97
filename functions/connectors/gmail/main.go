// Command gmail is the Lambda function of the connector Gmail.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/gmail"
)

func main() { connectors.Run(gmail.New()) }
