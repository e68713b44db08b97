package catalog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// goPackage is what the go command says about a package.
type goPackage struct {
	ImportPath string
	Imports    []string // the package's own
	Deps       []string // and those of its imports
	Standard   bool
}

const connectors = "switchboard/internal/connector/"

// sharedConnectors may be imported by another one: they declare a credential type
// that it accepts too.
var sharedConnectors = map[string]string{"whatsapp": "twilio"}

// commonModules are what every connector may stand on besides this module and the
// standard library, through the packages that all of them share.
var commonModules = []string{"code.dny.dev/ssrf", "github.com/go-json-experiment/json"}

// TestConnectorsKeepToThemselves: each becomes a function of its own, so what one of
// them needs must not be carried by the others, in size or in what may go wrong.
func TestConnectorsKeepToThemselves(t *testing.T) {
	packages := listPackages(t)
	standard := map[string]bool{}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	// A connector is what the catalog lists; the other packages beside them are shared.
	offered := func(importPath string) (string, bool) {
		return path.Base(importPath), slices.Contains(packages["switchboard/internal/catalog"].Imports, importPath) && strings.HasPrefix(importPath, connectors)
	}
	tried := 0
	for _, p := range packages {
		name, ok := offered(p.ImportPath)
		if !ok {
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			for _, dep := range p.Deps {
				if other, ok := offered(dep); ok && other != name && sharedConnectors[name] != other {
					t.Errorf("it pulls in the connector %s", other)
				}
			}
			own := ownModules(p, packages)
			for _, dep := range p.Deps {
				if standard[dep] || strings.HasPrefix(dep, "switchboard/") || within(dep, commonModules) || within(dep, own) {
					continue
				}
				t.Errorf("it pulls in %s, which it does not import itself", dep)
			}
		})
	}
	if tried < 25 {
		t.Errorf("only %d connectors were looked at", tried)
	}
}

// ownModules are what the connector's own package imports from outside, or a package
// beside it that it imports for that purpose, and what that stands on.
func ownModules(p goPackage, packages map[string]goPackage) []string {
	var own []string
	for _, name := range p.Imports {
		imported := packages[name]
		switch {
		case strings.HasPrefix(name, connectors):
			own = append(own, ownModules(imported, packages)...)
		case !imported.Standard && !strings.HasPrefix(name, "switchboard/"):
			own = append(append(own, name), imported.Deps...)
		}
	}
	return own
}

// within says whether a package is one of those named, or below one.
func within(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return name == root || strings.HasPrefix(name, root+"/") })
}

func listPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports,Deps,Standard", ".", "../connector/...")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, complaints.String())
	}
	packages := map[string]goPackage{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}
