// Command generate writes the connectors' part of template.yaml.
package main

import (
	"fmt"
	"os"

	"switchboard/internal/catalog"

	"switchboard/infra/sam"
)

// file is the template, seen from the folder that go generate runs in.
const file = "../template.yaml"

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the template: %w", err)
	}
	offered, err := catalog.New()
	if err != nil {
		return err
	}
	if text, err = sam.Generate(text, offered.All()); err != nil {
		return fmt.Errorf("writing the connectors' part: %w", err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil { //nolint:gosec // it is source, for everybody to read
		return fmt.Errorf("writing the template: %w", err)
	}
	return nil
}
