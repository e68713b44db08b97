package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"switchboard/internal/bundle"
	"switchboard/internal/local"
)

func exportBundle(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	fs := commandFlags("export", &cfg, stderr)
	agent := fs.String("agent", "", "only the agent with this `id`")
	force := fs.Bool("force", false, "replace FILE if it is there")
	file, err := parseCommand("export", fs, args, stdout)
	if err != nil {
		return unlessHelped(err)
	}
	b, err := local.Export(ctx, cfg, *agent)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(b); err != nil {
		return fmt.Errorf("encoding the bundle: %w", err)
	}
	if file == "-" {
		_, err := stdout.Write(text.Bytes())
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if *force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flags, 0o600)
	if os.IsExist(err) {
		return &local.UserError{Message: fmt.Sprintf("There is a file %s already.", file), Hint: "Name another one, or replace it with -force."}
	}
	if err != nil {
		return fmt.Errorf("writing the bundle: %w", err)
	}
	_, err = f.Write(text.Bytes())
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the bundle: %w", err)
	}
	fmt.Fprintf(stdout, "Exported to %s: agents %d, workflows %d, credentials by name %d. No secret of a credential is in it.\n",
		file, len(b.Agents), len(b.Workflows), len(b.Credentials))
	return nil
}

func importBundle(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	var o bundle.Options
	fs := commandFlags("import", &cfg, stderr)
	fs.BoolVar(&o.DryRun, "dry-run", false, "only say what would be done")
	fs.BoolVar(&o.Publish, "publish", false, "publish what was published where the file is from, as far as it has no errors")
	fs.BoolVar(&o.Replace, "replace", false, "replace drafts that are there and differ")
	file, err := parseCommand("import", fs, args, stdout)
	if err != nil {
		return unlessHelped(err)
	}
	text, err := read(file)
	if err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	report, err := local.Import(ctx, cfg, text, o)
	if err != nil {
		return err
	}
	tell(stdout, report)
	return nil
}

func read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

// tell writes a report a line each.
func tell(to io.Writer, r bundle.Report) {
	for _, a := range r.Agents {
		fmt.Fprintf(to, "agent       %-10s%s  %s", a.Result, a.ID, a.Name)
		if a.RenamedFrom != "" {
			fmt.Fprintf(to, "  (%s is taken)", a.RenamedFrom)
		}
		fmt.Fprintln(to)
	}
	missing := 0
	for _, c := range r.Credentials {
		if c.Result == bundle.Missing {
			missing++
		}
		fmt.Fprintf(to, "credential  %-10s%s  %s\n", c.Result, c.Type, c.Name)
	}
	for _, w := range r.Workflows {
		fmt.Fprintf(to, "workflow    %-10s%s  %s", w.Result, w.ID, w.Name)
		switch {
		case w.Version > 0:
			fmt.Fprintf(to, "  version %d serves", w.Version)
		case w.Problem != "":
			fmt.Fprintf(to, "  %s", w.Problem)
		case len(w.Missing) > 0:
			fmt.Fprintf(to, "  lacks %d", len(w.Missing))
		}
		fmt.Fprintln(to)
	}
	if missing > 0 {
		fmt.Fprintf(to, "Connect the missing credentials under these names, and import again: %d.\n", missing)
	}
	if r.DryRun {
		fmt.Fprintln(to, "This is what would be done; nothing was.")
	}
}
