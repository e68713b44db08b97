package connectortest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The connector that the suite is tried on: it does everything right.

var (
	tokenField = schema.Field{Name: "token", Kind: schema.Secret, Title: "Token", Help: "From the settings page.", Required: true}
	nameField  = schema.Field{Name: "name", Kind: schema.Text, Title: "Name", Help: "What to call it.", Required: true}
	things     = rest.Service{Title: "Things", Base: "https://things.example.com", Authorize: rest.Bearer(tokenField)}
)

func thingsConnector() connector.Connector {
	return connector.Connector{
		Name: "things", Title: "Things", Category: connector.Data, Summary: "Keep things.",
		SetupGuide: "1. Open the settings.\n2. Make a token.\n\n**Common mistakes**: none.",
		Icon:       `<svg viewBox="0 0 24 24"><path fill="currentColor" d="M0 0h24v24z"/></svg>`,
		Base:       things.Base,
		CredentialTypes: []connector.CredentialType{{
			Name: "things_token", Title: "Token", Fields: schema.Fields{tokenField}, HintField: "token", Verify: verifyThings,
		}},
		Actions: []connector.Action{{
			Name: "create", Title: "Create a thing", Summary: "Create a thing.",
			Input:      schema.Fields{nameField},
			Output:     schema.Fields{{Name: "id", Kind: schema.Text, Title: "Id", Required: true}},
			Repeatable: func(schema.Input) bool { return true },
			Run:        createThing,
			Examples: []connector.Example{{
				Title:    "A red thing",
				Config:   map[string]any{"name": "red"},
				Request:  connector.ExampleRequest{Method: "POST", Path: "/v1/things", Header: map[string]string{"Idempotency-Key": Key}, Body: `{"name": "red"}`},
				Response: connector.ExampleResponse{Status: 201, Body: `{"id": "t_1"}`},
				Output:   map[string]any{"id": "t_1"},
			}},
		}},
	}
}

var thingsIdentity = VerifyAnswer("things_token", connector.ExampleResponse{Body: `{"name": "Ada"}`})

func verifyThings(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var me struct{ Name string }
	_, err := things.JSON(ctx, call, rest.Request{Path: "/v1/me"}, &me)
	return connector.Identity{Name: me.Name}, err
}

func createThing(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var made struct{ ID string }
	_, err := things.JSON(ctx, call, rest.Request{
		Path: "/v1/things", JSON: map[string]any{"name": call.Input.Text(nameField)},
		Header: http.Header{"Idempotency-Key": {call.Key}},
	}, &made)
	if err != nil {
		return nil, err
	}
	return connector.Output{"id": made.ID}, nil
}

// found runs the suite's checks and gives what each found, by name.
func found(t *testing.T, con connector.Connector, opts ...Option) map[string]error {
	t.Helper()
	return foundBy(t, "", con, opts...)
}

// foundBy is found for one check, or with "" for all.
func foundBy(t *testing.T, name string, con connector.Connector, opts ...Option) map[string]error {
	t.Helper()
	s := newSuite(con, opts...)
	s.patience = 50 * time.Millisecond
	results := map[string]error{}
	for _, c := range s.checks() {
		if name != "" && c.name != name {
			continue
		}
		if err := s.judge(c.name, c.run(t.Context())); err != nil {
			results[c.name] = err
		}
	}
	for _, w := range s.unmet() {
		results["waivers"] = fmt.Errorf("%s", w)
	}
	return results
}

func TestGoodConnectorPasses(t *testing.T) {
	Run(t, thingsConnector(), thingsIdentity)
}

// wrap changes how the action runs.
func wrap(run func(context.Context, *connector.Call) (connector.Output, error)) func(*connector.Connector) {
	return func(c *connector.Connector) { c.Actions[0].Run = run }
}

