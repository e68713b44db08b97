package httpapi_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/oauth"
)

// things are one of each kind, by the word that stands for it in addresses.
type things struct {
	w   *world
	ids map[string]string
}

// newThings makes them in the account of w's own token.
func newThings(w *world) things {
	w.Helper()
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	wf, _ := w.published(agent, manual)
	exe := w.post("/v1/workflows/"+wf+"/executions", nil).want(http.StatusAccepted).text("/id")
	w.ended(exe)
	key := w.post("/v1/api-keys", map[string]any{"name": "CI", "role": "viewer"}).want(http.StatusCreated).text("/id")
	member := w.post("/v1/members", map[string]any{"subject": "of-" + agent, "role": "viewer"}).want(http.StatusCreated).text("/id")
	return things{w, map[string]string{
		"agents": agent, "credentials": cred, "workflows": wf, "executions": exe, "api-keys": key, "members": member,
	}}
}

// gone are things of the same kinds that are nowhere.
func (s things) gone() things {
	ids := maps.Clone(s.ids)
	for kind, id := range ids {
		prefix, _, _ := strings.Cut(id, "_")
		ids[kind] = prefix + "_" + strings.Repeat("0", len(id)-len(prefix)-1)
	}
	return things{s.w, ids}
}

// absentFrom fails the test where an answer names one of the things.
func (s things) absentFrom(t testing.TB, r response) {
	t.Helper()
	for kind, id := range s.ids {
		if strings.Contains(string(r.body), id) && r.status < http.StatusBadRequest {
			t.Errorf("it shows one of %s, %s: %s", kind, id, r.body)
		}
	}
}

// kinds says which of its own parameters name things, and of what kind, where the
// address itself does not say so.
var kinds = map[string]string{"credential": "credentials", "agent": "agents"}

// catalogs are addresses below which nothing is anybody's.
var catalogs = []string{"connectors", "credential-types", "oauth"}

// ofAccounts lists the operations of people and programs with a role, by name.
func (d *description) ofAccounts() []operation {
	var found []operation
	for _, name := range d.names() {
		method, path, _ := strings.Cut(name, " ")
		if strings.HasPrefix(path, "/v1/") && path != oauth.CallbackPath {
			i := slices.IndexFunc(d.operations, func(o operation) bool { return o.name == method+" "+path })
			found = append(found, d.operations[i])
		}
	}
	return found
}

// at is the operation's address with the same text for every parameter.
func (o operation) at(id string) string {
	_, path, _ := strings.Cut(o.name, " ")
	return parameter.ReplaceAllString(path, id)
}

// kind is what {id} in its address names.
func (o operation) kind() string {
	_, path, _ := strings.Cut(o.name, " /v1/")
	kind, _, _ := strings.Cut(path, "/")
	return kind
}

// namesThings says whether the address names something that is somebody's.
func (o operation) namesThings() bool {
	return strings.Contains(o.name, "{") && !slices.Contains(catalogs, o.kind())
}

// on is the operation's address for some things. A kind of thing that it does not know
// is the fault of who added it: newThings has to make one.
func (o operation) on(t testing.TB, on things) string {
	t.Helper()
	_, path, _ := strings.Cut(o.name, " ")
	return parameter.ReplaceAllStringFunc(path, func(p string) string {
		name := strings.Trim(p, "{}")
		kind := kinds[name]
		if name == "id" {
			kind = o.kind()
		}
		switch {
		case name == "version":
			return "1" // a number that every published workflow has
		case kind == "":
			return "none"
		case on.ids[kind] == "":
			t.Fatalf("%s: newThings makes nothing for %s", o.name, kind)
		}
		return on.ids[kind]
	})
}

// body is a body that fits the operation: what its schema requires, and a workflow's
// document where it says no more than that it is an object.
func (o operation) body(root map[string]any) any {
	schema, _ := o.object.RequestBody.Content["application/json"].Schema.(map[string]any)
	if schema = resolved(root, schema); schema["properties"] == nil {
		return manual
	}
	return exampleOf(root, schema)
}

// exampleOf makes the smallest value that fits a schema of the description.
func exampleOf(root, schema map[string]any) any {
	schema = resolved(root, schema)
	if examples, ok := schema["examples"].([]any); ok {
		return examples[0]
	}
	if enum, ok := schema["enum"].([]any); ok {
		return enum[0]
	}
	kind, ok := schema["type"].(string)
	if types, several := schema["type"].([]any); several {
		kind, ok = types[0].(string)
	}
	if !ok {
		return map[string]any{} // whatever it may be
	}
	switch kind {
	case "object":
		made := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			property, _ := properties[name.(string)].(map[string]any)
			made[name.(string)] = exampleOf(root, property)
		}
		return made
	case "array":
		return []any{}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	default:
		return "text"
	}
}

func resolved(root, schema map[string]any) map[string]any {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	var at any = root
	for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		parent, _ := at.(map[string]any)
		at = parent[token]
	}
	target, _ := at.(map[string]any)
	return resolved(root, target)
}
