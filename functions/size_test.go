package functions_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/infra/sam"
)

// limit is what a connector's function may not exceed, in MiB. hello-world has 5.56, and
// slack, which is like most, 7.19. What lies between is many small things: by the size
// of their code in KiB, regular expressions 88, templates 77, the task with its
// once-only records 60, expressions 57, logging 38, the guarded network 29, the table 29,
// flate 19, and what the linker writes about each. The SDK's clients of DynamoDB and KMS
// would be 1.8 more, which is why package awsapi has their few calls. The linker aligns
// to 64 KiB.
const limit = 7.5

// larger are the connectors that need more, how much, and why.
var larger = map[string]struct {
	size float64
	why  string
}{
	"gmail": {8, "go-mail can fill letters from the standard library's templates, which look up methods by name, so that the linker keeps every exported method of every type"},
	"mqtt":  {7.6, "it speaks MQTT, and its client is linked beside that of HTTP, which the others make do with"},
	"smtp":  {8.1, "go-mail can fill letters from the standard library's templates, which look up methods by name, so that the linker keeps every exported method of every type"},
}

// readTemplate reads what is deployed.
func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := sam.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// deployed gives the program of each function as it is deployed: in the folder
// SWITCHBOARD_BUILT, into which sam has built just now, or else built here.
func deployed(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	if folder := os.Getenv("SWITCHBOARD_BUILT"); folder != "" {
		template := readTemplate(t)
		for _, id := range template.OfType("AWS::Serverless::Function") {
			source, _ := template.Resources[id].Properties["CodeUri"].(string)
			if function, ok := strings.CutPrefix(source, "functions/"); ok {
				files[function] = filepath.Join(folder, id, "bootstrap")
			}
		}
		return files
	}
	folder, err := build("linux", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range names(t) {
		files[function] = filepath.Join(folder, filepath.Base(function))
	}
	return files
}

// TestSizes prints how large the functions are as they are deployed, and holds those
// of connectors to their limits. Lambda loads all of it at a cold start.
func TestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: building for arm64 takes a minute")
	}
	files := deployed(t)
	unused := maps.Clone(larger)
	table := "| function | MiB |\n| --- | --- |\n"
	for _, function := range names(t) {
		file, err := os.Stat(files[function])
		if err != nil {
			t.Fatal(err)
		}
		size := float64(file.Size()) / (1 << 20)
		table += fmt.Sprintf("| %s | %.2f |\n", function, size)
		name, ok := strings.CutPrefix(function, "connectors/")
		if !ok {
			continue
		}
		allowed, why := limit, "nothing is said to need more"
		if l, ok := larger[name]; ok && size > limit {
			allowed, why = l.size, l.why
			delete(unused, name)
		}
		if size > allowed {
			t.Errorf("%s has %.2f MiB; it may have %.2f: %s", function, size, allowed, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is no longer larger than others; take its exception away", name)
	}
	_, _ = fmt.Fprint(t.Output(), table)
}
