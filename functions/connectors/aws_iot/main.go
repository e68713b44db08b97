// Command aws_iot is the Lambda function of the connector AWS IoT Core.
package main

import (
	"switchboard/functions/connectors"
	"switchboard/internal/connector/aws_iot"
)

func main() { connectors.Run(awsiot.New()) }
