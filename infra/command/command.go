// Package command is how the programs in the folders beside it are called: all take
// flags alone, all explain themselves with -h, and each error is one line.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Run is what a program does with its arguments, until its context ends.
type Run func(ctx context.Context, args []string, out io.Writer) error

// Main calls run with the arguments of the process until that is told to stop, and
// gives the exit code. That help was asked for is no error.
func Main(name string, run Run) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

// Parse reads the flags of a program. Asked for help it prints what the program does,
// one line, and its flags, and gives flag.ErrHelp.
func Parse(fs *flag.FlagSet, does string, args []string, out io.Writer) error {
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "%s\n\nUsage: go run ./infra/%s [flags]\n\n", does, fs.Name())
		fs.SetOutput(out)
		fs.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w; -h lists the flags", err)
	case fs.NArg() > 0:
		return fmt.Errorf("it takes flags alone, and not %q; -h lists them", fs.Arg(0))
	default:
		return nil
	}
}
