package awskms_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"switchboard/internal/mototest"
)

// newClient returns a client as a function would have it, but for the address.
func newClient(address string, options ...func(*kms.Options)) *kms.Client {
	return kms.New(kms.Options{Region: mototest.Region, BaseEndpoint: aws.String(address), Credentials: mototest.Credentials()}, options...)
}
