// Package thingsboard is the connector for devices on a ThingsBoard server.
//
// ThingsBoard's device API wants the device's token as part of the path, so it has
// to stay out of every error and log. rest never quotes an address, and what a
// server might repeat of it is redacted in the form in which a path holds it.
//
// Source: https://thingsboard.io/docs/reference/http-api/
package thingsboard

import (
	"context"
	_ "embed" // the guide and the glyph
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "thingsboard",
		Title:           "ThingsBoard",
		Category:        connector.IoT,
		Summary:         "Send telemetry and attributes to ThingsBoard as one of its devices.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: hosts,
		CredentialTypes: []connector.CredentialType{{
			Name:      "thingsboard_device",
			Title:     "ThingsBoard device",
			Summary:   "The access token of one device, and the server that knows it.",
			Fields:    schema.Fields{host, accessToken},
			HintField: accessToken.Name,
		}},
		Actions: []connector.Action{sendTelemetry, sendAttributes},
	}
}

var service = rest.Service{Title: "ThingsBoard", BaseOf: base, Explain: explain}

// The credential's fields.
var (
	host = schema.Field{
		Name: "host", Kind: schema.Text, Title: "Host", Required: true, MaxLength: 2048, Placeholder: "https://thingsboard.cloud",
		Help:    "The address of the ThingsBoard server, where you log in. Without http:// or https:// before it the connection is encrypted.",
		Pattern: `(?:https?://)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:[/?#].*)?`, PatternHint: "A name or an IP address, such as https://thingsboard.cloud or http://192.0.2.7:8080.",
	}
	accessToken = schema.Field{
		Name: "access_token", Kind: schema.Secret, Title: "Access token", Required: true, MaxLength: 255,
		Help:    "The device's own access token, as Manage credentials shows it.",
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
	}
)

// base gives the address of the server. Many run in a company's own network, by IP
// address and without encryption; -allow-net lets a deployment reach such a network.
func base(c connector.Credential) string {
	address := c.Data.Text(host)
	if !strings.HasPrefix(address, "http://") {
		address = "https://" + strings.TrimPrefix(address, "https://")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func hosts(c connector.Credential) []string {
	_, name, ok := strings.Cut(base(c), "://")
	if !ok {
		return nil
	}
	return []string{name}
}

// post sends what the device has to say to one of its resources. ThingsBoard
// answers with nothing but a status.
func post(ctx context.Context, call *connector.Call, resource string, body any) error {
	path := rest.Path("api", "v1", call.Credential.Data.Text(accessToken), resource)
	_, err := service.Do(ctx, call, rest.Request{Path: path, JSON: body})
	return err
}

// readValues reads what to send. Keys without a name, and nothing at all, are
// accepted by ThingsBoard and then lost.
func readValues(in schema.Input, f schema.Field) (map[string]any, error) {
	values := in.Map(f)
	if len(values) == 0 {
		const missing = "There is no value to send."
		return nil, fault.New(fault.InvalidInput, missing).At("/"+f.Name, missing)
	}
	if _, ok := values[""]; ok {
		const unnamed = "A value has no name."
		return nil, fault.New(fault.InvalidInput, unnamed).WithHint("Each value needs a key, such as temperature.").At("/"+f.Name, unnamed)
	}
	return values, nil
}
