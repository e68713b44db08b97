package main_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// example is one request of an operation that succeeds.
type example struct {
	Path   map[string]any `json:"path_parameters"`
	Query  map[string]any `json:"query"`
	Header map[string]any `json:"headers"`
	Body   any            `json:"body"`
}

// startOpenServices serves what the requests of TestOpenAPI lead to: Slack, Google's
// tokens, and anything else, of which /large has much to say and /fail fails.
func startOpenServices(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"/api/auth.test":          `{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"switchboard","team_id":"T1","user_id":"U1","bot_id":"B1"}`,
		"/api/conversations.list": `{"ok":true,"channels":[{"id":"C0GENERAL","name":"general","is_member":true}]}`,
		"/token":                  `{"access_token":"ya29.x","refresh_token":"1//x","expires_in":3600,"token_type":"Bearer","scope":"https://www.googleapis.com/auth/gmail.send openid email","id_token":"e30.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSJ9.sig"}`,
		"/v1/userinfo":            `{"sub":"1","email":"ada@example.com","email_verified":true,"name":"Ada"}`,
		"/large":                  `{"text":"` + strings.Repeat("large ", 300_000) + `"}`,
		"/":                       `{"ok":true}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		})
	}
	mux.HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// calling is a workflow with one call.
func calling(trigger, address string) map[string]any {
	return map[string]any{
		"name": "Call", "trigger": map[string]any{"type": trigger},
		"nodes": []any{map[string]any{"id": "call", "type": "http.request", "config": map[string]any{"method": "GET", "url": address}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "call"}},
	}
}

// things makes what the examples are about.
type things struct {
	*process
	t *testing.T
}

func (m things) make(path string, body any) string {
	m.t.Helper()
	var answer made
	m.must(m.t, "POST", path, body, &answer)
	return answer.ID
}

func (m things) agent() string { return m.make("/v1/agents", map[string]any{"name": "Ada"}) }

func (m things) credential() string {
	return m.make("/v1/credentials", map[string]any{"type": "slack_bot_token", "data": slackToken})
}

func (m things) workflow(document map[string]any) string {
	return m.make("/v1/agents/"+m.agent()+"/workflows", document)
}

func (m things) published(document map[string]any) string {
	id := m.workflow(document)
	m.must(m.t, "POST", "/v1/workflows/"+id+"/publish", nil, nil)
	return id
}

func (m things) linked() (agent, credential string) {
	agent, credential = m.agent(), m.credential()
	m.must(m.t, "PUT", "/v1/agents/"+agent+"/links/"+credential, nil, nil)
	return agent, credential
}

func (m things) started(workflow string) string {
	return m.make("/v1/workflows/"+workflow+"/executions", map[string]any{})
}

func (m things) ended(workflow string) string {
	id := m.started(workflow)
	m.await(m.t, id)
	return id
}

// approval starts an execution, and gives it and the token of the approval that it waits for.
func (m things) approval(workflow string) (execution, token string) {
	execution = m.started(workflow)
	m.until(m.t, func(ctx context.Context) bool {
		var v view
		if _, err := m.call(ctx, "GET", "/v1/executions/"+execution, nil, &v); err != nil || len(v.Nodes) == 0 {
			return false
		}
		_, token, _ = strings.Cut(v.Nodes[0].ApprovalURL, "/approvals/")
		return token != ""
	})
	return execution, token
}

func (m things) member(email string) string {
	return m.make("/v1/members", map[string]any{"email": email, "role": "viewer"})
}

// value is an execution, and something large in it.
func (m things) value(workflow string) (execution, value string) {
	execution = m.ended(workflow)
	var v view
	m.must(m.t, "GET", "/v1/executions/"+execution, nil, &v)
	value, _ = v.Nodes[0].Output["$value"].(string)
	if value == "" {
		m.t.Fatalf("the output is not stored as a value: %.200v", v.Nodes[0])
	}
	return execution, value
}

// state is that of a grant which somebody was asked for.
func (m things) state() string {
	var answer struct{ URL string }
	m.must(m.t, "POST", "/v1/oauth/google_oauth2/authorize", grant, &answer)
	page, err := url.Parse(answer.URL)
	if err != nil {
		m.t.Fatal(err)
	}
	return page.Query().Get("state")
}

var (
	slackToken = map[string]any{"token": "xoxb-right"}
	grant      = map[string]any{"connectors": []any{"gmail"}, "data": map[string]any{"client_id": "id.apps.googleusercontent.com", "client_secret": "GOCSPX-secret"}}
)

// examples makes a thing for each operation, so that none takes away another's, and
// gives the request that is about it.
func (p *process) examples(t *testing.T, services string) map[string]example {
	t.Helper()
	m := things{p, t}
	at := func(id string) map[string]any { return map[string]any{"id": id} }
	call, fails := calling("manual", services+"/call"), calling("manual", services+"/fail")
	asks := calling("manual", services+"/call")
	asks["nodes"] = []any{map[string]any{"id": "call", "type": "approval", "config": map[string]any{"message": "Go on?"}}}

	agent, credential := m.linked()
	ran := m.published(call)
	m.must(t, "POST", "/v1/workflows/"+ran+"/trial", nil, nil)
	run := m.ended(ran)
	failing, asking := m.published(fails), m.published(asks)
	valued, value := m.value(m.published(calling("manual", services+"/large")))
	stopped, _ := m.approval(asking)
	_, shown := m.approval(asking)
	_, answered := m.approval(asking)
	_, hook := p.publishFor(t, m.agent(), calling("webhook", services+"/call"))
	put := m.workflow(call)
	var bundle map[string]any
	p.must(t, "GET", "/v1/export?agent_id="+agent, nil, &bundle)

	examples := map[string]example{
		"GET /approvals/{token}":  {Path: map[string]any{"token": shown}},
		"POST /approvals/{token}": {Path: map[string]any{"token": answered}, Body: map[string]any{"decision": "approved"}},
		"POST /hooks/{secret}":    {Path: map[string]any{"secret": strings.TrimPrefix(hook, "/hooks/")}, Body: map[string]any{"order": 1}},
		"GET /v1/oauth/callback":  {Query: map[string]any{"state": m.state(), "code": "4/code"}},

		"GET /v1/agents":                             {Query: map[string]any{"limit": 2}},
		"POST /v1/agents":                            {Body: map[string]any{"name": "Ada"}},
		"GET /v1/agents/{id}/integrations":           {Path: at(agent)},
		"DELETE /v1/agents/{id}":                     {Path: at(m.agent())},
		"PATCH /v1/agents/{id}":                      {Path: at(agent), Body: map[string]any{"description": "Adds."}},
		"GET /v1/agents/{id}/workflows":              {Path: at(agent)},
		"POST /v1/agents/{id}/workflows":             {Path: at(agent), Body: call},
		"PUT /v1/agents/{id}/links/{credential}":     {Path: map[string]any{"id": m.agent(), "credential": credential}},
		"POST /v1/api-keys":                          {Body: map[string]any{"name": "Deploys", "role": "viewer"}},
		"DELETE /v1/api-keys/{id}":                   {Path: at(m.make("/v1/api-keys", map[string]any{"name": "Old", "role": "viewer"}))},
		"POST /v1/members":                           {Body: map[string]any{"email": "new@example.com", "role": "viewer"}},
		"PATCH /v1/members/{id}":                     {Path: at(m.member("changed@example.com")), Body: map[string]any{"role": "editor"}},
		"DELETE /v1/members/{id}":                    {Path: at(m.member("removed@example.com"))},
		"POST /v1/events":                            {Body: map[string]any{"source": "shop", "detail_type": "order.created", "detail": map[string]any{"id": 1}}},
		"GET /v1/export":                             {Query: map[string]any{"agent_id": agent}},
		"POST /v1/import":                            {Body: bundle},
		"POST /v1/oauth/{credential_type}/authorize": {Path: map[string]any{"credential_type": "google_oauth2"}, Body: grant},

		"POST /v1/credentials":             {Body: map[string]any{"type": "slack_bot_token", "data": slackToken}},
		"POST /v1/credentials/verify":      {Body: map[string]any{"type": "slack_bot_token", "data": slackToken}},
		"GET /v1/credentials/{id}":         {Path: at(credential)},
		"PATCH /v1/credentials/{id}":       {Path: at(credential), Body: map[string]any{"name": "Acme"}},
		"DELETE /v1/credentials/{id}":      {Path: at(m.credential())},
		"POST /v1/credentials/{id}/verify": {Path: at(credential)},
		"GET /v1/credentials/{id}/options": {Path: at(credential), Query: map[string]any{"connector": "slack", "action": "post_message", "field": "channel"}},

		"GET /v1/workflows/{id}":                     {Path: at(ran)},
		"PUT /v1/workflows/{id}":                     {Path: at(put), Body: call, Header: map[string]any{"If-Match": p.etag(t, "/v1/workflows/"+put)}},
		"DELETE /v1/workflows/{id}":                  {Path: at(m.workflow(call))},
		"POST /v1/workflows/{id}/check":              {Path: at(ran)},
		"POST /v1/workflows/check":                   {Body: call},
		"POST /v1/workflows/{id}/publish":            {Path: at(m.workflow(call))},
		"POST /v1/workflows/{id}/trial":              {Path: at(m.workflow(call))},
		"POST /v1/workflows/{id}/rollback":           {Path: at(ran), Body: map[string]any{"version": 1}},
		"POST /v1/workflows/{id}/unpublish":          {Path: at(m.published(call))},
		"GET /v1/workflows/{id}/versions":            {Path: at(ran)},
		"GET /v1/workflows/{id}/versions/{version}":  {Path: map[string]any{"id": ran, "version": 1}},
		"GET /v1/workflows/{id}/definition":          {Path: at(ran)},
		"POST /v1/workflows/{id}/nodes/{node}/test":  {Path: map[string]any{"id": ran, "node": "call"}, Body: map[string]any{"variables": map[string]any{}}},
		"GET /v1/workflows/{id}/executions":          {Path: at(ran)},
		"POST /v1/workflows/{id}/executions":         {Path: at(ran), Body: map[string]any{"input": map[string]any{"order": 1}}},
		"POST /v1/workflows/{id}/executions/redrive": {Path: at(failing), Body: map[string]any{"status": "failed"}},
		"POST /v1/workflows/{id}/executions/replay":  {Path: at(ran), Body: map[string]any{"status": "succeeded", "from": "call"}},

		"GET /v1/executions/{id}":                {Path: at(run)},
		"GET /v1/executions/{id}/values/{value}": {Path: map[string]any{"id": valued, "value": value}},
		"POST /v1/executions/{id}/stop":          {Path: at(stopped)},
		"POST /v1/executions/{id}/redrive":       {Path: at(m.ended(failing)), Body: map[string]any{}},
		"POST /v1/executions/{id}/replay":        {Path: at(run), Body: map[string]any{"from": "call"}},
	}
	unlinkedAgent, unlinked := m.linked()
	examples["DELETE /v1/agents/{id}/links/{credential}"] = example{Path: map[string]any{"id": unlinkedAgent, "credential": unlinked}}
	return examples
}

// etag is that of what is at a path.
func (p *process) etag(t *testing.T, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var read map[string]any
	if err := json.NewDecoder(res.Body).Decode(&read); err != nil {
		t.Fatal(err)
	}
	return res.Header.Get("ETag")
}
