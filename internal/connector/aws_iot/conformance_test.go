package awsiot_test

import (
	"testing"

	"switchboard/internal/connector"
	awsiot "switchboard/internal/connector/aws_iot"
	"switchboard/internal/connector/connectortest"
)

// key is the credential of the tests.
var key = map[string]any{
	"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "c4n4ry/K7MDENG/bPxRfiCYEXAMPLEKEYabcdefg", "region": "eu-west-1",
	"endpoint": "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com",
}

var described = connectortest.VerifyAnswer("aws_access_key", connector.ExampleResponse{Body: `{"endpointAddress": "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com"}`})

func TestConformance(t *testing.T) {
	connectortest.Run(t, awsiot.New(), connectortest.Credential("aws_access_key", key), described)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, awsiot.New(), nil, connectortest.Credential("aws_access_key", key), described)
}
