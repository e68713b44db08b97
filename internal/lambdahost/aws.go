package lambdahost

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"switchboard/internal/awscall"
)

// AWS gives what clients of the SDK are made from. Lambda has region and credentials
// in the environment, so the SDK's config package, which looks in many more places,
// is not needed; nothing is called.
func (h *Host) AWS() aws.Config {
	cfg := aws.Config{
		Region: h.Setting("AWS_REGION"), Credentials: h.credentials(), ConfigSources: []any{endpoints(h.Optional)},
		Retryer: func() aws.Retryer { return awscall.Retryer() },
	}
	if all := h.Optional("AWS_ENDPOINT_URL"); all != "" {
		cfg.BaseEndpoint = aws.String(all)
	}
	return cfg
}

// credentials are those of the function's role. Lambda gives an environment its
// own, which stay the same as long as it lives.
func (h *Host) credentials() aws.CredentialsProvider {
	c := aws.Credentials{
		AccessKeyID: h.Setting("AWS_ACCESS_KEY_ID"), SecretAccessKey: h.Setting("AWS_SECRET_ACCESS_KEY"),
		SessionToken: h.Optional("AWS_SESSION_TOKEN"), Source: "Lambda",
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// endpoints reads where a service is, if not where AWS has it: the SDK's own
// settings, such as AWS_ENDPOINT_URL_DYNAMODB. It is one of the SDK's config sources.
type endpoints func(name string) string

// GetServiceBaseEndpoint implements the SDK's ServiceBaseEndpointProvider.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	url := e("AWS_ENDPOINT_URL_" + strings.ReplaceAll(strings.ToUpper(sdkID), " ", "_"))
	return url, url != "", nil
}
