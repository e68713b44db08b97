package local

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"switchboard/internal/bolt"
	"switchboard/internal/fault"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// backupFormat is the only form of a backup there is so far: a compressed tar of a
// manifest, the database and, where they are wanted, the key and the token.
const backupFormat = 1

const manifestFile = "manifest.json"

// Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	MadeAt  time.Time `json:"made_at"`
	KeyID   string    `json:"key_id"`  // of the key that sealed when it was made
	Secrets int       `json:"secrets"` // that are in it, sealed
	// Unreadable of these did not open when it was made: they are damaged, or were sealed
	// with a key that is lost.
	Unreadable int    `json:"unreadable"`
	Size       int64  `json:"size"` // of the database, in bytes
	Database   string `json:"database_sha256"`
	WithKey    bool   `json:"with_key"`
}

// Backup writes a copy of a data folder, as of one moment, to a new file. A stack that
// runs there goes on to run. What is written was opened and checked before, every
// sealed secret included. Key and token are only in it with withKey.
func Backup(ctx context.Context, cfg Config, file string, withKey, force bool) (_ Manifest, err error) {
	if exists(file) && !force {
		return Manifest{}, &UserError{fmt.Sprintf("There is a file %s already.", file), "Name another one, or replace it with -force."}
	}
	runs, err := isRunning(cfg.Data)
	if err != nil {
		return Manifest{}, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(file), ".switchboard-backup-*") // mode 0700; where there is to be room
	if err != nil {
		return Manifest{}, fileError(file, err)
	}
	defer os.RemoveAll(folder)
	database := filepath.Join(folder, databaseFile)
	before, err := keyfile.Load(filepath.Join(cfg.Data, keyFile))
	if err != nil {
		return Manifest{}, folderError(cfg.Data, err)
	}
	if err := copyDatabase(ctx, cfg, runs, database); err != nil {
		return Manifest{}, err
	}
	keys, err := keyfile.Load(filepath.Join(cfg.Data, keyFile))
	if err != nil {
		return Manifest{}, folderError(cfg.Data, err)
	}
	if before.Rotating() || keys.ID() != before.ID() {
		// It would open with neither the key file of before nor that of afterwards.
		return Manifest{}, &UserError{"The key is just being rotated.", "Make the backup when that has ended: rotate-key says when."}
	}
	m := Manifest{Format: backupFormat, MadeAt: time.Now().UTC().Truncate(time.Second), KeyID: keys.ID(), WithKey: withKey}
	if m.Secrets, m.Unreadable, err = checkSecrets(ctx, database, keys, cfg.Log); err != nil {
		return Manifest{}, err
	}
	if m.Database, m.Size, err = sumOf(database); err != nil {
		return Manifest{}, fileError(file, err)
	}
	files := []string{database}
	if withKey {
		files = append(files, filepath.Join(cfg.Data, keyFile))
		if token := filepath.Join(cfg.Data, tokenFile); exists(token) { // -token may have been given instead
			files = append(files, token)
		}
	}
	if err := pack(m, files, file, filepath.Join(folder, "packed")); err != nil {
		return Manifest{}, fileError(file, err)
	}
	return m, nil
}

func fileError(file string, err error) error {
	if _, ok := errors.AsType[*UserError](err); ok {
		return err
	}
	return &UserError{fmt.Sprintf("%s cannot be written: %v.", file, err), "Check that its folder is there, that you may write to it, and that the disk has room."}
}

// copyDatabase copies the database from the stack that runs, or from the file.
func copyDatabase(ctx context.Context, cfg Config, runs bool, into string) (err error) {
	f, err := os.OpenFile(into, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fileError(into, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if runs {
		res, err := ask(ctx, cfg.Data, http.MethodGet, adminBackup, nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if _, err := io.Copy(f, res.Body); err != nil {
			return &UserError{fmt.Sprintf("The copy was cut off: %v.", err), "Try again, and check that the disk has room."}
		}
		return nil
	}
	store, err := bolt.Open(filepath.Join(cfg.Data, databaseFile), bolt.Options{Log: cfg.Log})
	if err != nil {
		return folderError(cfg.Data, err)
	}
	if err := errors.Join(store.Snapshot(f), store.Close()); err != nil {
		return fileError(into, err)
	}
	return nil
}

// checkSecrets opens a database that nobody else uses, which reads all of it, and
// every secret in it. It counts them, and those that do not open.
func checkSecrets(ctx context.Context, database string, keys *keyfile.Key, log *slog.Logger) (n, unreadable int, err error) {
	store, err := bolt.Open(database, bolt.Options{Log: log})
	if err != nil {
		return 0, 0, folderError(filepath.Dir(database), err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	v := vault.New(keys)
	err = store.EachSecret(ctx, func(secret bolt.Secret) error {
		n++
		if _, err := v.Open(ctx, secret.At, secret.Sealed); fault.Is(err, fault.CredentialUnreadable) {
			unreadable++
			return nil
		} else if err != nil {
			return err
		}
		return nil
	})
	return n, unreadable, err
}

func sumOf(file string) (sum string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// pack writes a backup beside its place, has it on disk, and gives it its name.
func pack(m Manifest, files []string, file, temporary string) (err error) {
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: manifestFile, Mode: 0o600, Size: int64(len(text)), ModTime: m.MadeAt}); err != nil {
		return err
	}
	if _, err := archive.Write(text); err != nil {
		return err
	}
	for _, name := range files {
		if err := packFile(archive, name, m.MadeAt); err != nil {
			return err
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close(), out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

func packFile(archive *tar.Writer, name string, at time.Time) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: filepath.Base(name), Mode: 0o600, Size: info.Size(), ModTime: at}); err != nil {
		return err
	}
	_, err = io.Copy(archive, f)
	return err
}