// Each connector has one flaw, which the named check has to find.
func TestFlawsAreFound(t *testing.T) {
	credentialField := func(f schema.Field) func(*connector.Connector) {
		return func(c *connector.Connector) {
			c.CredentialTypes[0].Fields = append(c.CredentialTypes[0].Fields, f)
		}
	}
	tests := map[string]struct {
		check string
		want  string // within what the check says
		flaw  func(*connector.Connector)
	}{
		"NameWithHyphen":      {"declaration/connector", "does not match", func(c *connector.Connector) { c.Name = "my-things" }},
		"NoHosts":             {"declaration/connector", "which hosts", func(c *connector.Connector) { c.Base = "" }},
		"PlainHTTPBase":       {"declaration/connector", "https://", func(c *connector.Connector) { c.Base = "http://things.example.com" }},
		"NoCategory":          {"declaration/connector", "category", func(c *connector.Connector) { c.Category = "things" }},
		"GuideWithoutSteps":   {"declaration/guide", "numbered steps", func(c *connector.Connector) { c.SetupGuide = "Make a token. Common mistakes: none." }},
		"GuideWithoutTrouble": {"declaration/guide", "goes wrong", func(c *connector.Connector) { c.SetupGuide = "1. Open.\n2. Make." }},
		"NoIcon":              {"declaration/icon", "no icon", func(c *connector.Connector) { c.Icon = "" }},
		"BrokenIcon":          {"declaration/icon", "well-formed", func(c *connector.Connector) { c.Icon = `<svg stroke="currentColor">` }},
		"ScriptInIcon": {"declaration/icon", "<script>", func(c *connector.Connector) {
			c.Icon = `<svg stroke="currentColor"><script>alert(1)</script></svg>`
		}},
		"HeavyIcon":     {"declaration/icon", "1.75", func(c *connector.Connector) { c.Icon = `<svg stroke="currentColor" stroke-width="2"/>` }},
		"HandlerInIcon": {"declaration/icon", "onload", func(c *connector.Connector) { c.Icon = `<svg stroke="currentColor" onload="x()"/>` }},
		"SecretAsText": {"declaration/credentials", "sounds like a secret", credentialField(
			schema.Field{Name: "api_key", Kind: schema.Text, Title: "Key", Help: "The key."})},
		"FieldWithoutHelp": {"declaration/credentials", "no help", credentialField(schema.Field{Name: "site", Kind: schema.Text, Title: "Site"})},
		"FieldTwice":       {"declaration/credentials", "twice", credentialField(tokenField)},
		"HintFieldMissing": {"declaration/credentials", "hint field", func(c *connector.Connector) { c.CredentialTypes[0].HintField = "key" }},
		"ExampleMissing":   {"create/declaration", "no example", func(c *connector.Connector) { c.Actions[0].Examples = nil }},
		"RequiredFieldNotInExample": {"create/examples", "/name: Name is required", func(c *connector.Connector) {
			c.Actions[0].Examples[0].Config = map[string]any{}
		}},
		"OutputNotInExample": {"create/examples", "no example shows the output url", func(c *connector.Connector) {
			c.Actions[0].Output = append(c.Actions[0].Output, schema.Field{Name: "url", Kind: schema.Text, Title: "URL"})
		}},
		"OutputNotDeclared": {"create/examples", "is not declared", func(c *connector.Connector) { c.Actions[0].Output = nil }},
		"ExampleWithAnotherPath": {"create/example_1", "path is /v1/things, want /v2/things", func(c *connector.Connector) {
			c.Actions[0].Examples[0].Request.Path = "/v2/things"
		}},
		"ExampleWithAnotherBody": {"create/example_1", "body differs", func(c *connector.Connector) {
			c.Actions[0].Examples[0].Request.Body = `{"name": "blue"}`
		}},
		"ExampleWithAnotherOutput": {"create/example_1", "output differs", func(c *connector.Connector) {
			c.Actions[0].Examples[0].Output = map[string]any{"id": "t_2"}
		}},
		"NoIdentity": {"verify/things_token/good", "whose credential", func(c *connector.Connector) {
			c.CredentialTypes[0].Verify = func(ctx context.Context, call *connector.Call) (connector.Identity, error) {
				_, err := verifyThings(ctx, call)
				return connector.Identity{}, err
			}
		}},
		"VerifyAlwaysAgrees": {"verify/things_token/401", "it succeeded", func(c *connector.Connector) {
			c.CredentialTypes[0].Verify = func(ctx context.Context, call *connector.Call) (connector.Identity, error) {
				_, _ = verifyThings(ctx, call)
				return connector.Identity{Name: "Ada"}, nil
			}
		}},
		"OtherKeyInRetry": {"create/repeatable", "its second call is another one", wrap(withFreshKey())},
		"UpstreamIgnored": {"create/example_1", "AddressNotAllowed", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			call.Upstream = nil
			return createThing(ctx, call)
		})},
		"OtherHost": {"create/destination", "evil.example.com", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			s := things
			s.Base = "https://evil.example.com"
			_, err := s.Do(ctx, call, rest.Request{Path: "/v1/things", JSON: map[string]any{"name": "red"}})
			return connector.Output{"id": "t_1"}, err
		})},
		"OwnClientFollowsRedirects": {"create/redirected_307", "followed a redirect", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			call.HTTP = &http.Client{}
			return createThing(ctx, call)
		})},
		"ContextIgnored": {"create/timeout", "after its context had ended", wrap(func(_ context.Context, call *connector.Call) (connector.Output, error) {
			return createThing(context.Background(), call)
		})},
		"CallsDespiteCancellation": {"create/cancelled_before", "succeeded", wrap(func(_ context.Context, call *connector.Call) (connector.Output, error) {
			return createThing(context.Background(), call)
		})},
		"WrongCode": {"create/409", "want Connector.Conflict", wrap(changed(func(f *fault.Error) {
			if f.Code == fault.ServiceConflict {
				f.Code = fault.InvalidInput
			}
		}))},
		"WaitIgnored":    {"create/429_date", "RetryAfter is 0s, want 11s", wrap(changed(func(f *fault.Error) { f.RetryAfter = 0 }))},
		"WordsSwallowed": {"create/422", "own words", wrap(changed(func(f *fault.Error) { f.Message = "Something was wrong." }))},
		"NeverUnsettled": {"create/cut_off", "Unsettled is false, want true", wrap(changed(func(f *fault.Error) { f.Unsettled = false }))},
		"AlwaysUnsettled": {"create/refused_connection", "Unsettled is true, want false", wrap(changed(func(f *fault.Error) {
			f.Unsettled = true
		}))},
		"NoFault": {"create/500", "no fault", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			out, err := createThing(ctx, call)
			if err != nil {
				return nil, io.ErrUnexpectedEOF
			}
			return out, nil
		})},
		"SecretInMessage": {"create/401", "in the message", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			out, err := createThing(ctx, call)
			if err != nil {
				return nil, fault.New(fault.Of(err).Code, "%s (token %s)", fault.Of(err).Message, call.Credential.Data.Text(tokenField))
			}
			return out, nil
		})},
		"SecretInCause": {"create/401", "in the error text", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			out, err := createThing(ctx, call)
			if err != nil {
				return nil, fmt.Errorf("sending %s: %w", call.Credential.Data.Text(tokenField), err)
			}
			return out, nil
		})},
		"SecretInLog": {"create/example_1", "in the log", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			call.Log.Debug("calling", "token", call.Credential.Data.Text(tokenField))
			return createThing(ctx, call)
		})},
		"EchoInOutput": {"create/secrets_things_token", "in the output", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			s := things
			s.Authorize = func(r *http.Request, call *connector.Call) {
				r.Header.Set("X-Pair", twice("x:"+call.Credential.Data.Text(tokenField)))
			}
			var all map[string]any
			_, err := s.JSON(ctx, call, rest.Request{Path: "/v1/things", JSON: map[string]any{"name": "red"}}, &all)
			return all, err
		})},
		"DerivedSecretNotHidden": {"create/secrets_things_token", "call Call.Hide", wrap(func(ctx context.Context, call *connector.Call) (connector.Output, error) {
			s := things
			s.Authorize = func(r *http.Request, call *connector.Call) {
				pair := "x:" + call.Credential.Data.Text(tokenField)
				r.Header.Set("Authorization", "Basic "+twice(pair))
			}
			_, err := s.Do(ctx, call, rest.Request{Path: "/v1/things", JSON: map[string]any{"name": "red"}})
			return connector.Output{"id": "t_1"}, err
		})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			con := thingsConnector()
			tt.flaw(&con)
			err := foundBy(t, tt.check, con, thingsIdentity)[tt.check]
			if err == nil {
				t.Fatalf("check %s found nothing", tt.check)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check %s found: %v\nwant it to say %q", tt.check, err, tt.want)
			}
		})
	}
}

