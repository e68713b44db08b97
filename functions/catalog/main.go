// Command catalog is the Lambda function that serves the connectors that there are,
// and the description of the whole API.
package main

import (
	"net/http"

	"switchboard/functions"
	"switchboard/internal/catalog"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/oauth"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	routes := http.NewServeMux()
	grants := oauth.NewService(oauth.Config{PublicURL: h.Setting(lambdahost.PublicURL)})
	routes.Handle("/", functions.Serve(h, httpapi.Catalog{Connectors: offered, Grants: grants}))
	routes.Handle("GET /openapi.json", httpapi.New(httpapi.Config{PublicURL: h.Setting(lambdahost.PublicURL)}))
	return h.HTTP(routes), err
}
