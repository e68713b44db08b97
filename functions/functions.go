// Package functions is what the mains below it share: how the parts of a deployment
// are joined, each once; packages runner, invoker and connectors hold what only some
// of them need. A folder with a main is one Lambda function, with the role that
// template.yaml gives it; so a main takes only those parts that its role allows. What
// it takes makes no call to AWS.
package functions

import (
	"net/http"
	"time"

	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/dynamo"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
)

// Store is the deployment's table.
func Store(h *lambdahost.Host) *dynamo.Store {
	return dynamo.New(dynamodb.New(h.AWS()), dynamo.Options{Table: h.Setting(lambdahost.Table), Now: time.Now, Log: h.Log})
}

// API serves resources of the HTTP API to callers whom API Gateway has let in.
func API(h *lambdahost.Host, resources ...httpapi.Resource) lambdahost.Handler {
	return h.HTTP(Serve(h, resources...))
}

// Scoped is API where keys of one agent can be used for what is found by its own id.
func Scoped(h *lambdahost.Host, owners httpapi.Owners, resources ...httpapi.Resource) lambdahost.Handler {
	return h.HTTP(serve(h, owners, resources))
}

// Serve is API as an http.Handler.
func Serve(h *lambdahost.Host, resources ...httpapi.Resource) http.Handler {
	return serve(h, nil, resources)
}

func serve(h *lambdahost.Host, owners httpapi.Owners, resources []httpapi.Resource) http.Handler {
	return httpapi.Serve(httpapi.Options{
		Authenticate: lambdahost.Authenticate, Owners: owners, PublicURL: h.Setting(lambdahost.PublicURL), Log: h.Log,
	}, resources...)
}
