// Command mqtt is the Lambda function of the connector MQTT.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/mqtt"
)

func main() { connectors.Run(mqtt.New()) }
