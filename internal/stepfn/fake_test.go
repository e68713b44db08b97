package stepfn_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// answers is Step Functions on the wire, by the name of the action. Each gets the
// request and gives the answer, or a refusal.
type answers map[string]func(in map[string]any) any

// refusal is an error of Step Functions.
type refusal struct {
	code   string
	status int // 0 is 400
}

// Do implements sfn.HTTPClient.
func (a answers) Do(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	var in map[string]any
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
		return nil, err
	}
	action := strings.TrimPrefix(req.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
	answer, ok := a[action]
	if !ok {
		return respond(req, refusal{code: "UnknownOperationException"}), nil
	}
	out := answer(in)
	if err := req.Context().Err(); err != nil { // it took too long
		return nil, err
	}
	return respond(req, out), nil
}

func respond(req *http.Request, out any) *http.Response {
	status := http.StatusOK
	if r, is := out.(refusal); is {
		status = max(r.status, http.StatusBadRequest)
		out = map[string]any{"__type": r.code, "message": "said by Step Functions"}
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(err.Error())
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(string(body))), Request: req,
	}
}

// control is the part of Step Functions that keeps state machines, written from the
// API reference: what moto does otherwise is that a revision is published once only,
// that a version with an alias cannot be deleted, and that a machine is not created
// over another one.
type control struct {
	mu       sync.Mutex
	machines map[string]*fakeMachine
}

type fakeMachine struct {
	revision fakeVersion
	kind     any
	tags     any
	next     int
	versions map[string]fakeVersion
	aliases  map[string]string // to the ARNs of versions
}

type fakeVersion struct {
	definition, role string
	made             time.Time
}

func (m *fakeMachine) publish(arn string) string {
	for name, v := range m.versions {
		if v.definition == m.revision.definition && v.role == m.revision.role {
			return name
		}
	}
	m.next++
	name := arn + ":" + strconv.Itoa(m.next)
	m.versions[name] = fakeVersion{m.revision.definition, m.revision.role, time.Now()}
	return name
}

func unqualified(arn string) string { return strings.Join(strings.SplitN(arn, ":", 8)[:7], ":") }

func newControl() answers {
	c := &control{machines: map[string]*fakeMachine{}}
	a := answers{
		"CreateStateMachine": c.create, "UpdateStateMachine": c.update, "DescribeStateMachine": c.describe,
		"DeleteStateMachine": c.remove, "ListExecutions": c.listExecutions, "CreateStateMachineAlias": c.createAlias, "UpdateStateMachineAlias": c.updateAlias,
		"DescribeStateMachineAlias": c.describeAlias, "DeleteStateMachineAlias": c.removeAlias,
		"ListStateMachineAliases": c.listAliases, "ListStateMachineVersions": c.listVersions,
		"DeleteStateMachineVersion": c.removeVersion, "ListTagsForResource": c.listTags,
	}
	for name, f := range a {
		a[name] = func(in map[string]any) any {
			c.mu.Lock()
			defer c.mu.Unlock()
			return f(in)
		}
	}
	return a
}

func (c *control) create(in map[string]any) any {
	arn := "arn:aws:states:" + here.Region + ":" + here.Account + ":stateMachine:" + in["name"].(string)
	if m := c.machines[arn]; m != nil && m.revision.definition != in["definition"] {
		return refusal{code: "StateMachineAlreadyExists"}
	}
	if c.machines[arn] == nil {
		c.machines[arn] = &fakeMachine{
			revision: fakeVersion{definition: in["definition"].(string), role: in["roleArn"].(string)},
			kind:     in["type"], tags: in["tags"], versions: map[string]fakeVersion{}, aliases: map[string]string{},
		}
	}
	return map[string]any{"stateMachineArn": arn, "creationDate": 1, "stateMachineVersionArn": c.machines[arn].publish(arn)}
}

func (c *control) listExecutions(in map[string]any) any {
	if c.machines[in["stateMachineArn"].(string)] == nil {
		return refusal{code: "StateMachineDoesNotExist"}
	}
	return map[string]any{"executions": []any{}}
}

func (c *control) update(in map[string]any) any {
	arn := in["stateMachineArn"].(string)
	m := c.machines[arn]
	if m == nil {
		return refusal{code: "StateMachineDoesNotExist"}
	}
	m.revision = fakeVersion{definition: in["definition"].(string), role: in["roleArn"].(string)}
	return map[string]any{"updateDate": 1, "stateMachineVersionArn": m.publish(arn)}
}

