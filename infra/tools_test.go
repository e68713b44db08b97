package infra_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool finds a program of the environment that AWS's command line for SAM is installed
// in, of which SWITCHBOARD_SAM is the bin folder. It skips the test where that is not
// there, which SWITCHBOARD_TEST_PEERS=required forbids.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(filepath.Join(os.Getenv("SWITCHBOARD_SAM"), name))
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("%s is not installed: %v", name, err)
		}
		t.Skipf("%s is not installed: pip install aws-sam-cli cfn-lint, and set SWITCHBOARD_SAM to the bin folder", name)
	}
	return path
}

// region is where the template would be deployed to.
const region = "eu-central-1"

func run(t testing.TB, path string, arguments ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, arguments...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "AWS_DEFAULT_REGION="+region)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(path), strings.Join(arguments, " "), err, out.Bytes(), said.Bytes())
	}
	return out.Bytes()
}

// TestLint has cfn-lint judge the template, with no rule left out: in the region that it
// takes by itself, and in that of which SAM would ask it. sam validate --lint, before a
// deployment, is no more than a call of cfn-lint's library with the same rules.
func TestLint(t *testing.T) {
	if text, err := os.ReadFile(filepath.Join(root, "template.yaml")); err != nil || bytes.Contains(text, []byte("cfn-lint:")) {
		t.Errorf("the template switches off rules of cfn-lint, or cannot be read: %v", err)
	}
	for _, name := range []string{".cfnlintrc", ".cfnlintrc.yaml", ".cfnlintrc.yml"} {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			t.Errorf("%s would switch off rules", name)
		}
	}
	run(t, tool(t, "cfn-lint"), "--regions", "us-east-1", region, "--", "template.yaml")
}

// What CloudFormation takes.
//
// Source: CloudFormation user guide, "Understand CloudFormation quotas".
const (
	maxResources  = 500
	maxParameters = 200
	maxOutputs    = 200
	maxBytes      = 1 << 20
)

// headroom is how many resources must be left: those of 25 more connectors, and some.
const headroom = 120

// TestTranslated counts what SAM makes of the template.
func TestTranslated(t *testing.T) {
	python := filepath.Join(filepath.Dir(tool(t, "sam")), "python") // the one that SAM is installed for
	out := run(t, python, "infra/testdata/translate.py", "template.yaml")
	var made struct {
		Resources           map[string]struct{ Type string }
		Parameters, Outputs map[string]any
	}
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d resources, %d of %d bytes", len(made.Resources), maxResources, len(out), maxBytes)
	if len(made.Resources) > maxResources-headroom {
		t.Errorf("%d resources leave less than %d of CloudFormation's %d: split the connectors into a stack of their own", len(made.Resources), headroom, maxResources)
	}
	if len(made.Parameters) > maxParameters || len(made.Outputs) > maxOutputs || len(out) > maxBytes {
		t.Errorf("%d parameters, %d outputs, %d bytes: CloudFormation takes %d, %d and %d",
			len(made.Parameters), len(made.Outputs), len(out), maxParameters, maxOutputs, maxBytes)
	}
	// Every function gets an alias and its deployment group, or is a connector.
	kinds := map[string]int{}
	for _, r := range made.Resources {
		kinds[r.Type]++
	}
	if kinds["AWS::Lambda::Alias"] != kinds["AWS::CodeDeploy::DeploymentGroup"] || kinds["AWS::Lambda::Alias"] != kinds["AWS::Lambda::Version"] {
		t.Errorf("gradual deployment is not whole: %v", kinds)
	}
}
