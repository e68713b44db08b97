package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/bundle"
)

// Bundles exports and imports what an account has, without secrets.
type Bundles struct{ Service *bundle.Service }

// Mount adds the routes.
func (b Bundles) Mount(api huma.API) {
	tags := []string{"Export and import"}
	register(api, huma.Operation{
		OperationID: "export-bundle", Method: http.MethodGet, Path: "/v1/export", Tags: tags,
		Summary: "Export agents and workflows, without secrets",
		Description: "One document with agents, their links, and workflows: drafts, and what is published of them. Credentials are in it by type and name only. " +
			"Documents are in it as they are. POST /v1/import takes it, in this account or another one.",
		Errors: []int{http.StatusNotFound, http.StatusRequestEntityTooLarge},
	}, b.export)
	register(api, huma.Operation{
		OperationID: "import-bundle", Method: http.MethodPost, Path: "/v1/import", Tags: tags,
		Summary: "Import agents and workflows",
		Description: "Everything is checked before anything is done. In the place of a credential comes one of the account with the same type and name; where there is none, the report says `missing`: " +
			"connect it and import again, and it is put in. An agent whose name is taken is renamed. Importing the same again makes nothing twice, and one that was cut off goes on. " +
			"Nothing is published unless publish is set: schedules and webhooks of two accounts would do everything twice.",
		MaxBodyBytes: bundle.MaxBytes + maxBody,
		Errors:       []int{http.StatusTooManyRequests},
	}, b.imports)
}

type exportQuery struct {
	Agent string `query:"agent_id" minLength:"1" doc:"Only this agent"`
}

func (b Bundles) export(ctx context.Context, p account.Principal, in *exportQuery) (*shown[bundle.Bundle], error) {
	exported, err := b.Service.Export(ctx, p, in.Agent)
	if err != nil {
		return nil, err
	}
	return show(exported), nil
}

type importRequest struct {
	DryRun  bool `query:"dry_run" doc:"Only say what would be done"`
	Publish bool `query:"publish" doc:"Publish what was published where the bundle is from, as far as it has no errors"`
	Replace bool `query:"replace" doc:"Replace drafts that are there and differ; without it they are kept"`
	Body    bundle.Bundle
}

func (b Bundles) imports(ctx context.Context, p account.Principal, in *importRequest) (*shown[bundle.Report], error) {
	report, err := b.Service.Import(ctx, p, in.Body, bundle.Options{DryRun: in.DryRun, Publish: in.Publish, Replace: in.Replace})
	if err != nil {
		return nil, err
	}
	return show(report), nil
}
