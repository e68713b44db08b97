// Package awsiot is the connector for AWS IoT Core: it publishes messages over the
// HTTPS data plane.
//
// It publishes by HTTPS rather than MQTT because a step sends one message and is
// done: a signed POST needs no session, and IAM says per key which topics it may
// reach. Of the AWS SDK it uses the signer alone; two calls need no more.
//
// Sources: https://docs.aws.amazon.com/iot/latest/developerguide/http.html and
// https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
package awsiot

import (
	_ "embed" // the guide and the glyph
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "aws_iot",
		Title:           "AWS IoT Core",
		Category:        connector.IoT,
		Summary:         "Publish messages to devices through AWS IoT Core.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: func(c connector.Credential) []string { return []string{controlHost(c), dataHost(c)} },
		CredentialTypes: []connector.CredentialType{{
			Name:      "aws_access_key",
			Title:     "AWS access key",
			Summary:   "The access key of an IAM user who may publish to AWS IoT topics.",
			Fields:    schema.Fields{accessKeyID, secretAccessKey, region, endpoint},
			HintField: accessKeyID.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{publish},
	}
}

const title = "AWS IoT"

// The two APIs, each with its own host and its own name in a signature. A signed
// request holds for one address, so none follows a redirect.
var (
	control = rest.Service{
		Title: title, BaseOf: func(c connector.Credential) string { return "https://" + controlHost(c) },
		Authorize: sign("iot"), Explain: explain, KeepRedirects: true,
	}
	data = rest.Service{
		Title: title, BaseOf: func(c connector.Credential) string { return "https://" + dataHost(c) },
		Authorize: sign("iotdata"), Explain: explain, KeepRedirects: true,
	}
)

// controlHost is where AWS IoT is asked about itself.
func controlHost(c connector.Credential) string {
	return "iot." + c.Data.Text(region) + "." + suffix(c)
}

// dataHost is where messages go: to the account's own endpoint, or, where none is
// given, to that of the region, which knows the account by the key.
func dataHost(c connector.Credential) string {
	if host := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(c.Data.Text(endpoint), "https://"), "/")); host != "" {
		return host
	}
	return "data-ats.iot." + c.Data.Text(region) + "." + suffix(c)
}

// suffix is the domain of the region's partition.
func suffix(c connector.Credential) string {
	if strings.HasPrefix(c.Data.Text(region), "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// The credential's fields.
var (
	accessKeyID = schema.Field{
		Name: "access_key_id", Kind: schema.Text, Title: "Access key ID", Required: true, MaxLength: 128, Placeholder: "AKIAIOSFODNN7EXAMPLE",
		Help:    "The first part of the access key. It begins with AKIA.",
		Pattern: `[A-Z0-9]+`, PatternHint: "Capital letters and digits only, such as AKIAIOSFODNN7EXAMPLE. A key that begins with ASIA is temporary and does not work here.",
	}
	secretAccessKey = schema.Field{
		Name: "secret_access_key", Kind: schema.Secret, Title: "Secret access key", Required: true, MaxLength: 256,
		Help:    "The second part, which AWS shows once, when the key is made. It signs requests and is never sent.",
		Pattern: `[!-~]+`, PatternHint: "A secret key has no spaces and no line breaks. Paste it again without what stands around it.",
	}
	region = schema.Field{
		Name: "region", Kind: schema.Text, Title: "Region", Required: true, MaxLength: 32, Placeholder: "eu-west-1",
		Help:    "The region in which the devices are connected.",
		Pattern: `[a-z]{2}(?:-[a-z]+)+-[0-9]`, PatternHint: "The code of a region, such as eu-west-1, not its name.",
	}
	endpoint = schema.Field{
		Name: "endpoint", Kind: schema.Text, Title: "Data endpoint", MaxLength: 255, Placeholder: "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com",
		Help:    "The account's device data endpoint, under Connect, Domain configurations, in the AWS IoT console. Empty means the region's own.",
		Pattern: `(?:` + rest.SitePattern + `)?`, PatternHint: "Only the host, such as a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com.",
	}
)
