// Package connector says what a connector is: one declaration, a struct literal,
// of a service that workflows can act on, with its credential types and actions.
// It knows nothing of AWS, storage or templates; each service has a folder below.
//
// Adding one is a folder with the declaration in <name>.go and a file per action,
// and one line in the catalog. The conformance suite in connectortest runs over
// everything that is in the catalog.
package connector

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"switchboard/internal/schema"
	"switchboard/internal/secret"
)

// Category groups connectors in the console.
type Category string

// The categories.
const (
	Email     Category = "email"
	Messaging Category = "messaging"
	CRM       Category = "crm"
	Ticketing Category = "ticketing"
	IoT       Category = "iot"
	HTTP      Category = "http"
	AI        Category = "ai"
	Data      Category = "data"
)

// Connector declares a service.
type Connector struct {
	Name       string // [a-z][a-z0-9_]*; the first part of a node type
	Title      string
	Category   Category
	Summary    string // one sentence, shown on the card
	SetupGuide string // Markdown, numbered steps: where the credential is found or made, scopes, common mistakes
	Icon       string // an SVG glyph, 24 by 24, drawn in currentColor

	// Base is the vendor's base URL, such as https://slack.com. "" where the
	// credential or the action names the host. -upstream replaces it.
	Base string
	// Hosts that calls may go to, besides Base's own. A connector whose host is
	// named by its credential returns it from CredentialHosts.
	Hosts           []string
	CredentialHosts func(Credential) []string
	// AnyHost lets the action name the host (http, webhook). Such a connector reaches public addresses only.
	AnyHost bool

	// CredentialTypes that the actions accept; the first one is offered first.
	CredentialTypes []CredentialType
	// CredentialOptional is set where actions work without one.
	CredentialOptional bool
	// Scopes are what its actions need of a grant, beyond CredentialType.OAuth's own.
	Scopes []string

	Actions []Action
	// Options load the values of fields, by the names that fields call them by.
	Options map[string]OptionLoader
}

// CredentialType is the shape of a secret. Connectors that accept the same type
// declare it with the same value.
type CredentialType struct {
	Name    string // as in the catalog: slack_bot_token
	Title   string
	Summary string
	Fields  schema.Fields
	// HintField names the field whose last characters tell credentials apart.
	HintField string
	// Verify asks the service whether the credential works. It must not change
	// anything there. nil where the service has no way to ask. A refusal is a
	// fault with code AuthFailed.
	Verify func(context.Context, *Call) (Identity, error)
	// OAuth is set where requests carry an access token that is got with the credential.
	OAuth *OAuth
}

// Identity says whose credential it is.
type Identity struct {
	Name   string         `json:"name" doc:"The workspace, mailbox or user that the credential belongs to"`
	Detail map[string]any `json:"detail,omitempty" doc:"What else the service says about it"`
}

// Action is something a connector can do; <connector>.<action> is a node type.
type Action struct {
	Name    string
	Title   string
	Summary string
	Input   schema.Fields
	Output  schema.Fields
	// OpenOutput is set where the output may hold more than Output names, so that
	// a path into the unknown part is not an error.
	OpenOutput bool

	// Ports is set where the step can be left by several ports, beside that of on_error.
	Ports *Ports

	// Repeatable says whether calling twice with this input does no more than
	// calling once: reads, full updates, and calls that carry Call.Key as the
	// service's own idempotency key. nil means never.
	Repeatable func(schema.Input) bool

	// Run calls the service. Errors are faults with the codes of the catalog; a
	// fault with Unsettled says that the effect may have happened.
	Run func(context.Context, *Call) (Output, error)

	// Examples are shown in the documentation and run as tests.
	Examples []Example
}

// Ports gives a step a port for each of some names, such as the categories into
// which a text is sorted. The edges of the port that the output names are taken; where
// there are none, those of the plain port.
type Ports struct {
	Names schema.Field // of Input, a list: the names. One that a template gives has no port
	Taken schema.Field // of Output, a text: the name of the port that is taken
}

// Output is what an action gives to later steps: at least the fields of Action.Output.
type Output map[string]any

// Example is a worked call: with this config, the service is sent Request and answers Response.
type Example struct {
	Title   string
	Config  map[string]any
	Request ExampleRequest
	// Response is what the service answers.
	Response ExampleResponse
	Output   map[string]any // what the action then gives
}

// ExampleRequest is what must reach the service. Empty members are not compared.
type ExampleRequest struct {
	Method string
	Path   string // with the query, as sent
	Header map[string]string
	Body   string // JSON is compared by value, form data by its fields, other text to the letter
}

// ExampleResponse is what the service answers.
type ExampleResponse struct {
	Status int // 0 means 200
	Header map[string]string
	Body   string
}

// Credential is an opened secret within a task. The zero value is "none".
type Credential struct {
	ID   string
	Type string
	Data schema.Input // read with the fields of its type
}

// IsZero says whether there is no credential.
func (c Credential) IsZero() bool { return c.Type == "" }

// Call is one invocation of an action or of Verify.
type Call struct {
	Input      schema.Input
	Credential Credential

	// Key is unique to execution, node and iteration and the same in every
	// attempt: what a service takes as idempotency key. Letters, digits and "-", at most 64.
	Key string

	// HTTP sends requests: guarded against forbidden addresses, limited to the
	// connector's hosts, without proxy.
	HTTP *http.Client
	// Dial opens TCP connections under the same guard, for services that don't speak HTTP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Upstream replaces scheme, host and path prefix of the service's base where it is set.
	Upstream *url.URL

	// Token gives the access token to send, where the credential's type has OAuth; else
	// it is nil. refused is a token that the service has just answered 401 to, "" for
	// none: then the token is renewed, once in a call. Errors are faults. Package rest
	// uses it by itself.
	Token func(ctx context.Context, refused string) (string, error)

	// Hide adds a value derived from a secret (an encoded header, a token that was
	// exchanged for it) to what is removed from outputs, errors and records.
	Hide func(value string)
	// Redact removes the credential's secrets, and what was hidden, from a text
	// such as the service's own words in an error.
	Redact func(text string) string

	Log *slog.Logger
	Now func() time.Time
}

// Secrets lists the secret values of the credential, by the fields of its type.
func (t CredentialType) Secrets(data schema.Input) []secret.Text {
	var secrets []secret.Text
	for _, f := range t.Fields {
		if f.Kind == schema.Secret && data.Has(f) {
			secrets = append(secrets, data.Secret(f))
		}
	}
	return secrets
}

// Action finds an action by name.
func (c Connector) Action(name string) (Action, bool) {
	for _, a := range c.Actions {
		if a.Name == name {
			return a, true
		}
	}
	return Action{}, false
}

// CredentialType finds an accepted credential type by name.
func (c Connector) CredentialType(name string) (CredentialType, bool) {
	for _, t := range c.CredentialTypes {
		if t.Name == name {
			return t, true
		}
	}
	return CredentialType{}, false
}

// Accepts says whether credentials of the type fit.
func (c Connector) Accepts(credentialType string) bool {
	_, ok := c.CredentialType(credentialType)
	return ok
}
