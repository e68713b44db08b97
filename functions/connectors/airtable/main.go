// Command airtable is the Lambda function of the connector Airtable.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/airtable"
)

func main() { connectors.Run(airtable.New()) }
