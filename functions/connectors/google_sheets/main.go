// Command google_sheets is the Lambda function of the connector Google Sheets.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/google_sheets"
)

func main() { connectors.Run(googlesheets.New()) }
