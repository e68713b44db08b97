// Package connectors is what the functions of connectors share: each folder below
// is one Lambda function, which runs the tasks of one connector. Its role may open
// credentials of the connector's own types, and no others.
package connectors

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"switchboard/internal/awsapi/dynamodb"
	"switchboard/internal/awsapi/kms"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/dynamo"
	"switchboard/internal/lambdahost"
	"switchboard/internal/task"
	"switchboard/internal/usage"
	"switchboard/internal/vault"
	"switchboard/internal/vault/awskms"
)

// Run is the main of a connector's function.
func Run(con connector.Connector) {
	lambdahost.Run(func(h *lambdahost.Host) (lambdahost.Handler, error) { return wire(h, con) })
}

func wire(h *lambdahost.Host, con connector.Connector) (lambdahost.Handler, error) {
	network, err := network(h, con)
	if err != nil {
		return nil, err
	}
	store := dynamo.New(dynamodb.New(h.AWS()), dynamo.Options{Table: h.Setting(lambdahost.Table), Now: time.Now, Log: h.Log})
	secrets := vault.New(awskms.New(kms.New(h.AWS()), h.Setting(lambdahost.KMSKey), h.Optional(lambdahost.OtherKMSKey)))
	used := usage.NewCounter(time.Now)
	host := task.NewHost(task.Config{
		Meter:     task.Meters{lambdahost.Meter{Log: h.Log, Now: time.Now}, used},
		Connector: con, Records: store, Secrets: store, Opener: secrets, Grants: store, Sealer: secrets, Network: network, Log: h.Log, Now: time.Now,
		App: app(h, con),
	})
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		account, request := originOf(payload)
		lambdahost.ForAccount(ctx, account)
		ctx = lambdahost.ForRequest(ctx, request)
		answer, err := host.Answer(ctx, payload)
		// Lambda may never wake this function again, so what was counted is written at once,
		// unless there is much of it. It is no reason to fail.
		if wrote := used.FlushEvery(ctx, time.Minute, store); wrote != nil {
			h.Log.WarnContext(ctx, "writing what was used; it is tried again", "error", wrote)
		}
		return answer, err
	}, nil
}

// app is the deployment's own client with the provider of the connector's grants, if
// it has one. Its secret is sealed in the table.
func app(h *lambdahost.Host, con connector.Connector) task.App {
	for _, t := range con.CredentialTypes {
		if t.OAuth != nil && t.OAuth.App != "" {
			return task.App{ClientID: h.Optional(task.AppVariable(t.OAuth.App, "ID"))}
		}
	}
	return task.App{}
}

// originOf says whose task it is, or whose question, and on behalf of which request.
// What cannot be read is the host's to refuse.
func originOf(payload []byte) (account, request string) {
	var asked struct {
		Account string `json:"account"`
		Request string `json:"request"`
		// See task.Request.
		Verify, Try, Authorize, Exchange, Options, Reseal struct {
			Account string `json:"account"`
		}
	}
	_ = json.Unmarshal(payload, &asked)
	return cmp.Or(asked.Account, asked.Verify.Account, asked.Try.Account, asked.Authorize.Account, asked.Exchange.Account, asked.Options.Account,
		asked.Reseal.Account), asked.Request
}

// network is where the connector may go.
func network(h *lambdahost.Host, con connector.Connector) (*outbound.Network, error) {
	nets, err := h.AllowedNets()
	if err != nil {
		return nil, err
	}
	upstream, err := h.Upstream(con.Name)
	if err != nil {
		return nil, err
	}
	cfg := outbound.Config{AllowNets: nets, Log: h.Log}
	if upstream != nil {
		cfg.Upstreams = map[string]*url.URL{con.Name: upstream}
	}
	return outbound.New(cfg)
}
