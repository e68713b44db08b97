// Command discord is the Lambda function of the connector Discord.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/discord"
)

func main() { connectors.Run(discord.New()) }
