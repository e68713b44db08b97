package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"switchboard/internal/audit"
	"switchboard/internal/local"
)

// verifyAudit verifies the audit of a data folder, or an export of one.
func verifyAudit(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	fs := commandFlags("audit", &cfg, stderr)
	if len(args) > 0 && args[0] == "verify" {
		args = args[1:]
	} else if len(args) == 0 || args[0] != "-h" && args[0] != "-help" && args[0] != "--help" {
		return errors.New("what to do with the audit is missing: audit verify [FILE]; audit -h shows how it is used")
	}
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "%s\n\nUsage: go run ./infra/local audit verify [flags] [FILE]\n\n", commands()["audit"].help)
		fs.SetOutput(stdout)
		fs.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w; audit -h lists the flags", err)
	case fs.NArg() > 1:
		return fmt.Errorf("audit verify takes one FILE, not %d", fs.NArg())
	}
	var v *audit.Verifier
	if fs.NArg() == 1 {
		v, err = verifyFile(fs.Arg(0))
	} else {
		v, err = local.VerifyAudit(ctx, cfg)
	}
	if broken, ok := errors.AsType[*audit.Broken](err); ok {
		return fmt.Errorf("the audit does not hold together: the first broken row is %w", broken)
	}
	if err != nil {
		return err
	}
	if v.Rows == 0 && fs.NArg() == 1 {
		return errors.New("the export has no rows, which proves nothing: every account has some; export it again")
	}
	fmt.Fprintf(stdout, "The audit holds together: %d rows.\n", v.Rows)
	for _, end := range v.Ends() {
		fmt.Fprintf(stdout, "Account %s, chain %s ends with row %d, %s, hash %s\n", end.Account, end.Chain, end.Sequence, end.At.Format("2006-01-02 15:04:05 MST"), end.Hash)
	}
	return nil
}

func verifyFile(name string) (*audit.Verifier, error) {
	if name == "-" {
		return audit.VerifyLines(os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the export: %w", err)
	}
	defer file.Close()
	return audit.VerifyLines(file)
}
