// Command notion is the Lambda function of the connector Notion.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/notion"
)

func main() { connectors.Run(notion.New()) }
