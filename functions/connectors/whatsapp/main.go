// Command whatsapp is the Lambda function of the connector WhatsApp over Twilio.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/whatsapp"
)

func main() { connectors.Run(whatsapp.New()) }
