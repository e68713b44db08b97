package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/connector"
	"switchboard/internal/oauth"
)

// OAuth serves grants: where a person goes to give one, and where they come back.
type OAuth struct{ Service *oauth.Service }

// Mount adds the routes.
func (o OAuth) Mount(api huma.API) {
	tags := []string{"Credentials"}
	register(api, huma.Operation{
		OperationID: "authorize", Method: http.MethodPost, Path: "/v1/oauth/{credential_type}/authorize",
		Summary: "Ask a person to grant access",
		Description: "Open the url in a browser within 10 minutes. It ends in a stored credential, and in a page that tells the window which opened it: " +
			"`{type: \"switchboard:oauth\", ok, credential, credential_type, detail}` by postMessage, and on the BroadcastChannel `switchboard:oauth`.",
		Tags: tags,
	}, o.authorize)
	mount(api, huma.Operation{
		OperationID: "oauth-callback", Method: http.MethodGet, Path: oauth.CallbackPath,
		Summary: "Come back from granting access", Description: "For browsers. Whose it is says the state, which counts once.", Tags: tags,
		Middlewares: huma.Middlewares{forHEAD},
		Responses: map[string]*huma.Response{
			"200": {Description: "Connected", Content: map[string]*huma.MediaType{mediaHTML: {}}},
			"400": {Description: "The state is not known, was used, or has expired", Content: map[string]*huma.MediaType{mediaHTML: {}}},
			"403": {Description: "Access was not granted", Content: map[string]*huma.MediaType{mediaHTML: {}}},
		},
	}, o.callback)
	api.OpenAPI().Paths[oauth.CallbackPath].Get.Responses["default"].Content[mediaHTML] = &huma.MediaType{}
}

// forHEAD answers HEAD, by which scanners look at addresses before people do: what a GET
// would do is not done.
func forHEAD(ctx huma.Context, next func(huma.Context)) {
	if ctx.Method() != http.MethodHead {
		next(ctx)
		return
	}
	ctx.SetHeader("Content-Type", mediaHTML)
	ctx.SetStatus(http.StatusOK)
}

type authorization struct {
	CredentialType string `path:"credential_type" doc:"The credential type" example:"google_oauth2"`
	Body           struct {
		Name       string         `json:"name,omitempty" nullable:"true" doc:"What people call the credential; whose it is if there is none"`
		Data       map[string]any `json:"data,omitempty" nullable:"true" writeOnly:"true" doc:"The client's fields: client_id, client_secret and so on. Not needed where oauth.app is true, or for a credential that is stored"`
		Agent      string         `json:"agent,omitempty" nullable:"true" doc:"The agent to link the credential to afterwards"`
		Credential string         `json:"credential,omitempty" nullable:"true" doc:"A stored credential that gets the new grant, in place of a new credential"`
		Connectors []string       `json:"connectors,omitempty" nullable:"true" doc:"The connectors that will use it: what they need is asked for, besides what was granted before. If there are none, the first one that takes the type" example:"gmail"`
		Scopes     []string       `json:"scopes,omitempty" nullable:"true" doc:"Scopes to ask for besides"`
	}
}

type authorizeView struct {
	URL string `json:"url" format:"uri" doc:"The service's page where a person grants access"`
}

func (o OAuth) authorize(ctx context.Context, p account.Principal, in *authorization) (*shown[authorizeView], error) {
	b := in.Body
	page, err := o.Service.Authorize(ctx, p, in.CredentialType, oauth.Request{
		Name: b.Name, Data: b.Data, Agent: b.Agent, Credential: b.Credential, Connectors: b.Connectors, Scopes: b.Scopes,
	})
	if err != nil {
		return nil, err
	}
	return show(authorizeView{URL: page}), nil
}

type callback struct {
	State       string `query:"state" doc:"As the service was given it"`
	Code        string `query:"code" doc:"What the grant is exchanged for"`
	Error       string `query:"error" doc:"Why access was not granted"`
	Description string `query:"error_description" doc:"The same for people"`
}

func (o OAuth) callback(ctx context.Context, in *callback) (*htmlPage, error) {
	outcome, err := o.Service.Receive(ctx, oauth.Answer{State: in.State, Code: in.Code, Error: in.Error, Description: in.Description})
	if err != nil {
		traceOf(ctx).failure = err
		return notConnected(err)
	}
	c := outcome.Credential
	title := c.Type
	if t, ok := o.Service.Catalog.CredentialType(c.Type); ok {
		title = t.Title
	}
	return connected(title, outcome)
}

// oauthView is what a form has to know about grants of a type.
type oauthView struct {
	App         bool                `json:"app" doc:"This deployment has a client of its own: no client ID and secret need to be entered"`
	Authorize   string              `json:"authorize" doc:"Where a grant is asked for: POST" example:"/v1/oauth/google_oauth2/authorize"`
	RedirectURI string              `json:"redirect_uri" format:"uri" doc:"What has to be registered for a client of one's own"`
	Scopes      []string            `json:"scopes" nullable:"false" doc:"What is asked for whatever the connector"`
	Connectors  map[string][]string `json:"connector_scopes" doc:"What a connector needs besides, by its name"`
	ByClient    bool                `json:"client_credentials" doc:"A credential may work without a grant, by its client ID and secret alone"`
}

func (c Catalog) oauth(t connector.CredentialType) *oauthView {
	if t.OAuth == nil || t.OAuth.AuthorizeURL == nil || c.Grants == nil {
		return nil
	}
	v := &oauthView{
		App: t.OAuth.App != "" && c.Grants.Apps[t.OAuth.App], Authorize: "/v1/oauth/" + t.Name + "/authorize", RedirectURI: c.Grants.RedirectURI(),
		Scopes: list(t.OAuth.Scopes), Connectors: map[string][]string{}, ByClient: t.OAuth.ClientCredentials != nil,
	}
	for _, con := range c.Connectors.Accepting(t.Name) {
		v.Connectors[con.Name] = list(con.Scopes)
	}
	return v
}
