package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
)

// FieldOptions serves the values that fields may take, as services know them.
type FieldOptions struct{ Service *credential.Options }

// Mount adds the routes.
func (o FieldOptions) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "list-options", Method: http.MethodGet, Path: "/v1/credentials/{id}/options",
		Summary: "List the values that a field may take", Tags: []string{"Credentials"},
		Description: "For fields whose schema says x-options. The service is asked with the credential, which has to be linked; its answers are kept for five minutes. " +
			"A value that is not in the list may be typed all the same.",
		Errors: []int{http.StatusBadGateway},
	}, o.list)
}

type optionQuery struct {
	ID        string `path:"id" doc:"The credential's id"`
	Connector string `query:"connector" doc:"The connector" example:"slack"`
	Action    string `query:"action" doc:"The action" example:"post_message"`
	Field     string `query:"field" doc:"The field of the action whose values are wanted" example:"channel"`
	Query     string `query:"query" doc:"What people have typed: only values with it, or close to it"`
	Cursor    string `query:"cursor" doc:"Where the page begins: next_cursor of the page before"`
	Values    string `query:"values" doc:"A JSON object with the values of the fields that x-options-depends names" example:"{\"project\":\"OPS\"}"`
	Agent     string `query:"agent" doc:"The agent that the credential has to be linked to; any if it is not given"`
}

func (o FieldOptions) list(ctx context.Context, p account.Principal, in *optionQuery) (*shown[listView[connector.Option]], error) {
	page, err := o.Service.Load(ctx, p, in.ID, credential.OptionQuestion{
		Connector: in.Connector, Action: in.Action, Field: in.Field, Agent: in.Agent, Search: in.Query, Cursor: in.Cursor, Values: in.Values,
	})
	if err != nil {
		return nil, err
	}
	return show(listView[connector.Option]{Items: list(page.Items), NextCursor: page.Next}), nil
}
