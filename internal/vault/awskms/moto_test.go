package awskms_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"switchboard/internal/mototest"
)

// config is what a function's clients are made from, but for the address.
func config(address string) aws.Config {
	return aws.Config{Region: mototest.Region, BaseEndpoint: aws.String(address), Credentials: mototest.Credentials()}
}
