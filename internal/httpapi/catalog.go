package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/oauth"
	"switchboard/internal/spelling"
)

// Catalog serves the connectors and the credential types that there are.
type Catalog struct {
	Connectors *connector.Catalog
	Grants     *oauth.Service // for what a person is told before access is asked for
}

// Mount adds the routes.
func (c Catalog) Mount(api huma.API) {
	tags := []string{"Catalog"}
	register(api, huma.Operation{
		OperationID: "list-connectors", Method: http.MethodGet, Path: "/v1/connectors",
		Summary: "List all connectors", Description: "In the order in which they are shown; the list has one page.", Tags: tags,
	}, c.connectors)
	register(api, huma.Operation{
		OperationID: "get-connector", Method: http.MethodGet, Path: "/v1/connectors/{name}",
		Summary: "Read a connector", Tags: tags,
	}, c.connector)
	register(api, huma.Operation{
		OperationID: "list-credential-types", Method: http.MethodGet, Path: "/v1/credential-types",
		Summary: "List all credential types", Description: "The list has one page.", Tags: tags,
	}, c.credentialTypes)
	register(api, huma.Operation{
		OperationID: "get-credential-type", Method: http.MethodGet, Path: "/v1/credential-types/{type}",
		Summary: "Read a credential type", Description: "Its fields are what a form asks for.", Tags: tags,
	}, c.credentialType)
	register(api, huma.Operation{
		OperationID: "import-curl", Method: http.MethodPost, Path: "/v1/connectors/http/import-curl",
		Summary: "Read a curl command into the config of a node", Description: "Nothing is stored. A secret in the command does not become part of the config; the answer says which credential to make.", Tags: tags,
	}, c.importCurl)
}

// connectorNameView names a connector where no more is needed.
type connectorNameView struct {
	Name     string `json:"name" example:"slack"`
	Title    string `json:"title" example:"Slack"`
	Category string `json:"category" example:"messaging"`
}

type connectorView struct {
	Name               string       `json:"name" doc:"The first part of its node types" example:"slack"`
	Title              string       `json:"title" example:"Slack"`
	Category           string       `json:"category" example:"messaging"`
	Summary            string       `json:"summary"`
	SetupGuide         string       `json:"setup_guide" doc:"Markdown: where the credential is found or made"`
	CredentialTypes    []string     `json:"credential_types" nullable:"false" doc:"The types that it takes; the first one is offered first"`
	CredentialOptional bool         `json:"credential_optional" doc:"Its actions work without a credential, too"`
	Icon               string       `json:"icon" doc:"SVG, 24 by 24, in currentColor"`
	Actions            []actionView `json:"actions" nullable:"false"`
}

type actionView struct {
	Name         string         `json:"name" example:"post_message"`
	Type         string         `json:"type" doc:"The node type" example:"slack.post_message"`
	Title        string         `json:"title" example:"Post a message"`
	Summary      string         `json:"summary"`
	InputSchema  map[string]any `json:"input_schema" doc:"JSON Schema of a node's config"`
	OutputSchema map[string]any `json:"output_schema" doc:"JSON Schema of what later steps can use"`
	Ports        *portsView     `json:"ports,omitempty" doc:"Where a node has a port for each text of a list in its config"`
}

type portsView struct {
	Names string `json:"names" doc:"The member of config, a list: each text without a variable is a port" example:"categories"`
	Taken string `json:"taken" doc:"The member of the output that names the port which is taken; where no edge leaves by it, the edges without a port are" example:"category"`
}

func viewConnector(con connector.Connector) connectorView {
	v := connectorView{
		Name: con.Name, Title: con.Title, Category: string(con.Category), Summary: con.Summary, SetupGuide: con.SetupGuide,
		CredentialTypes: typeNames(con), CredentialOptional: con.CredentialOptional, Icon: con.Icon,
		Actions: make([]actionView, len(con.Actions)),
	}
	for i, a := range con.Actions {
		v.Actions[i] = actionView{
			Name: a.Name, Type: con.Name + "." + a.Name, Title: a.Title, Summary: a.Summary,
			InputSchema: a.Input.JSONSchema(), OutputSchema: a.Output.OutputSchema(),
		}
		if a.Ports != nil {
			v.Actions[i].Ports = &portsView{Names: a.Ports.Names.Name, Taken: a.Ports.Taken.Name}
		}
	}
	return v
}

