package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// root is the repository's folder, seen from this one.
const root = "../.."

var ourBill = sync.OnceValues(func() (*cdx.BOM, error) { return bill(rootContext, root) })

func written(t *testing.T) (*cdx.BOM, []byte) {
	t.Helper()
	bom, err := ourBill()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).EncodeVersion(bom, version); err != nil {
		t.Fatal(err)
	}
	return bom, text.Bytes()
}

// TestValid holds the bill to CycloneDX's own schema, which is in the library's module.
func TestValid(t *testing.T) {
	_, text := written(t)
	said, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	schemas := filepath.Join(strings.TrimSpace(string(said)), "schema")
	compiler := jsonschema.NewCompiler()
	for name, address := range map[string]string{
		"bom-1.6.schema.json": "http://cyclonedx.org/schema/bom-1.6.schema.json", "spdx.schema.json": "http://cyclonedx.org/schema/spdx.schema.json",
		"jsf-0.82.schemax.json": "http://cyclonedx.org/schema/jsf-0.82.schema.json",
	} {
		file, err := os.Open(filepath.Join(schemas, name))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(file)
		_ = file.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := compiler.AddResource(address, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
	doc.(map[string]any)["components"].([]any)[0].(map[string]any)["licenses"] = []any{map[string]any{"license": map[string]any{"id": "no licence"}}}
	if err := schema.Validate(doc); err == nil {
		t.Error("the schema takes any licence, so it was not read as it should be")
	}
}

// TestWhole compares the bill with what the linker wrote into programs that it names.
func TestWhole(t *testing.T) {
	bom, _ := written(t)
	names := map[string]string{} // "path@version" of Go modules by reference
	for _, c := range *bom.Components {
		if strings.HasPrefix(c.BOMRef, "pkg:golang/") && c.Name != std {
			names[c.BOMRef] = c.Name + "@" + c.Version
		}
	}
	for _, program := range []string{"functions/connectors/gmail", "functions/hooks"} {
		t.Run(program, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bootstrap")
			cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", file, "./"+program)
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOFLAGS=", "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			info, err := buildinfo.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for _, m := range info.Deps {
				want = append(want, m.Path+"@"+m.Version)
			}
			for _, ref := range contents(bom, program) {
				if name, ok := names[ref]; ok {
					got = append(got, name)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("the bill says\n%s\nand the program\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
	if !slices.ContainsFunc(contents(bom, "infra/local"), func(ref string) bool { return strings.HasPrefix(ref, "pkg:golang/go.etcd.io/bbolt@") }) {
		t.Error("the local stack has no store")
	}
}

func contents(bom *cdx.BOM, program string) []string {
	for _, d := range *bom.Dependencies {
		if d.Ref == program {
			return *d.Dependencies
		}
	}
	return nil
}

func TestRefused(t *testing.T) {
	made := func(scope cdx.Scope, all cdx.Licenses) part {
		return part{Component: cdx.Component{Name: "thing", Version: "1.0.0", Scope: scope, Licenses: &all}}
	}
	none := made(cdx.ScopeRequired, nil)
	none.Licenses = nil
	for name, c := range map[string]struct {
		part part
		want string // in the error; "" for none
	}{
		"OK":             {made(cdx.ScopeRequired, *licences("MIT", "BSD-3-Clause")), ""},
		"OKBuilds":       {made(cdx.ScopeExcluded, *licences("MPL-2.0")), ""},
		"ErrShipped":     {made(cdx.ScopeRequired, *licences("MPL-2.0")), `thing 1.0.0: "MPL-2.0"`},
		"ErrOneOfTwo":    {made(cdx.ScopeRequired, *licences("MIT", "GPL-3.0-only")), `"GPL-3.0-only"`},
		"ErrBuilds":      {made(cdx.ScopeExcluded, *licences("AGPL-3.0")), `"AGPL-3.0"`},
		"ErrChoice":      {made(cdx.ScopeRequired, cdx.Licenses{{Expression: "MIT OR GPL-2.0"}}), `"MIT OR GPL-2.0"`},
		"ErrNamed":       {made(cdx.ScopeRequired, cdx.Licenses{{License: &cdx.License{Name: "SEE LICENSE"}}}), `"SEE LICENSE"`},
		"ErrNone":        {made(cdx.ScopeRequired, cdx.Licenses{}), "no licence"},
		"ErrNotDeclared": {none, "no licence"},
	} {
		t.Run(name, func(t *testing.T) {
			err := allowed([]part{c.part})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLicencesIn(t *testing.T) {
	mit, err := os.ReadFile(filepath.Join(root, "infra/sbom/testdata/mit"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
		fails bool
	}{
		"OK":              {map[string]string{"LICENSE": string(mit)}, []string{"MIT"}, false},
		"OKBelow":         {map[string]string{"inner/linked/LICENSE.txt": string(mit)}, []string{"MIT"}, false},
		"OKBetween":       {map[string]string{"inner/COPYING": string(mit)}, []string{"MIT"}, false},
		"NotLinked":       {map[string]string{"other/LICENSE": string(mit)}, nil, false},
		"NoLicence":       {map[string]string{"README.md": "MIT"}, nil, false},
		"ErrUnknown":      {map[string]string{"LICENSE": "Whoever reads this owes us a beer."}, nil, true},
		"ErrUnknownBelow": {map[string]string{"LICENSE": string(mit), "inner/linked/LICENCE": "All rights reserved."}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			linked := filepath.Join(folder, "inner", "linked")
			for _, dir := range []string{linked, filepath.Join(folder, "other")} {
				if err := os.MkdirAll(dir, 0o750); err != nil {
					t.Fatal(err)
				}
			}
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := licencesIn("example.com/thing", folder, []string{linked})
			if (err != nil) != c.fails {
				t.Fatalf("got error %v", err)
			}
			var got []string
			if found != nil {
				for _, l := range *found {
					got = append(got, identifier(l))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestSame writes the bill twice.
func TestSame(t *testing.T) {
	_, text := written(t)
	again, err := bill(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	var second bytes.Buffer
	if err := cdx.NewBOMEncoder(&second, cdx.BOMFileFormatJSON).EncodeVersion(again, version); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, second.Bytes()) {
		t.Error("two bills of the same source differ")
	}
	if !json.Valid(text) {
		t.Error("the bill is no JSON")
	}
}
