package sam

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"text/template"

	_ "embed"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The lines between which the generated part is.
const (
	begin = "  # BEGIN connectors: written by go generate ./infra\n"
	end   = "  # END connectors\n"
)

// Generate replaces the connectors' part of a template.
func Generate(text []byte, connectors []connector.Connector) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		return nil, errors.New("the template has no lines " + strings.TrimSpace(begin) + " and " + strings.TrimSpace(end))
	}
	part, err := connectorsPart(connectors)
	if err != nil {
		return nil, err
	}
	return slices.Concat(before, []byte(begin), part, []byte(end), after), nil
}

//go:embed connectors.yaml.tmpl
var layout string

// function is what the layout is filled with, one for each connector.
type function struct {
	ID    string   // of its resources
	Name  string   // of the connector
	Title string   // as people know it
	Types []string // of the credentials that it may open
	// App is the provider with which the deployment may have an OAuth client of its own.
	App string
	// Files is set where an action takes or gives files.
	Files bool
	// Granted are those of the types with which tokens are got: the connector notes at
	// the credential that the service refuses it.
	Granted []string
	// Renewed are those of them whose secret is a grant of OAuth, which the connector
	// renews and seals again.
	Renewed []string
}

func connectorsPart(connectors []connector.Connector) ([]byte, error) {
	t, err := template.New("connectors").Funcs(template.FuncMap{
		"join": strings.Join, "upper": strings.ToUpper, "parameter": AppParameter,
	}).Parse(layout)
	if err != nil {
		return nil, err
	}
	var functions []function
	for _, con := range connectors {
		f := function{ID: ConnectorID(con.Name), Name: con.Name, Title: con.Title, Files: Files(con)}
		for _, credentialType := range con.CredentialTypes {
			f.Types = append(f.Types, credentialType.Name)
			if credentialType.OAuth != nil && credentialType.OAuth.App != "" {
				f.App = credentialType.OAuth.App
			}
			if credentialType.OAuth != nil {
				f.Granted = append(f.Granted, credentialType.Name)
			}
			if Renews(credentialType) {
				f.Renewed = append(f.Renewed, credentialType.Name)
			}
		}
		for _, types := range [][]string{f.Types, f.Granted, f.Renewed} {
			slices.Sort(types)
		}
		functions = append(functions, f)
	}
	slices.SortFunc(functions, func(a, b function) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	err = t.Execute(&out, functions)
	return out.Bytes(), err
}

// Renews says whether secrets of a type are grants, which a connector renews: these
// have a refresh token among their fields.
func Renews(t connector.CredentialType) bool {
	return slices.ContainsFunc(t.Fields, func(f schema.Field) bool { return f.Name == "refresh_token" })
}

// Files says whether an action of a connector takes or gives files. They go in base64,
// as the field content_base64 of an item, or as what another field says to be encoded.
func Files(con connector.Connector) bool {
	return slices.ContainsFunc(con.Actions, func(a connector.Action) bool {
		return slices.ContainsFunc(slices.Concat(a.Input, a.Output), isFile)
	})
}

func isFile(f schema.Field) bool {
	return f.EncodedBy != "" || f.Name == "content_base64" || slices.ContainsFunc(f.Fields, isFile)
}

// AppParameter is the parameter of the template with the id of the deployment's own
// client: GoogleClientId.
func AppParameter(provider string) string {
	return strings.ToUpper(provider[:1]) + provider[1:] + "ClientId"
}

// ConnectorID is the logical id of a connector's function: WhatsappCloudConnector.
func ConnectorID(name string) string {
	var id strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		id.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return id.String() + "Connector"
}