// twice encodes a text in a way that is not undone where secrets are taken out.
func twice(text string) string {
	once := base64.StdEncoding.EncodeToString([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(once))
}

// changed runs the action well and spoils the fault.
func changed(spoil func(*fault.Error)) func(context.Context, *connector.Call) (connector.Output, error) {
	return func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		out, err := createThing(ctx, call)
		if err != nil {
			f := fault.Of(err)
			spoil(f)
			return nil, f
		}
		return out, nil
	}
}

func withFreshKey() func(context.Context, *connector.Call) (connector.Output, error) {
	n := 0
	return func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		n++
		fresh := *call
		fresh.Key = fmt.Sprint(n)
		return createThing(ctx, &fresh)
	}
}

func TestVerifyAnswerIsAskedFor(t *testing.T) {
	if err := found(t, thingsConnector())["verify/things_token"]; err == nil || !strings.Contains(err.Error(), "VerifyAnswer") {
		t.Errorf("found %v, want it to ask for VerifyAnswer", err)
	}
}

func TestWithoutHTTP(t *testing.T) {
	con := thingsConnector()
	con.Actions[0].Run = func(context.Context, *connector.Call) (connector.Output, error) { panic("it is not called") }
	if got := found(t, con, WithoutHTTP("it speaks another protocol")); len(got) != 0 {
		t.Errorf("found %v in a good declaration", got)
	}
	con.Icon = ""
	if got := found(t, con, WithoutHTTP("it speaks another protocol")); got["declaration/icon"] == nil {
		t.Error("the declaration was not checked")
	}
}

