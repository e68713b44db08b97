package infra_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/infra/sam"
	"switchboard/internal/catalog"
	"switchboard/internal/connector"
	"switchboard/internal/dynamo"
	"switchboard/internal/dynamotest"
)

// root is the folder of the module, seen from here.
const root = ".."

// deployment is template.yaml.
func deployment(t testing.TB) *sam.Template {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := sam.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func connectors(t testing.TB) []connector.Connector {
	t.Helper()
	offered, err := catalog.New()
	if err != nil {
		t.Fatal(err)
	}
	return offered.All()
}

// functions gives every function of the template by its name without the prefix:
// credentials, connector-slack.
func functions(t testing.TB, template *sam.Template) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, id := range template.OfType("AWS::Serverless::Function") {
		name, ok := strings.CutPrefix(sam.Text(template.Resources[id].Properties["FunctionName"]), "${Prefix}-")
		if !ok {
			t.Errorf("%s: its FunctionName does not begin with ${Prefix}-, so policies that name functions miss it", id)
		}
		ids[name] = id
	}
	return ids
}

// folder is where the code of a function is: credentials, connectors/slack.
func folder(name string) string {
	if con, ok := strings.CutPrefix(name, "connector-"); ok {
		return "connectors/" + con
	}
	return name
}

func TestConnectorsPartIsFresh(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := sam.Generate(text, connectors(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(fresh)); diff != "" {
		t.Errorf("The connectors' part of template.yaml is out of date. Run: go generate ./infra\n%s", diff)
	}
}

// TestFunctions holds template, functions, events and catalog to each other.
func TestFunctions(t *testing.T) {
	template := deployment(t)
	ids := functions(t, template)
	var deployed []string
	for name, id := range ids {
		deployed = append(deployed, folder(name))
		if got, want := sam.Text(template.Resources[id].Properties["CodeUri"]), "functions/"+folder(name); got != want {
			t.Errorf("%s: CodeUri is %s, want %s", id, got, want)
		}
		if con, ok := strings.CutPrefix(name, "connector-"); ok && id != sam.ConnectorID(con) {
			t.Errorf("the function of connector %s is called %s, want %s", con, id, sam.ConnectorID(con))
		}
	}
	slices.Sort(deployed)

	t.Run("Code", func(t *testing.T) {
		if diff := cmp.Diff(mains(t), deployed); diff != "" {
			t.Errorf("functions/ has (-), and template.yaml has (+):\n%s", diff)
		}
	})
	t.Run("Events", func(t *testing.T) {
		for _, name := range deployed {
			events, _ := filepath.Glob(filepath.Join(root, "events", name, "*.json"))
			if len(events) == 0 {
				t.Errorf("there is no event for %s: put one into events/%s", name, name)
			}
		}
		for _, name := range foldersOf(t, filepath.Join(root, "events"), ".json") {
			if !slices.Contains(deployed, name) {
				t.Errorf("events/%s is for no function of template.yaml", name)
			}
		}
	})
	t.Run("Catalog", func(t *testing.T) {
		var want, got []string
		for _, con := range connectors(t) {
			want = append(want, "connectors/"+con.Name)
		}
		for _, name := range deployed {
			if strings.HasPrefix(name, "connectors/") {
				got = append(got, name)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the catalog has (-), and template.yaml has (+):\n%s", diff)
		}
	})
}

// mains lists the folders below functions that hold a Lambda's main.
func mains(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, name := range foldersOf(t, filepath.Join(root, "functions"), ".go") {
		text, err := os.ReadFile(filepath.Join(root, "functions", name, "main.go"))
		if err == nil && strings.Contains(string(text), "\npackage main\n") {
			found = append(found, name)
		}
	}
	return found
}

// foldersOf lists the folders below a folder that have files of a kind, sorted.
func foldersOf(t testing.TB, top, extension string) []string {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case !entry.IsDir() && filepath.Ext(path) == extension:
			name, err := filepath.Rel(top, filepath.Dir(path))
			found[filepath.ToSlash(name)] = true
			return err
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// TestFunctionSettings looks at what every function has to have.
func TestFunctionSettings(t *testing.T) {
	template := deployment(t)
	globals, _ := template.Globals["Function"].(map[string]any)
	if diff := cmp.Diff([]any{"arm64"}, globals["Architectures"]); diff != "" || globals["Runtime"] != "provided.al2023" || globals["Handler"] != "bootstrap" {
		t.Errorf("functions are not bootstraps for arm64 on provided.al2023: %v", globals)
	}
	roles := map[string]string{}
	for name, id := range functions(t, template) {
		p := template.Resources[id].Properties
		role := sam.Text(p["Role"])
		if other, taken := roles[role]; taken {
			t.Errorf("%s and %s share a role", id, other)
		}
		if roles[role] = id; role != "${"+id+"Role.Arn}" {
			t.Errorf("%s: its role is %s, want its own", id, role)
		}
		if got, want := sam.Text(template.Resources[id+"Role"].Properties["RoleName"]), "${Prefix}-${AWS::Region}-"+name; got != want {
			t.Errorf("%s: its role is called %s, want %s, which the key's policy knows it by", id, got, want)
		}
		logs := template.Resources[id+"Logs"].Properties
		if sam.Text(logs["LogGroupName"]) != "/aws/lambda/${Prefix}-"+name || sam.Text(logs["RetentionInDays"]) != "${LogRetentionDays}" {
			t.Errorf("%s: it has no log group of its own that ends: %v", id, logs)
		}
		connector := strings.HasPrefix(name, "connector-")
		if live := p["AutoPublishAlias"] == "live" && p["DeploymentPreference"] != nil; live == connector {
			t.Errorf("%s: gradual deployment is %t", id, live)
		}
	}
}

// TestTable compares the table with the one that the store is tested on.
func TestTable(t *testing.T) {
	table := deployment(t).Resources["Table"].Properties
	want, err := json.Marshal(dynamotest.Table("any"))
	if err != nil {
		t.Fatal(err)
	}
	var store map[string]any
	if err := json.Unmarshal(want, &store); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"} {
		if diff := cmp.Diff(set(store[name]), set(table[name])); diff != "" {
			t.Errorf("%s: internal/dynamo has (-), and template.yaml has (+):\n%s", name, diff)
		}
	}
	if ttl, _ := table["TimeToLiveSpecification"].(map[string]any); ttl["AttributeName"] != dynamo.TTLAttribute || ttl["Enabled"] != true {
		t.Errorf("time to live is %v, want it on for %s", ttl, dynamo.TTLAttribute)
	}
	if recovery, _ := table["PointInTimeRecoverySpecification"].(map[string]any); recovery["PointInTimeRecoveryEnabled"] != true {
		t.Errorf("point-in-time recovery is %v", recovery)
	}
}

// set leaves out of a value what is nil, and writes lists so that their order does not
// count.
func set(value any) any {
	switch v := value.(type) {
	case []any:
		all := map[string]bool{}
		for _, item := range v {
			text, _ := json.Marshal(set(item)) // of maps and texts
			all[string(text)] = true
		}
		return slices.Sorted(maps.Keys(all))
	case map[string]any:
		kept := map[string]any{}
		for key, item := range v {
			if item != nil {
				kept[key] = set(item)
			}
		}
		return kept
	}
	return value
}
