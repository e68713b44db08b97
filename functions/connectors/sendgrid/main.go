// Command sendgrid is the Lambda function of the connector SendGrid.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/sendgrid"
)

func main() { connectors.Run(sendgrid.New()) }