func TestWaivers(t *testing.T) {
	flawed := thingsConnector()
	flawed.Actions[0].Run = changed(func(f *fault.Error) { f.RetryAfter = 0 })
	tests := map[string]struct {
		con     connector.Connector
		waivers []Option
		want    string // "" for nothing found
	}{
		"OK":              {flawed, []Option{Waive("create/429_date", "the service sends no dates"), Waive("429_seconds", "nor does it send seconds")}, ""},
		"NoLongerNeeded":  {thingsConnector(), []Option{Waive("create/429_date", "the service sends no dates")}, "no longer needed"},
		"UnknownCheck":    {thingsConnector(), []Option{Waive("create/430", "the service sends no dates")}, "no such check"},
		"ErrReasonNeeded": {flawed, []Option{Waive("create/429_date", ""), Waive("429_seconds", "nor does it send seconds")}, "does not explain"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := found(t, tt.con, append(tt.waivers, thingsIdentity)...)
			if tt.want == "" {
				if len(got) != 0 {
					t.Errorf("found %v", got)
				}
				return
			}
			if got["waivers"] == nil || !strings.Contains(got["waivers"].Error(), tt.want) {
				t.Errorf("found %v, want a waiver that %s", got, tt.want)
			}
		})
	}
}

// A service with failures of its own shape, and an action that looks something up first.
func TestRefusalsAndAlso(t *testing.T) {
	con := thingsConnector()
	own := things
	own.Refused = func(r rest.Response) bool { return strings.Contains(string(r.Body), `"ok":false`) }
	own.Explain = func(r rest.Response) rest.Problem {
		codes := map[string]fault.Code{"invalid_auth": fault.AuthFailed, "no_thing": fault.ServiceNotFound}
		p := rest.CommonProblem(r)
		p.Code = codes[p.Message]
		return p
	}
	con.CredentialTypes[0].Verify = nil
	con.Actions[0].Repeatable = nil
	con.Actions[0].Run = func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		var shelf, made struct{ ID string }
		if _, err := own.JSON(ctx, call, rest.Request{Path: "/v1/shelf"}, &shelf); err != nil {
			return nil, err
		}
		_, err := own.JSON(ctx, call, rest.Request{Path: "/v1/things", JSON: map[string]any{"name": "red"}, Header: http.Header{"Idempotency-Key": {call.Key}}}, &made)
		if err != nil {
			return nil, err
		}
		return connector.Output{"id": made.ID}, nil
	}
	refusals := Refusals(func(action string, status int, _ string) (connector.ExampleResponse, bool) {
		word, ok := map[int]string{401: "invalid_auth", 404: "no_thing"}[status]
		return connector.ExampleResponse{Body: fmt.Sprintf(`{"ok":false,"error":%q}`, word)}, ok && action == "create"
	})
	also := Also("create", "GET", "/v1/shelf", connector.ExampleResponse{Body: `{"id": "s_1"}`})
	if got := found(t, con, refusals, also); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	if got := found(t, con, refusals); got["create/example_1"] == nil {
		t.Error("a request that no one announced was not noticed")
	}
}