func typeNames(con connector.Connector) []string {
	names := make([]string, len(con.CredentialTypes))
	for i, t := range con.CredentialTypes {
		names[i] = t.Name
	}
	return names
}

// accepting names the connectors that take credentials of a type.
func accepting(catalog *connector.Catalog, credentialType string) []connectorNameView {
	names := []connectorNameView{}
	for _, con := range catalog.Accepting(credentialType) {
		names = append(names, connectorNameView{Name: con.Name, Title: con.Title, Category: string(con.Category)})
	}
	return names
}

func (c Catalog) connectors(context.Context, account.Principal, *struct{}) (*shown[listView[connectorView]], error) {
	all := listView[connectorView]{Items: []connectorView{}}
	for _, con := range c.Connectors.All() {
		all.Items = append(all.Items, viewConnector(con))
	}
	return show(all), nil
}

type connectorName struct {
	Name string `path:"name" doc:"The connector's name" example:"slack"`
}

func (c Catalog) connector(_ context.Context, _ account.Principal, in *connectorName) (*shown[connectorView], error) {
	con, ok := c.Connectors.Connector(in.Name)
	if !ok {
		var names []string
		for _, known := range c.Connectors.All() {
			names = append(names, known.Name)
		}
		return nil, fault.NotFoundf("There is no connector %q.", in.Name).WithHint("%s", spelling.Hint(in.Name, names, "The connectors are"))
	}
	return show(viewConnector(con)), nil
}

type credentialTypeView struct {
	Type       string              `json:"type" example:"slack_bot_token"`
	Title      string              `json:"title" example:"Slack bot token"`
	Summary    string              `json:"summary"`
	Fields     map[string]any      `json:"fields" doc:"JSON Schema of data. Members that begin with x- say how a form shows it; what is writeOnly is secret"`
	OAuth      *oauthView          `json:"oauth,omitempty" doc:"How access is granted, where a person is asked for it"`
	Verifiable bool                `json:"verifiable" doc:"There is a way to ask the service whether a credential works"`
	Connectors []connectorNameView `json:"connectors" nullable:"false" doc:"The connectors that take it"`
}

func (c Catalog) view(t connector.CredentialType) credentialTypeView {
	return credentialTypeView{
		Type: t.Name, Title: t.Title, Summary: t.Summary, Fields: t.Fields.JSONSchema(),
		OAuth: c.oauth(t), Verifiable: c.verifiable(t.Name), Connectors: accepting(c.Connectors, t.Name),
	}
}

// verifiable says whether any of the connectors that take a type can verify it.
func (c Catalog) verifiable(credentialType string) bool {
	for _, con := range c.Connectors.Accepting(credentialType) {
		if t, _ := con.CredentialType(credentialType); t.Verify != nil {
			return true
		}
	}
	return false
}

func (c Catalog) credentialTypes(context.Context, account.Principal, *struct{}) (*shown[listView[credentialTypeView]], error) {
	all := listView[credentialTypeView]{Items: []credentialTypeView{}}
	for _, name := range c.Connectors.CredentialTypes() {
		t, _ := c.Connectors.CredentialType(name)
		all.Items = append(all.Items, c.view(t))
	}
	return show(all), nil
}

type credentialTypeName struct {
	Type string `path:"type" doc:"The credential type's name" example:"slack_bot_token"`
}

func (c Catalog) credentialType(_ context.Context, _ account.Principal, in *credentialTypeName) (*shown[credentialTypeView], error) {
	t, ok := c.Connectors.CredentialType(in.Type)
	if !ok {
		return nil, fault.NotFoundf("There is no credential type %q.", in.Type).
			WithHint("%s", spelling.Hint(in.Type, c.Connectors.CredentialTypes(), "The types are"))
	}
	return show(c.view(t)), nil
}
