// Command hello is the least that a Lambda function can be, to compare with.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type hello struct{}

// Invoke answers with what it is sent.
func (hello) Invoke(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }

func main() { lambda.Start(hello{}) }
