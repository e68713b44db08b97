// Command jira is the Lambda function of the connector Jira.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/jira"
)

func main() { connectors.Run(jira.New()) }
