package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// ours is the module whose programs these are.
const ours = "switchboard"

// programs are the patterns of what we ship.
var programs = []string{"./functions/...", "./infra/local"}

// listed is a package, as go list describes it.
type listed struct {
	ImportPath, Dir, Name string
	Standard              bool
	Imports               []string
	Module                *struct {
		Path, Version, Dir, Sum string
		Replace                 *struct{ Path string }
	}
}

// modules lists the modules that are linked into our programs as they are deployed, and
// Go's own library.
func modules(ctx context.Context, root string) ([]part, error) {
	packages, err := list(ctx, root)
	if err != nil {
		return nil, err
	}
	in, folders := map[string][]string{}, map[string][]string{} // by module
	for _, p := range packages {
		if p.Module != nil && p.Module.Path != ours {
			folders[p.Module.Path] = append(folders[p.Module.Path], p.Dir)
		}
	}
	for _, p := range packages {
		if p.Name != "main" || p.Module == nil || p.Module.Path != ours {
			continue
		}
		program := strings.TrimPrefix(p.ImportPath, ours+"/")
		for _, module := range linked(packages, p.ImportPath) {
			in[module] = append(in[module], program)
		}
	}
	standard, err := standardLibrary(ctx)
	if err != nil {
		return nil, err
	}
	standard.in = in[standard.Name]
	parts := []part{standard}
	for _, p := range packages {
		m := p.Module
		if m == nil || in[m.Path] == nil {
			continue
		}
		if m.Replace != nil {
			return nil, fmt.Errorf("%s is replaced by %s, which has no version of its own", m.Path, m.Replace.Path)
		}
		made, err := moduleComponent(m.Path, m.Version, m.Sum)
		if err != nil {
			return nil, err
		}
		if made.Licenses, err = licencesIn(m.Path, m.Dir, folders[m.Path]); err != nil {
			return nil, fmt.Errorf("reading the licence of %s: %w", m.Path, err)
		}
		slices.Sort(in[m.Path])
		parts = append(parts, part{Component: made, in: in[m.Path]})
		delete(in, m.Path)
	}
	return parts, nil
}

// list asks go which packages our programs are made of, for the system and with the
// tags that functions are built for.
func list(ctx context.Context, root string) (map[string]listed, error) {
	args := append([]string{"list", "-deps", "-tags", "lambda.norpc", "-json=ImportPath,Dir,Name,Standard,Imports,Module"}, programs...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, said.Bytes())
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading what go list wrote: %w", err)
		}
		packages[p.ImportPath] = p
	}
}

// linked are the modules whose packages a program imports, directly or not.
func linked(packages map[string]listed, program string) []string {
	found, seen := map[string]bool{}, map[string]bool{}
	var visit func(string)
	visit = func(path string) {
		p, ok := packages[path]
		if seen[path] || !ok {
			return
		}
		seen[path] = true
		switch {
		case p.Standard:
			found[std] = true
		case p.Module.Path != ours:
			found[p.Module.Path] = true
		}
		for _, imported := range p.Imports {
			visit(imported)
		}
	}
	visit(program)
	var all []string
	for module := range found {
		all = append(all, module)
	}
	return all
}

// std is the name of Go's own library among modules.
const std = "std"

func standardLibrary(ctx context.Context) (part, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOROOT").Output()
	if err != nil {
		return part{}, fmt.Errorf("go env: %w", err)
	}
	goVersion, goRoot, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	made, err := moduleComponent(std, strings.TrimPrefix(goVersion, "go"), "")
	if err != nil {
		return part{}, err
	}
	made.Licenses, err = licencesIn(std, goRoot, nil)
	return part{Component: made}, err
}

func moduleComponent(path, version, sum string) (cdx.Component, error) {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B") + "?type=module"
	made := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: purl, Scope: cdx.ScopeRequired}
	if encoded, ok := strings.CutPrefix(sum, "h1:"); ok {
		hash, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return made, fmt.Errorf("reading the checksum of %s: %w", path, err)
		}
		made.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(hash)}}
	}
	return made, nil
}
