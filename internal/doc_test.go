package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "switchboard/internal/"

// technologies may be imported by a main, by local, and by tests only; dynamotest is
// for tests.
var technologies = []string{
	"bolt", "dynamo", "eventbridge", "httpapi", "lambdahost", "lambdainvoke", "local", "stepfn", "vault/awskms", "vault/keyfile",
}

// imports reads which packages of this module each package imports, without tests.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(file))
		found[pkg] = append(found[pkg], "")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[pkg] = append(found[pkg], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImportRule(t *testing.T) {
	for pkg, names := range imports(t) {
		for _, name := range names {
			target, ours := strings.CutPrefix(name, module)
			if ours && slices.Contains(technologies, target) && pkg != "local" && pkg != "dynamotest" {
				t.Errorf("%s imports %s: only a main or local joins technologies", pkg, target)
			}
			if con, ok := connectorOf(pkg); ok && ours {
				if other, ok := connectorOf(target); ok && other != con && !shared[target] {
					t.Errorf("the connector %s imports the connector %s", con, other)
				}
			}
			if con, ok := connectorOf(pkg); ok && strings.Contains(name, "aws-sdk-go") && !slices.Contains(signing[con], name) {
				t.Errorf("the connector %s imports %s: connectors know nothing of AWS", con, name)
			}
		}
	}
}

// shared are the packages below connector that are no connectors, and those whose
// credential type another connector accepts too.
var shared = map[string]bool{
	"connector/outbound": true, "connector/rest": true, "connector/connectortest": true, "connector/twilio": true,
	"connector/token": true, "connector/letter": true, "connector/google": true, "connector/prompt": true,
}

// signing is what of AWS's SDK a connector may use all the same: to sign requests to
// a service of AWS, where it is the vendor.
var signing = map[string][]string{
	"aws_iot": {"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/aws/signer/v4"},
}

// connectorOf gives the connector that a package belongs to.
func connectorOf(pkg string) (string, bool) {
	rest, ok := strings.CutPrefix(pkg, "connector/")
	if !ok || shared[pkg] && path.Base(pkg) != "twilio" {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return name, true
}

// TestMap keeps the package list above true: every package is named in it.
func TestMap(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	text := parsed.Doc.Text()
	for pkg := range imports(t) {
		name := pkg
		if top, _, ok := strings.Cut(pkg, "/"); ok && (top == "connector" || top == "asl") {
			name = top
		}
		if pkg != "." && !strings.Contains(text, name) {
			t.Errorf("doc.go does not name %s", pkg)
		}
	}
}
