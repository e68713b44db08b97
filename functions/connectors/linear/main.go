// Command linear is the Lambda function of the connector Linear.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/linear"
)

func main() { connectors.Run(linear.New()) }
