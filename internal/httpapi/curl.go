package httpapi

import (
	"context"

	"switchboard/internal/account"
	"switchboard/internal/connector/http/curl"
)

type curlCommand struct {
	Body struct {
		Curl string `json:"curl" minLength:"1" maxLength:"65536" pattern:"\\S" doc:"The command, for a POSIX shell or for the Windows command prompt, up to 64 KiB. It is read, not run, and not stored" example:"curl https://api.example.com/orders"`
	}
}

type curlImportView struct {
	Type           string              `json:"type" doc:"The node type" example:"http.request"`
	Config         map[string]any      `json:"config" nullable:"false" doc:"The node's config. It holds no secret that authorizes the request"`
	TimeoutSeconds int                 `json:"timeout_seconds,omitempty" doc:"The node's, where the command names one"`
	Credential     *curlCredentialView `json:"credential,omitempty" doc:"The credential to make for the node, where the command authorizes itself"`
	Warnings       []curlWarningView   `json:"warnings" nullable:"false" doc:"What is different from the command, or left to do"`
}

type curlCredentialView struct {
	Type   string         `json:"type" doc:"A credential type of the connector" example:"http_bearer"`
	Data   map[string]any `json:"data,omitempty" doc:"Values of its fields that are not secret, such as the name of a header"`
	Detail string         `json:"detail" doc:"What was found, for people"`
}

type curlWarningView struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty" doc:"What to do about it"`
}

func (c Catalog) importCurl(_ context.Context, _ account.Principal, in *curlCommand) (*shown[curlImportView], error) {
	imported, err := curl.Read(in.Body.Curl)
	if err != nil {
		return nil, err
	}
	v := curlImportView{
		Type: curl.NodeType, Config: imported.Config, TimeoutSeconds: imported.TimeoutSeconds, Warnings: make([]curlWarningView, len(imported.Warnings)),
	}
	for i, w := range imported.Warnings {
		v.Warnings[i] = curlWarningView{Message: w.Message, Hint: w.Hint}
	}
	if made := imported.Credential; made != nil {
		v.Credential = &curlCredentialView{Type: made.Type, Data: made.Data, Detail: made.Detail}
	}
	return show(v), nil
}
