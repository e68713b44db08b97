package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// programs are the tests of packages, instrumented for the fuzzer. go test -fuzz would
// link them anew for each target, and do nothing else meanwhile.
type programs struct {
	folder string // one program for each package
	cache  string // where go test keeps the inputs that led the fuzzer somewhere
}

// build builds the programs of targets, which clean removes.
func build(ctx context.Context, targets []Target) (*programs, func(), error) {
	cache, err := output(ctx, "go", "env", "GOCACHE")
	if err != nil {
		return nil, nil, err
	}
	module, err := output(ctx, "go", "list", "-m")
	if err != nil {
		return nil, nil, err
	}
	folder, err := os.MkdirTemp("", "switchboard-fuzz")
	if err != nil {
		return nil, nil, err
	}
	clean := func() { _ = os.RemoveAll(folder) }
	p := &programs{folder: folder, cache: filepath.Join(cache, "fuzz", module)}
	var packages []string
	for _, t := range targets {
		if !slices.Contains(packages, t.Folder) {
			packages = append(packages, t.Folder)
		}
	}
	for _, pkg := range packages {
		// The instrumentation is the same whatever target is named.
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz", ".", "-o", p.of(pkg), "./"+pkg)
		if said, err := cmd.CombinedOutput(); err != nil {
			clean()
			return nil, nil, fmt.Errorf("building the targets of %s: %w\n%s", pkg, err, said)
		}
	}
	return p, clean, nil
}

// of is the program of a package.
func (p *programs) of(pkg string) string {
	return filepath.Join(p.folder, strings.ReplaceAll(pkg, "/", "_")+".test")
}

// fuzz runs a target, and gives what its program said.
func (p *programs) fuzz(ctx context.Context, t Target, each time.Duration) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.of(t.Folder), "-test.run", "^$", "-test.fuzz", "^"+t.Name+"$", "-test.fuzztime", each.String(),
		"-test.fuzzcachedir", filepath.Join(p.cache, filepath.FromSlash(t.Folder)),
		"-test.fuzzminimizetime", "1s") // without a limit of its own, making one long input shorter takes all the time
	cmd.Dir = filepath.FromSlash(t.Folder)
	return cmd.CombinedOutput()
}

// output is what a command says, without the end of its line.
func output(ctx context.Context, name string, args ...string) (string, error) {
	said, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(said)), nil
}
