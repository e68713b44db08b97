// Command generate writes the connectors' part of template.yaml.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"switchboard/infra/command"
	"switchboard/infra/sam"
	"switchboard/internal/catalog"
)

// file is the template, seen from the folder that go generate runs in.
const file = "../template.yaml"

func main() { os.Exit(command.Main("generate", generate)) }

func generate(_ context.Context, args []string, out io.Writer) error {
	does := "Writes the connectors' part of template.yaml; go generate ./infra runs it where that is."
	if err := command.Parse(flag.NewFlagSet("generate", flag.ContinueOnError), does, args, out); err != nil {
		return err
	}
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
