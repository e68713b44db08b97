// Command whatsapp_cloud is the Lambda function of the connector WhatsApp Cloud API.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/whatsapp_cloud"
)

func main() { connectors.Run(whatsappcloud.New()) }
