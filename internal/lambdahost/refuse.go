package lambdahost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchboard/internal/fault"
)

// wrongSettings is the kind of a failed start. The Runtime API has these names as
// Category.Reason.
const wrongSettings = "Switchboard.CannotStart"

// refuse tells the log, and Lambda, why the function does not start. The runtime's
// library has no way to say it, and Lambda would only see that a process ended.
//
// Source: Lambda developer guide, "Using the Lambda runtime API", Initialization error.
func (h *Host) refuse(cause error) {
	f := fault.Of(cause)
	h.Log.Error("function does not start", "error", cause.Error(), "hint", f.Hint)
	api := h.Optional("AWS_LAMBDA_RUNTIME_API")
	if api == "" {
		h.Log.Error("this is a Lambda function, which Lambda runs; go run ./infra/local runs everything on this machine")
		return
	}
	if err := report(api, strings.TrimSpace(f.Message+"\n"+f.Hint)); err != nil {
		h.Log.Error("telling Lambda that the function does not start", "error", err.Error())
	}
}

func report(api, message string) error {
	body, err := json.Marshal(map[string]any{"errorType": wrongSettings, "errorMessage": message, "stackTrace": []string{}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Lambda-Runtime-Function-Error-Type", wrongSettings)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("it answered %s", res.Status)
	}
	return nil
}
