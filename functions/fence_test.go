package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchboard/infra/sam"
)

// fence stands before DynamoDB and KMS, as IAM does on AWS: it lets each function do
// what its role in template.yaml allows, and refuses the rest. So a function meets here
// what it would meet there.
type fence struct {
	template *sam.Template
	services map[string]*httputil.ReverseProxy
	url      string
}

// newFence stands before services at these addresses.
func newFence(t testing.TB, services map[string]string) *fence {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fence{services: map[string]*httputil.ReverseProxy{}}
	if f.template, err = sam.Parse(text); err != nil {
		t.Fatal(err)
	}
	for name, address := range services {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		f.services[name] = httputil.NewSingleHostReverseProxy(at)
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// address is where a function, by its name without the prefix, finds a service.
func (f *fence) address(function, service string) string {
	return f.url + "/" + function + "/" + service
}

// role is what a function may do.
func (f *fence) role(function string) []sam.Statement {
	for _, id := range f.template.OfType("AWS::Serverless::Function") {
		if sam.Text(f.template.Resources[id].Properties["FunctionName"]) == "${Prefix}-"+function {
			return f.template.Role(id + "Role")
		}
	}
	return nil
}

func (f *fence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	function, service, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	for _, a := range accessesOf(r.Header.Get("X-Amz-Target"), body) {
		if !slices.ContainsFunc(f.role(function), a.allowedBy) {
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{
				"__type":  "com.amazon.coral.service#AccessDeniedException",
				"message": fmt.Sprintf("%s is not authorized to perform: %s on resource: %s with %v", function, a.action, a.resource, a.keys),
			})
			return
		}
	}
	r.URL.Path, r.Body = "/", io.NopCloser(bytes.NewReader(body))
	f.services[service].ServeHTTP(w, r)
}

// access is what a request asks IAM for.
type access struct {
	action, resource string
	keys             map[string][]string // of conditions
}

// allowedBy says whether a statement allows it.
//
// Source: IAM user guide, "IAM JSON policy elements: Condition operators".
func (a access) allowedBy(s sam.Statement) bool {
	if s.Effect != "Allow" || !slices.Contains(s.Actions, a.action) || !slices.Contains(s.Resources, a.resource) {
		return false
	}
	for operator, conditions := range s.Conditions {
		for key, wanted := range conditions {
			has, told := a.keys[key]
			holds := false
			switch operator {
			case "Null":
				holds = told == slices.Equal(wanted, []string{"false"})
			case "StringEquals":
				holds = len(has) == 1 && slices.Contains(wanted, has[0])
			case "ForAllValues:StringEquals":
				holds = !slices.ContainsFunc(has, func(value string) bool { return !slices.Contains(wanted, value) })
			case "ForAllValues:StringLike":
				holds = !slices.ContainsFunc(has, func(value string) bool { return !like(wanted, value) })
			}
			if !holds {
				return false
			}
		}
	}
	return true
}

func like(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		return regexp.MustCompile("^" + expression + "$").MatchString(value)
	})
}

// named is what the requests of DynamoDB and KMS say of what they are about.
type named struct {
	IndexName                 string
	Select                    string
	Key, Item                 *keyed
	KeyConditionExpression    string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]struct{ S string }
	RequestItems              map[string]struct{ Keys []keyed }
	TransactItems             []map[string]named
	EncryptionContext         map[string]string
}

// keyed is a key, or an item.
type keyed struct {
	Partition struct{ S string } `json:"pk"`
}

// accessesOf reads a request of DynamoDB or KMS.
//
// Sources: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access
// control" and "Using IAM with DynamoDB transactions"; KMS developer guide, "AWS KMS
// condition keys".
func accessesOf(target string, body []byte) []access {
	service, operation, _ := strings.Cut(target, ".")
	var in named
	_ = json.Unmarshal(body, &in) // what cannot be read is the service's to refuse
	if service == "TrentService" {
		keys := map[string][]string{}
		for name, value := range in.EncryptionContext {
			keys["kms:EncryptionContext:"+name] = []string{value}
		}
		return []access{{"kms:" + operation, "${Key.Arn}", keys}}
	}
	if operation != "TransactWriteItems" {
		return []access{in.access("dynamodb:" + operation)}
	}
	var all []access
	for _, part := range in.TransactItems {
		for kind, of := range part {
			all = append(all, of.access("dynamodb:"+strings.TrimSuffix(kind, "Item")+"Item"))
		}
	}
	return all
}

var partitionValue = regexp.MustCompile(`^#\w+ = (:\w+)`)

func (in named) access(action string) access {
	a := access{action: action, resource: "${Table.Arn}", keys: map[string][]string{}}
	if in.IndexName != "" {
		a.resource += "/index/" + in.IndexName
	}
	var partitions []string
	for _, item := range []*keyed{in.Key, in.Item} {
		if item != nil {
			partitions = append(partitions, item.Partition.S)
		}
	}
	for _, of := range in.RequestItems {
		for _, item := range of.Keys {
			partitions = append(partitions, item.Partition.S)
		}
	}
	if m := partitionValue.FindStringSubmatch(in.KeyConditionExpression); m != nil {
		partitions = append(partitions, in.ExpressionAttributeValues[m[1]].S)
	}
	if partitions != nil {
		a.keys["dynamodb:LeadingKeys"] = partitions
	}
	if in.Select != "" {
		a.keys["dynamodb:Select"] = []string{in.Select}
	}
	if len(in.ExpressionAttributeNames) > 0 {
		a.keys["dynamodb:Attributes"] = slices.Sorted(maps.Values(in.ExpressionAttributeNames))
	}
	return a
}
