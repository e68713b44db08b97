// Command console is the Lambda function that serves the web console. Its pages are
// beside it, in the folder ui: sam build puts them there (see Makefile).
package main

import (
	"os"
	"path/filepath"

	"switchboard/functions/console/ui"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	pages, err := ui.Handler(os.DirFS(filepath.Join(h.Setting("LAMBDA_TASK_ROOT"), "ui")))
	return h.HTTP(pages), err
}
