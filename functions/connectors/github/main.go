// Command github is the Lambda function of the connector GitHub.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/github"
)

func main() { connectors.Run(github.New()) }
