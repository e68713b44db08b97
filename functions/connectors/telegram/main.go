// Command telegram is the Lambda function of the connector Telegram.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/telegram"
)

func main() { connectors.Run(telegram.New()) }
