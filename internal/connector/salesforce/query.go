package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"sync"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	soql = schema.Field{
		Name: "soql", Kind: schema.Text, Title: "SOQL", Required: true, Escape: template.TargetSOQL, MaxLength: 100_000,
		Placeholder: "SELECT Id, Name FROM Account WHERE Name = '{{trigger.body.company}}' LIMIT 10",
		Help:        "The query. Put single quotes around variables that are texts: they cannot break out of them.",
	}
	limit = schema.Field{
		Name: "limit", Kind: schema.Integer, Title: "Limit", Default: int64(1000), Min: schema.Limit(1), Max: schema.Limit(10_000), Advanced: true,
		Help: "How many records are read at most. Salesforce gives up to 2,000 at once; more take more calls.",
	}
	records = schema.Field{
		Name: "records", Kind: schema.Values, Title: "Records", Required: true,
		Help: "The records, each with the fields that the query names.",
	}
	total = schema.Field{
		Name: "total", Kind: schema.Integer, Title: "Total", Required: true, Help: "How many records there are, whatever the limit.",
	}
)

// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_query.htm
var query = connector.Action{
	Name:       "query",
	Title:      "Query records",
	Summary:    "Find records with a query in SOQL.",
	Input:      schema.Fields{soql, limit},
	Output:     schema.Fields{records, total},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runQuery,
	Examples: []connector.Example{{
		Title:   "Find open cases of a company",
		Config:  map[string]any{"soql": "SELECT Id, Subject FROM Case WHERE IsClosed = false AND Account.Name = 'Bob\\'s BBQ'"},
		Request: connector.ExampleRequest{Method: http.MethodGet, Path: "/services/data/v64.0/query?q=SELECT+Id%2C+Subject+FROM+Case+WHERE+IsClosed+%3D+false+AND+Account.Name+%3D+%27Bob%5C%27s+BBQ%27"},
		Response: connector.ExampleResponse{Body: `{"totalSize": 1, "done": true, "records": [` +
			`{"attributes": {"type": "Case", "url": "/services/data/v64.0/sobjects/Case/5005g00000XyZabAAF"}, "Id": "5005g00000XyZabAAF", "Subject": "Grill is cold"}]}`},
		Output: map[string]any{"total": 1, "records": []any{map[string]any{"Id": "5005g00000XyZabAAF", "Subject": "Grill is cold"}}},
	}},
}

// nextPage is the path of another page: a locator, and where it goes on.
var nextPage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/services/data/v[0-9.]+/query/([A-Za-z0-9-]+)$`) })

func runQuery(ctx context.Context, call *connector.Call) (connector.Output, error) {
	most := call.Input.Int(limit)
	request := rest.Request{Path: data("query"), Query: url.Values{"q": {call.Input.Text(soql)}}}
	var trail rest.Trail
	found := []any{}
	for {
		var answer struct {
			Total   any    `json:"totalSize"`
			Done    bool   `json:"done"`
			Next    string `json:"nextRecordsUrl"`
			Records []any  `json:"records"`
		}
		if _, err := service.JSON(ctx, call, request, &answer); err != nil {
			return nil, err
		}
		for _, r := range answer.Records {
			if len(found) < most {
				found = append(found, plain(r))
			}
		}
		if answer.Done || len(found) >= most || !trail.Leads(answer.Next) {
			return connector.Output{records.Name: found, total.Name: answer.Total}, nil
		}
		page := nextPage().FindStringSubmatch(answer.Next)
		if page == nil {
			return nil, fault.New(fault.BadResponse, "Salesforce named a next page that is none of its queries.")
		}
		request = rest.Request{Path: data("query", page[1])}
	}
}

// plain is a record without what Salesforce says about it: its kind, which the query
// names, and where the API has it. Records of a relation are records, too.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			if name != "attributes" {
				out[name] = plain(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plain(value)
		}
		return out
	default:
		return v
	}
}
