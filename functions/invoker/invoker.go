// Package invoker is what the functions share that ask the connectors' functions.
package invoker

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"switchboard/internal/connector"
	"switchboard/internal/lambdahost"
	"switchboard/internal/lambdainvoke"
)

// New gives what asks the functions of the connectors that there are.
func New(h *lambdahost.Host, offered *connector.Catalog) *lambdainvoke.Connectors {
	var names []string
	for _, con := range offered.All() {
		names = append(names, con.Name)
	}
	return lambdainvoke.New(lambdainvoke.Config{
		Client: lambda.NewFromConfig(h.AWS()), Function: lambdainvoke.Named(h.Setting(lambdahost.ConnectorPrefix), names),
	})
}
