package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/quota"
)

// Quotas shows what the account may take.
type Quotas struct{ Settings quota.Settings }

// Mount adds the route.
func (q Quotas) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "list-quotas", Method: http.MethodGet, Path: "/v1/quotas", Tags: []string{"Quotas"},
		Summary:     "List what the account may take",
		Description: "Who asks for more gets 429 `too_many_requests`, with Retry-After; a payload that is too large 413. Whoever runs Switchboard sets them.",
	}, q.list)
}

type quotaView struct {
	Name    string `json:"name" example:"executions_per_minute"`
	Limit   int    `json:"limit" doc:"The most that the account may have; 0 is no bound"`
	Summary string `json:"summary" doc:"What it bounds"`
}

func (q Quotas) list(_ context.Context, p account.Principal, _ *struct{}) (*shown[listView[quotaView]], error) {
	v := listView[quotaView]{Items: []quotaView{}}
	for _, one := range q.Settings.Show(p.Account) {
		v.Items = append(v.Items, quotaView{Name: one.Name, Limit: one.Limit, Summary: one.Summary})
	}
	return show(v), nil
}
