package infra_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table reads the rows of a Markdown table by its head.
func table(t testing.TB, text, head string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(text, head+"\n")
	if !ok {
		t.Fatalf("there is no table %q", head)
	}
	var rows [][]string
	for n, line := range strings.Split(rest, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if n > 0 {
			var row []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				row = append(row, strings.TrimSpace(strings.ReplaceAll(cell, "`", "")))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func readmeOf(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOperatorsPage holds the tables of infra/README.md to the template.
func TestOperatorsPage(t *testing.T) {
	template, text := deployment(t), readmeOf(t, "infra/README.md")

	t.Run("Parameters", func(t *testing.T) {
		told, declared := map[string]string{}, map[string]string{}
		for _, row := range table(t, text, "| parameter | default | meaning |") {
			told[row[0]] = row[1]
		}
		for name, p := range template.Parameters {
			declared[name] = fmt.Sprint(p.Default)
			if p.Description == "" {
				t.Errorf("%s has no description, which sam deploy --guided would show", name)
			}
		}
		if diff := cmp.Diff(declared, told); diff != "" {
			t.Errorf("the template declares (-), and the page tells (+):\n%s", diff)
		}
	})
	t.Run("Functions", func(t *testing.T) {
		var told []string
		for _, row := range table(t, text, "| function | can | cannot |") {
			told = append(told, row[0])
		}
		there := map[string]bool{}
		for name := range functions(t, template) {
			if strings.HasPrefix(name, "connector-") {
				name = "connector-..."
			}
			there[name] = true
		}
		slices.Sort(told)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(there)), told); diff != "" {
			t.Errorf("the template has (-), and the page tells of (+):\n%s", diff)
		}
	})
	t.Run("Alarms", func(t *testing.T) {
		told := map[string]bool{}
		for _, row := range table(t, text, "| alarm | look at | do |") {
			for name := range strings.SplitSeq(row[0], ", ") {
				told[strings.TrimPrefix(name, "...-")] = true
			}
		}
		there := map[string]bool{}
		for _, id := range template.OfType("AWS::CloudWatch::Alarm") {
			name, _ := template.Resources[id].Properties["AlarmName"].(map[string]any)
			text, _ := strings.CutPrefix(fmt.Sprint(name["Fn::Sub"]), "${Prefix}-")
			if last := text[strings.LastIndexByte(text, '-')+1:]; last == "errors" || last == "troubled" {
				text = last
			}
			there[text] = true
		}
		if diff := cmp.Diff(there, told); diff != "" {
			t.Errorf("the template has (-), and the page tells of (+):\n%s", diff)
		}
	})
	t.Run("Outputs", func(t *testing.T) {
		for _, name := range []string{"OAuthRedirectUrl", "DomainTarget", "UserPoolId"} {
			if template.Outputs[name] == nil || !strings.Contains(text, name) {
				t.Errorf("the page or the template does not have the output %s", name)
			}
		}
	})
}

var override = regexp.MustCompile(`"(\w+)=`)

// TestSamConfig: what samconfig.toml sets are parameters, and no secrets.
func TestSamConfig(t *testing.T) {
	text, template := readmeOf(t, "samconfig.toml"), deployment(t)
	for _, environment := range []string{"default", "dev", "prod"} {
		if !strings.Contains(text, "["+environment+".deploy.parameters]") {
			t.Errorf("there is no environment %s", environment)
		}
	}
	for _, m := range override.FindAllStringSubmatch(text, -1) {
		if _, ok := template.Parameters[m[1]]; !ok && m[1] != "stage" {
			t.Errorf("samconfig.toml sets %s, which is no parameter", m[1])
		}
	}
	if strings.Contains(text, "cached = true") {
		t.Error("cached builds miss changes of packages that functions import")
	}
}

// TestReadme: the commands of README.md are those that .ci/run has built with.
func TestReadme(t *testing.T) {
	_, rest, _ := strings.Cut(readmeOf(t, "README.md"), "<!-- aws -->\n```sh\n")
	command, _, _ := strings.Cut(rest, "\n```")
	build, deploy, both := strings.Cut(command, " && ")
	if !both || build != "sam build" || deploy != "sam deploy --guided" {
		t.Errorf("README.md deploys with %q", command)
	}
	if !strings.Contains(readmeOf(t, ".ci/run"), " \"$SWITCHBOARD_SAM/sam\" build\n") {
		t.Error(".ci/run does not build as README.md says")
	}
}
