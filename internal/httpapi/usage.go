package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/usage"
)

// Usage serves what an account used.
type Usage struct{ Service *usage.Service }

// Mount adds the routes.
func (u Usage) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "get-usage", Method: http.MethodGet, Path: "/v1/usage", Tags: []string{"Usage"},
		Summary:     "Read what the account used",
		Description: "Executions, runs of action nodes, and calls by connector, in all and for each day (UTC) or month on which there were any. Without from and to it is the last 30 days. Counts are written about once a minute.",
	}, u.get)
}

type usageQuestion struct {
	From string `query:"from" doc:"The first day, such as 2026-02-01"`
	To   string `query:"to" doc:"The last day; today if there is none"`
	By   string `query:"by" enum:"day,month" default:"day" doc:"What the counts are given for"`
}

type usageView struct {
	From   string            `json:"from" doc:"The first day" example:"2026-02-01"`
	To     string            `json:"to" doc:"The last day" example:"2026-02-28"`
	Total  usage.Counts      `json:"total" doc:"All of the time"`
	Counts []usagePeriodView `json:"counts" nullable:"false" doc:"Each day, or month, with any use"`
}

type usagePeriodView struct {
	Period string `json:"period" doc:"The day or the month" example:"2026-02-28"`
	usage.Counts
}

func (u Usage) get(ctx context.Context, p account.Principal, in *usageQuestion) (*shown[usageView], error) {
	days, from, to, err := u.Service.Usage(ctx, p, in.From, in.To)
	if err != nil {
		return nil, err
	}
	view := usageView{From: from, To: to, Counts: []usagePeriodView{}}
	view.Total.Connectors = map[string]usage.Calls{}
	for _, day := range days {
		period := day.Day
		if in.By == "month" {
			period = period[:len("2006-01")]
		}
		if n := len(view.Counts); n == 0 || view.Counts[n-1].Period != period {
			view.Counts = append(view.Counts, usagePeriodView{Period: period, Counts: usage.Counts{Connectors: map[string]usage.Calls{}}})
		}
		view.Counts[len(view.Counts)-1].Add(day.Counts)
		view.Total.Add(day.Counts)
	}
	return show(view), nil
}
