// Command sbom writes what the programs that we ship are made of, as a bill of
// materials in CycloneDX's JSON: the Go modules that are linked into each function and
// into the local stack, and the npm packages of the console.
//
//	go run ./infra/sbom
//	go run ./infra/sbom -out switchboard.cdx.json
//
// It needs no network beyond the modules themselves, and writes the same bytes for the
// same source. A licence that is not among those we allow (licence.go) fails it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"switchboard/infra/command"
)

func main() { os.Exit(command.Main("sbom", run)) }

func run(ctx context.Context, args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("sbom", flag.ContinueOnError)
	file := fs.String("out", "", "the file to write; the standard output without it")
	if err := command.Parse(fs, "Writes what the programs that we ship are made of, as CycloneDX's JSON.", args, stdout); err != nil {
		return err
	}
	bom, err := bill(ctx, ".")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, version); err != nil {
		return fmt.Errorf("writing CycloneDX: %w", err)
	}
	if *file == "" {
		_, err = stdout.Write(text.Bytes())
		return err
	}
	return os.WriteFile(*file, text.Bytes(), 0o644) //nolint:gosec // everybody may read what we are made of
}

// version is that of CycloneDX.
const version = cdx.SpecVersion1_6

// product is the reference of the whole.
const product = "switchboard"

// part is something from elsewhere, or a program of ours, in the bill.
type part struct {
	cdx.Component
	in []string // the programs that it is in
}

// bill makes the bill of the source in a folder. There is no serial number and no time
// in it, so that two bills differ where what they list differs.
func bill(ctx context.Context, root string) (*cdx.BOM, error) {
	parts, err := modules(ctx, root)
	if err != nil {
		return nil, err
	}
	packages, err := npmPackages(root)
	if err != nil {
		return nil, err
	}
	parts = append(parts, packages...)
	if err := allowed(parts); err != nil {
		return nil, err
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.BOMRef, b.BOMRef) })

	contains := map[string][]string{}
	var components []cdx.Component
	for _, p := range parts {
		components = append(components, p.Component)
		for _, program := range p.in {
			contains[program] = append(contains[program], p.BOMRef)
		}
	}
	var programs []string
	for program := range contains {
		programs = append(programs, program)
		components = append(components, cdx.Component{BOMRef: program, Type: cdx.ComponentTypeApplication, Name: program})
	}
	slices.Sort(programs)
	slices.SortStableFunc(components[len(parts):], func(a, b cdx.Component) int { return strings.Compare(a.Name, b.Name) })
	dependencies := []cdx.Dependency{{Ref: product, Dependencies: &programs}}
	for _, program := range programs {
		refs := contains[program]
		dependencies = append(dependencies, cdx.Dependency{Ref: program, Dependencies: &refs})
	}

	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{BOMRef: product, Type: cdx.ComponentTypeApplication, Name: product}}
	bom.Components, bom.Dependencies = &components, &dependencies
	return bom, nil
}

// allowed says of which parts the licence is not one that we allow.
func allowed(parts []part) error {
	var wrong []error
	for _, p := range parts {
		if refused := refusedLicences(p); refused != "" {
			wrong = append(wrong, fmt.Errorf("%s %s: %s", p.Name, p.Version, refused))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("licences that infra/sbom/licence.go does not allow:\n%w", errors.Join(wrong...))
	}
	return nil
}
