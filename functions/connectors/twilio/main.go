// Command twilio is the Lambda function of the connector Twilio SMS.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/twilio"
)

func main() { connectors.Run(twilio.New()) }