func (c *control) describe(in map[string]any) any {
	arn := in["stateMachineArn"].(string)
	m := c.machines[unqualified(arn)]
	if m == nil {
		return refusal{code: "StateMachineDoesNotExist"}
	}
	v := m.revision
	if arn != unqualified(arn) {
		v = m.versions[arn]
	}
	return map[string]any{"stateMachineArn": arn, "definition": v.definition, "roleArn": v.role, "type": m.kind, "creationDate": 1, "name": "n"}
}

func (c *control) remove(in map[string]any) any {
	delete(c.machines, in["stateMachineArn"].(string))
	return map[string]any{}
}

func (c *control) createAlias(in map[string]any) any {
	version := routeOf(in)
	m := c.machines[unqualified(version)]
	if m == nil {
		return refusal{code: "ResourceNotFound"}
	}
	if _, ok := m.versions[version]; !ok {
		return refusal{code: "ResourceNotFound"}
	}
	arn := unqualified(version) + ":" + in["name"].(string)
	if old, ok := m.aliases[arn]; ok && old != version {
		return refusal{code: "ConflictException"}
	}
	m.aliases[arn] = version
	return map[string]any{"stateMachineAliasArn": arn, "creationDate": 1}
}

func (c *control) updateAlias(in map[string]any) any {
	arn := in["stateMachineAliasArn"].(string)
	m := c.machines[unqualified(arn)]
	if m == nil || m.aliases[arn] == "" {
		return refusal{code: "ResourceNotFound"}
	}
	m.aliases[arn] = routeOf(in)
	return map[string]any{"updateDate": 1}
}

func routeOf(in map[string]any) string {
	return in["routingConfiguration"].([]any)[0].(map[string]any)["stateMachineVersionArn"].(string)
}

func (c *control) describeAlias(in map[string]any) any {
	arn := in["stateMachineAliasArn"].(string)
	m := c.machines[unqualified(arn)]
	if m == nil || m.aliases[arn] == "" {
		return refusal{code: "ResourceNotFound"}
	}
	return map[string]any{"stateMachineAliasArn": arn, "routingConfiguration": []any{
		map[string]any{"stateMachineVersionArn": m.aliases[arn], "weight": 100},
	}}
}

func (c *control) removeAlias(in map[string]any) any {
	arn := in["stateMachineAliasArn"].(string)
	delete(c.machines[unqualified(arn)].aliases, arn)
	return map[string]any{}
}

// listAliases gives one at a time, so that whoever lists has to ask for more.
func (c *control) listAliases(in map[string]any) any {
	all := slices.Sorted(maps.Keys(c.machines[in["stateMachineArn"].(string)].aliases))
	return paged(in, "stateMachineAliases", len(all), func(i int) any {
		return map[string]any{"stateMachineAliasArn": all[i], "creationDate": 1}
	})
}

func (c *control) listVersions(in map[string]any) any {
	m := c.machines[in["stateMachineArn"].(string)]
	all := slices.Sorted(maps.Keys(m.versions))
	return paged(in, "stateMachineVersions", len(all), func(i int) any {
		return map[string]any{"stateMachineVersionArn": all[i], "creationDate": m.versions[all[i]].made.Unix()}
	})
}

func paged(in map[string]any, name string, n int, item func(int) any) any {
	at := 0
	if token, ok := in["nextToken"].(string); ok {
		at, _ = strconv.Atoi(token)
	}
	if at >= n {
		return map[string]any{name: []any{}}
	}
	out := map[string]any{name: []any{item(at)}}
	if at+1 < n {
		out["nextToken"] = fmt.Sprint(at + 1)
	}
	return out
}

func (c *control) removeVersion(in map[string]any) any {
	arn := in["stateMachineVersionArn"].(string)
	m := c.machines[unqualified(arn)]
	for _, version := range m.aliases {
		if version == arn {
			return refusal{code: "ConflictException"}
		}
	}
	delete(m.versions, arn)
	return map[string]any{}
}

func (c *control) listTags(in map[string]any) any {
	return map[string]any{"tags": c.machines[in["resourceArn"].(string)].tags}
}
