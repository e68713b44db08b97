// Command fuzz runs every fuzz target of the module for a while, one after the other.
//
//	go run ./infra/fuzz              3 seconds each
//	go run ./infra/fuzz -time 1m -run internal/template
//
// It finds the targets itself, so none can be forgotten. What a target finds is written
// to its testdata/fuzz folder, where every go test runs it from then on; the inputs
// there are those that once found something, or led to code that few others reach.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchboard/infra/command"
)

func main() { os.Exit(command.Main("fuzz", run)) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	each := flags.Duration("time", 3*time.Second, "how long each target runs")
	only := flags.String("run", "", "regular `expression` of the targets to run, such as internal/template or FuzzRender")
	if err := command.Parse(flags, "Runs every fuzz target of the module for a while, one after the other.", args, out); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	targets, err := Targets(".")
	if err != nil {
		return err
	}
	targets = slices.DeleteFunc(targets, func(t Target) bool { return !wanted.MatchString(t.String()) })
	programs, clean, err := build(ctx, targets)
	if err != nil {
		return err
	}
	defer clean()
	failed := 0
	for _, t := range targets {
		began := time.Now()
		said, err := programs.fuzz(ctx, t, *each)
		for again := 0; err != nil && raced(said) && again < 2; again++ {
			said, err = programs.fuzz(ctx, t, *each)
		}
		fmt.Fprintf(out, "%-55s %5.1f s\n", t, time.Since(began).Seconds())
		if err != nil {
			failed++
			fmt.Fprintf(out, "%s\n", said)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d targets failed; their inputs are in testdata/fuzz", failed)
	}
	return nil
}

var outOfTime = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w+ \(.*\)\n\s+context deadline exceeded$`)

// raced says whether a target failed because its time was over, and for nothing that it
// found: until Go 1.27 that the time is over can reach those who wait for the workers
// before it reaches the workers. A find is always written to a file, which is told.
//
// Source: golang/go 75804.
func raced(said []byte) bool {
	return outOfTime.Match(said) && !bytes.Contains(said, []byte("Failing input"))
}

// Target is a fuzz target.
type Target struct{ Folder, Name string }

func (t Target) String() string { return t.Folder + " " + t.Name }

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// Targets finds all targets below a folder, in the order of their names.
func Targets(root string) ([]Target, error) {
	var targets []Target
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if name == "node_modules" || name == "testdata" || (strings.HasPrefix(name, ".") && file != ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			targets = append(targets, Target{path.Dir(file), string(m[1])})
		}
		return nil
	})
	return targets, err
}
