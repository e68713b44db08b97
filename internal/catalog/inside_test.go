package catalog_test

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/catalog"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/schema"
)

// leads are the fields that say where a call goes.
var leads = regexp.MustCompile(`(^|_)(url|uri|host|domain|subdomain|endpoint|server|broker)$`)

// hosts lead to loopback, each in its own spelling.
var hosts = []string{
	"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "127.1", "2130706433", "0x7f000001",
	"017700000001", "0177.0.0.1", "0.0.0.0", "0", "[::]", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127.0.0.1.", "example.com@127.0.0.1", "127.0.0.1%00.example.com",
	"127。0。0。1", "127.0.0.1/?x=.example.com", "127.0.0.1#.example.com", "127.0.0.1\\.example.com",
}

// TestNoConnectorLeadsInside gives every field of every connector that says where a
// call goes the spellings of an address within. None of them may be connected to,
// whatever the connector makes of it: by HTTP, by SMTP, by MQTT.
func TestNoConnectorLeadsInside(t *testing.T) {
	offered, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	network, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var reached atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	tried := map[string]int{}
	for _, con := range offered.All() {
		for _, ct := range withNone(con) {
			for _, a := range con.Actions {
				for _, host := range hosts {
					for _, target := range []string{host, host + ":" + port, "http://" + host + ":" + port, "https://" + host + ":" + port, "mqtt://" + host + ":" + port, "ws://" + host + ":" + port} {
						data, leadsByData := filled(ct.Fields, nil, target, port)
						config, leadsByConfig := filled(a.Input, example(a), target, port)
						if !leadsByData && !leadsByConfig {
							continue
						}
						tried[con.Name]++
						before := reached.Load()
						if attempt(t, network, con, ct, a, data, config) == nil {
							t.Errorf("%s.%s with %q succeeds", con.Name, a.Name, target)
						}
						if reached.Load() != before {
							t.Errorf("%s.%s with %q has connected to loopback", con.Name, a.Name, target)
						}
					}
				}
			}
		}
	}
	for _, name := range []string{"http", "webhook", "smtp", "mqtt", "jira", "zendesk", "servicenow", "thingsboard", "salesforce", "teams", "aws_iot"} {
		if tried[name] == 0 {
			t.Errorf("%s was not tried", name)
		}
	}
}

// withNone are the credential types of a connector, and none where it needs none.
func withNone(con connector.Connector) []connector.CredentialType {
	if con.CredentialOptional {
		return append([]connector.CredentialType{{}}, con.CredentialTypes...)
	}
	return con.CredentialTypes
}

func example(a connector.Action) map[string]any {
	if len(a.Examples) == 0 {
		return nil
	}
	return a.Examples[0].Config
}

// filled gives every field a value of its kind, and those that lead somewhere the target.
func filled(fields schema.Fields, from map[string]any, target, port string) (data map[string]any, leading bool) {
	data = maps.Clone(from)
	if data == nil {
		data = map[string]any{}
	}
	for _, f := range fields {
		_, given := data[f.Name]
		switch {
		case leads.MatchString(f.Name):
			data[f.Name], leading = target, true
		case f.Name == "port":
			n, _ := strconv.Atoi(port)
			data[f.Name] = n
		case given || !f.Required:
		case f.Kind == schema.Choice:
			data[f.Name] = f.Choices[0]
		case f.Kind == schema.Text || f.Kind == schema.Secret:
			data[f.Name] = "someone@example.com"
		}
	}
	return data, leading
}

// attempt runs the action as a task does. What is refused before the call is an error, too.
func attempt(t *testing.T, network *outbound.Network, con connector.Connector, ct connector.CredentialType, a connector.Action, data, config map[string]any) error {
	t.Helper()
	credential, problems := ct.Fields.Decode(data)
	if len(problems) > 0 {
		return refused(problems[0].Message)
	}
	input, problems := a.Input.Decode(config)
	if len(problems) > 0 {
		return refused(problems[0].Message)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	call, _ := network.NewCall(con, outbound.Task{
		Input: input, Credential: connector.Credential{Type: ct.Name, Data: credential}, Key: strings.Repeat("0", 40), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	_, err := a.Run(ctx, call)
	return err
}

type refused string

func (r refused) Error() string { return string(r) }
