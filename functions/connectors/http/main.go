// Command http is the Lambda function of the connector HTTP request.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/http"
)

func main() { connectors.Run(httpconnector.New()) }
