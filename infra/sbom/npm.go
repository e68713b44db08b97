package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// console is the program that npm packages are in.
const console = "functions/console"

// builders are the console's dependencies that build it and are not in its pages. They
// are not development dependencies, since whoever deploys needs them.
var builders = []string{"vite", "@vitejs/plugin-react"}

// locked is a package in npm's lock file.
type locked struct {
	Version, License, Integrity                          string
	Dev, Link                                            bool
	Dependencies, OptionalDependencies, PeerDependencies map[string]string
}

// npmPackages lists the packages that the console is built from. Those that only build
// it, or that are for other machines' build tools, have the scope "excluded".
func npmPackages(root string) ([]part, error) {
	text, err := os.ReadFile(filepath.Join(root, console, "ui", "package-lock.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the console's packages: %w", err)
	}
	var lock struct{ Packages map[string]locked }
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("reading the console's packages: %w", err)
	}
	inPages := reach(lock.Packages)
	var parts []part
	for where, p := range lock.Packages {
		if where == "" || p.Dev || p.Link {
			continue
		}
		made, err := p.component(nameOf(where))
		if err != nil {
			return nil, err
		}
		made.BOMRef += "#" + where // the same version may lie in several places
		found := part{Component: made}
		if inPages[where] {
			found.in = []string{console}
		} else {
			found.Scope = cdx.ScopeExcluded
		}
		parts = append(parts, found)
	}
	return parts, nil
}

// nameOf is the name of the package in a folder below node_modules.
func nameOf(where string) string {
	return where[strings.LastIndex(where, "node_modules/")+len("node_modules/"):]
}

// reach says which packages the pages can import: the console's dependencies but for
// those that build it, and theirs.
func reach(packages map[string]locked) map[string]bool {
	found := map[string]bool{}
	var visit func(from string, names map[string]string)
	visit = func(from string, names map[string]string) {
		for name := range names {
			where, ok := resolve(packages, from, name)
			if !ok || found[where] || packages[where].Dev || from == "" && slices.Contains(builders, name) {
				continue
			}
			found[where] = true
			p := packages[where]
			visit(where, p.Dependencies)
			visit(where, p.OptionalDependencies)
			visit(where, p.PeerDependencies)
		}
	}
	visit("", packages[""].Dependencies)
	return found
}

// resolve finds a package as Node.js does: below the folder that asks, or below one
// above it.
func resolve(packages map[string]locked, from, name string) (string, bool) {
	for {
		where := path.Join(from, "node_modules", name)
		if _, ok := packages[where]; ok {
			return where, true
		}
		if from == "" {
			return "", false
		}
		from = strings.TrimSuffix(from[:strings.LastIndex("/"+from, "/node_modules/")], "/")
	}
}

func (p locked) component(name string) (cdx.Component, error) {
	purl := "pkg:npm/" + strings.Replace(url.PathEscape(name), "%2F", "/", 1) + "@" + url.PathEscape(p.Version)
	purl = strings.Replace(purl, "npm/@", "npm/%40", 1)
	made := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: name, Version: p.Version, PackageURL: purl, Scope: cdx.ScopeRequired}
	if p.License != "" {
		made.Licenses = licences(p.License)
		if strings.Contains(p.License, " ") {
			made.Licenses = &cdx.Licenses{{Expression: p.License}}
		}
	}
	if encoded, ok := strings.CutPrefix(p.Integrity, "sha512-"); ok {
		hash, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return made, fmt.Errorf("reading the checksum of %s: %w", name, err)
		}
		made.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA512, Value: hex.EncodeToString(hash)}}
	}
	return made, nil
}
