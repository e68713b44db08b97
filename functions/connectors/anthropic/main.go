// Command anthropic is the Lambda function of the connector Anthropic.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/anthropic"
)

func main() { connectors.Run(anthropic.New()) }
