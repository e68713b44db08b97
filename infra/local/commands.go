package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"switchboard/internal/local"
)

// command is something to do with a data folder besides serving it.
type command struct {
	summary string
	help    string // what -h says before the flags
	args    string // what stands behind the flags
	run     func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

// commands lists them by name.
func commands() map[string]command {
	return map[string]command{
		"audit": {
			summary: "verify the record of who did what",
			help: "Verifies that nothing in the audit of a data folder, or in an export of one (FILE, - for standard input), was changed,\n" +
				"removed or put in, and names the first row that does not fit. The last hash of each chain is shown: kept elsewhere,\n" +
				"it shows later whether rows were cut off the end.",
			args: "verify [FILE]", run: verifyAudit,
		},
		"backup": {
			summary: "copy the data folder to a file, while it is in use or not",
			help: "Copies everything in a data folder to one file, as of one moment. A Switchboard that runs there goes on to run.\n" +
				"The copy is opened and checked, every sealed credential included, before it gets its name.\n" +
				"The key is not in it unless -with-key is given: keep the file key of the data folder in another place.",
			args: "FILE", run: backup,
		},
		"export": {
			summary: "write agents and workflows to a file, without secrets",
			help: "Writes the agents and workflows of a data folder to one file of JSON (- for standard output), or one agent with its workflows.\n" +
				"Credentials are in it by type and name only. A Switchboard that runs there goes on to run.",
			args: "FILE", run: exportBundle,
		},
		"import": {
			summary: "make agents and workflows of such a file",
			help: "Makes the agents and workflows of an exported file (- for standard input). All of it is checked first. Credentials of the\n" +
				"same type and name take their places; what is missing is listed: connect it and import again. Doing it again makes\n" +
				"nothing twice. Nothing is published unless -publish is given.",
			args: "FILE", run: importBundle,
		},
		"restore": {
			summary: "make a data folder of a backup",
			help: "Makes a data folder of a backup. All of it is read and checked first, and every credential opened with the key;\n" +
				"a wrong key, a damaged file or a folder that is not empty is refused, and nothing is changed. What was running when\n" +
				"the backup was made goes on from there at the next start, and does again what it has done since, unless -stop-running is given.",
			args: "FILE", run: restore,
		},
		"rotate-key": {
			summary: "make a new key, and seal all credentials under it",
			help: "Makes a new key and seals every credential under it. A Switchboard that runs there goes on to run, and everything\n" +
				"opens all the time. Cut off, it goes on at the next start. When it has ended, the old key is out of the key file:\n" +
				"make a copy of the new one. Backups from before open only with a copy of the old key file.",
			run: rotateKey,
		},
	}
}

func listCommands() string {
	var b strings.Builder
	all := commands()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "  %-12s%s\n", name, all[name].summary)
	}
	return b.String()
}

// errHelped: help was asked for, and given.
var errHelped = errors.New("helped")

// parseCommand reads flags wherever they stand, and gives the rest: one argument where
// the command takes one.
func parseCommand(name string, fs *flag.FlagSet, args []string, stdout io.Writer) (string, error) {
	c := commands()[name]
	fs.SetOutput(io.Discard)
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprintf(stdout, "%s\n\nUsage: go run ./infra/local %s\n\n", c.help, strings.TrimSpace(name+" [flags] "+c.args))
				fs.SetOutput(stdout)
				fs.PrintDefaults()
				return "", errHelped
			}
			return "", fmt.Errorf("%w; %s -h lists the flags", err, name)
		}
		if fs.NArg() == 0 {
			break
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
	switch {
	case c.args == "" && len(rest) > 0:
		return "", fmt.Errorf("%s takes no argument, but has %q; %s -h shows how it is used", name, rest[0], name)
	case c.args == "":
		return "", nil
	case len(rest) != 1:
		return "", fmt.Errorf("%s takes one %s, not %d; %s -h shows how it is used", name, c.args, len(rest), name)
	default:
		return rest[0], nil
	}
}

