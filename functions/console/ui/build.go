package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// source is what the console is built from. It goes with the program, so that it
// builds wherever the program runs.
//
//go:embed index.html package.json package-lock.json tsconfig.json vite.config.ts src
var source embed.FS

// minNode is the oldest Node.js that the build tool runs on, as package.json says, too.
var minNode = [2]int{20, 19}

// NoNodeError says that there is no Node.js to build the console with.
type NoNodeError struct{ Found string }

func (e *NoNodeError) Error() string {
	wanted := fmt.Sprintf("Node.js %d.%d or newer, with npm,", minNode[0], minNode[1])
	if e.Found != "" {
		return fmt.Sprintf("%s is needed to build the console; this is %s.", wanted, e.Found)
	}
	return wanted + " is needed to build the console, and was not found."
}

// Build makes the console's files, and gives them. They are kept in a folder of
// cacheDir that is named by a hash of the source, so the same source is built once;
// those of other sources are removed. log gets a line for every step.
//
// Errors: NoNodeError, or what npm and the build tool had to say.
func Build(ctx context.Context, log io.Writer, cacheDir string) (fs.FS, error) {
	key, err := sourceKey()
	if err != nil {
		return nil, fmt.Errorf("reading the console's source: %w", err)
	}
	built := filepath.Join(cacheDir, key)
	if isBuilt(built) {
		return os.DirFS(built), nil
	}
	if err := findNode(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cacheDir, 0o750); err != nil {
		return nil, fmt.Errorf("making the console's folder: %w", err)
	}
	started := time.Now()
	work, err := os.MkdirTemp(cacheDir, "building-")
	if err != nil {
		return nil, fmt.Errorf("making the console's folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left is removed by the next build
	if err := buildIn(ctx, log, work); err != nil {
		return nil, err
	}
	if err := os.Rename(filepath.Join(work, "dist"), built); err != nil && !isBuilt(built) {
		return nil, fmt.Errorf("storing the console: %w", err)
	}
	removeOthers(cacheDir, key)
	fmt.Fprintf(log, "console: built in %.1f s\n", time.Since(started).Seconds())
	return os.DirFS(built), nil
}

func buildIn(ctx context.Context, log io.Writer, work string) error {
	if err := copySource(work); err != nil {
		return fmt.Errorf("writing the console's source: %w", err)
	}
	steps := []struct {
		says    string
		command []string
	}{
		{"installing packages", []string{"npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"}},
		{"building", []string{"npm", "run", "--silent", "build"}},
	}
	for _, step := range steps {
		fmt.Fprintf(log, "console: %s (%s)\n", step.says, strings.Join(step.command[:2], " "))
		if err := run(ctx, work, step.command); err != nil {
			return fmt.Errorf("building the console: %s: %w", step.says, err)
		}
	}
	return nil
}

// maxSaid is how much of what a failing command wrote goes into its error.
const maxSaid = 2000

func run(ctx context.Context, dir string, command []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	said = bytes.TrimSpace(said)
	if len(said) > maxSaid {
		said = said[len(said)-maxSaid:]
	}
	return fmt.Errorf("%s: %w\n%s", command[0], err, said)
}

func findNode(ctx context.Context) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return &NoNodeError{}
	}
	said, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return &NoNodeError{}
	}
	version := strings.TrimSpace(string(said))
	if !newEnough(version) {
		return &NoNodeError{Found: version}
	}
	return nil
}

// newEnough reads a version such as v20.19.0.
func newEnough(version string) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	minor, minorErr := strconv.Atoi(parts[1])
	if err != nil || minorErr != nil {
		return false
	}
	return major > minNode[0] || major == minNode[0] && minor >= minNode[1]
}

func isBuilt(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, index))
	return err == nil
}

// walkSource visits the files that are built, in order. Tests are not.
func walkSource(visit func(name string, content []byte) error) error {
	return fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".test.ts") {
			return err
		}
		content, err := source.ReadFile(name)
		if err != nil {
			return err
		}
		return visit(name, content)
	})
}

func sourceKey() (string, error) {
	h := sha256.New()
	err := walkSource(func(name string, content []byte) error {
		for _, part := range [][]byte{[]byte(name), content} {
			// A hash takes whatever is written.
			_ = binary.Write(h, binary.BigEndian, uint64(len(part)))
			_, _ = h.Write(part)
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

func copySource(dir string) error {
	return walkSource(func(name string, content []byte) error {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}

// removeOthers removes what other sources were built to, and builds that did not
// come to their end. Another process may be building, so the young ones stay.
func removeOthers(cacheDir, key string) {
	entries, err := os.ReadDir(cacheDir)
	if err != nil {
		return // it is only about space
	}
	for _, entry := range entries {
		info, err := entry.Info()
		isOurs := strings.HasPrefix(entry.Name(), "building-") || len(entry.Name()) == len(key)
		if err != nil || !isOurs || entry.Name() == key || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		_ = os.RemoveAll(filepath.Join(cacheDir, entry.Name()))
	}
}

// CacheDir is where the console of a local stack is kept: beside its source, where
// that is the current folder's, else in the user's cache.
func CacheDir() (string, error) {
	if _, err := os.Stat(filepath.Join("functions", "console", "ui", "package.json")); err == nil {
		return filepath.Join("functions", "console", "dist"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", errors.New("there is no folder for the console: set HOME or XDG_CACHE_HOME")
	}
	return filepath.Join(dir, "switchboard", "console"), nil
}
