// Command catalog is the Lambda function that serves the connectors that there are,
// and the description of the whole API.
package main

import (
	"net/http"

	"switchboard/functions"
	"switchboard/internal/catalog"
	"switchboard/internal/connector"
	"switchboard/internal/httpapi"
	"switchboard/internal/lambdahost"
	"switchboard/internal/oauth"
	"switchboard/internal/task"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	offered, err := catalog.New()
	routes := http.NewServeMux()
	grants := oauth.NewService(oauth.Config{PublicURL: h.Setting(lambdahost.PublicURL), Apps: apps(h, offered)})
	routes.Handle("/", functions.Serve(h, httpapi.Catalog{Connectors: offered, Grants: grants}))
	routes.Handle("GET /openapi.json", httpapi.New(httpapi.Config{PublicURL: h.Setting(lambdahost.PublicURL)}))
	return h.HTTP(routes), err
}

// apps are the providers with which this deployment has a client of its own.
func apps(h *lambdahost.Host, offered *connector.Catalog) map[string]bool {
	have := map[string]bool{}
	for _, name := range offered.CredentialTypes() {
		if t, _ := offered.CredentialType(name); t.OAuth != nil && t.OAuth.App != "" {
			have[t.OAuth.App] = h.Optional(task.AppVariable(t.OAuth.App, "ID")) != ""
		}
	}
	return have
}
