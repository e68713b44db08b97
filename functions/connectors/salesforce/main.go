// Command salesforce is the Lambda function of the connector Salesforce.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/salesforce"
)

func main() { connectors.Run(salesforce.New()) }
