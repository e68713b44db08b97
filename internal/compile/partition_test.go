package compile_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/compile"
	"switchboard/internal/connector"
	"switchboard/internal/workflow"
)

// TestPartitions: a definition names what it calls as the partition has it that it is
// deployed to, and is the same otherwise.
func TestPartitions(t *testing.T) {
	const document = `{"name":"x","trigger":{"type":"manual"},"nodes":[
		{"id":"a","type":"toy.say","config":{"text":"arn:aws:x"}},{"id":"b","type":"workflow","config":{"workflow":"wf_ok"}},{"id":"c","type":"approval","config":{"message":"?"}}],
		"edges":[{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"b","to":"c"}]}`
	doc, err := workflow.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := connector.NewCatalog(toy())
	if err != nil {
		t.Fatal(err)
	}
	definitions, events := map[string][]byte{}, map[string]int{}
	for _, partition := range []string{"", "aws", "aws-us-gov", "aws-cn"} {
		compiled, diagnostics := compile.New(catalog, compile.Functions{
			Connector: func(name string) string { return "connector-" + name }, Approvals: "approvals", Workflows: "workflows", Partition: partition,
		}).Compile(doc, subject())
		if compiled == nil {
			t.Fatalf("%q: %v", partition, diagnostics)
		}
		m, err := asl.Parse(compiled.Definition)
		if err != nil {
			t.Fatal(err)
		}
		if issues := m.Validate(); len(issues) > 0 {
			t.Errorf("%q: %v", partition, issues)
		}
		definitions[partition], events[partition] = compiled.Definition, asl.HistoryEvents(m, func(*asl.Map) int { return 0 })
	}
	plain := definitions[""]
	if n := bytes.Count(plain, []byte(`"arn:aws:states:::lambda:invoke`)); n != 3 {
		t.Fatalf("%d tasks, want 3", n)
	}
	for _, partition := range []string{"aws", "aws-us-gov", "aws-cn"} {
		want := bytes.ReplaceAll(plain, []byte(`"arn:aws:states:`), []byte(`"arn:`+partition+`:states:`))
		if diff := cmp.Diff(string(want), string(definitions[partition])); diff != "" || events[partition] != events[""] {
			t.Errorf("%s: %d events, want %d; definition (-want +got):\n%s", partition, events[partition], events[""], diff)
		}
	}
}