func commandFlags(name string, cfg *local.Config, stderr io.Writer) *flag.FlagSet {
	cfg.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.StringVar(&cfg.Data, "data", defaultData, "the data `folder`")
	return fs
}

func backup(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	fs := commandFlags("backup", &cfg, stderr)
	withKey := fs.Bool("with-key", false, "put the key and the token into it: whoever has the file has everything")
	force := fs.Bool("force", false, "replace FILE if it is there")
	file, err := parseCommand("backup", fs, args, stdout)
	if err != nil {
		return unlessHelped(err)
	}
	m, err := local.Backup(ctx, cfg, file, *withKey, *force)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Backed up to %s: %d bytes of database; %s.\n", file, m.Size, sealed(m))
	if *withKey {
		fmt.Fprintf(stdout, "The key is in it: keep the file as safe as the credentials themselves.\n")
	} else {
		fmt.Fprintf(stdout, "The key %s is not in it: keep a copy of %s/key in another place.\n", m.KeyID, cfg.Data)
	}
	return nil
}

func sealed(m local.Manifest) string {
	if m.Unreadable > 0 {
		return fmt.Sprintf("sealed secrets: %d, of which %d do not open with the key (enter those credentials again)", m.Secrets, m.Unreadable)
	}
	return fmt.Sprintf("sealed secrets: %d, all of which open with the key", m.Secrets)
}

func restore(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	fs := commandFlags("restore", &cfg, stderr)
	key := fs.String("key", "", "the key `file` (default: the one in the backup, else the one in the data folder)")
	force := fs.Bool("force", false, "replace a data folder that is not empty; what was there is kept in another folder")
	stop := fs.Bool("stop-running", false, "stop the executions that were running when the backup was made: else they go on at the next start")
	file, err := parseCommand("restore", fs, args, stdout)
	if err != nil {
		return unlessHelped(err)
	}
	done, err := local.Restore(ctx, cfg, file, *key, *force, *stop)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Restored %s as of %s; %s.\n", cfg.Data, done.MadeAt.Format("2006-01-02 15:04:05 MST"), sealed(done.Manifest))
	if done.Former != "" {
		fmt.Fprintf(stdout, "What was there before is in %s; remove it when you do not need it any more.\n", done.Former)
	}
	switch {
	case done.Running > 0 && *stop:
		fmt.Fprintf(stdout, "%d executions were running when it was made; they are stopped.\n", done.Running)
	case done.Running > 0:
		fmt.Fprintf(stdout, "%d executions were running when it was made, and go on from there at the next start: what they have done since is done again. "+
			"To keep them from that, restore with -stop-running.\n", done.Running)
	}
	if done.NewToken {
		fmt.Fprintf(stdout, "The next start makes a new token for the owner, and prints it.\n")
	}
	return nil
}

func rotateKey(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg local.Config
	fs := commandFlags("rotate-key", &cfg, stderr)
	if _, err := parseCommand("rotate-key", fs, args, stdout); err != nil {
		return unlessHelped(err)
	}
	said := ""
	var last local.Rotation
	err := local.RotateKey(ctx, cfg, func(now local.Rotation) {
		last = now
		if line := fmt.Sprintf("%d of %d secrets are sealed under the key %s.\n", now.Resealed, now.Secrets, now.KeyID); line != said {
			fmt.Fprint(stdout, line)
			said = line
		}
	})
	if err != nil {
		return err
	}
	if last.Unreadable > 0 {
		fmt.Fprintf(stdout, "%d secrets opened with no key before, and do not now: enter those credentials again.\n", last.Unreadable)
	}
	fmt.Fprintf(stdout, "Done. The old key is out of %s/key; keep a copy of that file in another place.\n", cfg.Data)
	return nil
}

func unlessHelped(err error) error {
	if errors.Is(err, errHelped) {
		return nil
	}
	return err
}
