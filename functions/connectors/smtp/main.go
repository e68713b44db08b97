// Command smtp is the Lambda function of the connector SMTP.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/smtp"
)

func main() { connectors.Run(smtp.New()) }
