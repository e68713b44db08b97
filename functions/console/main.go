// Command console is the Lambda function that serves the web console, and says how
// people sign in to it. Its pages are beside it, in the folder ui: sam build puts them
// there (see Makefile).
package main

import (
	"os"
	"path/filepath"

	"switchboard/functions/console/ui"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	pages, err := ui.Handler(os.DirFS(filepath.Join(h.Setting("LAMBDA_TASK_ROOT"), "ui")), ui.SignIn{
		Issuer: h.Setting(lambdahost.Issuer), ClientID: h.Setting(lambdahost.Audience),
		Scope: h.Setting(lambdahost.SignInScope), TokenOrigin: h.Optional(lambdahost.TokenOrigin),
	})
	return h.HTTP(pages), err
}
