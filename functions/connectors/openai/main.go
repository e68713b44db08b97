// Command openai is the Lambda function of the connector OpenAI.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/openai"
)

func main() { connectors.Run(openai.New()) }
