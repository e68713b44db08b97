package local

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/vault/keyfile"
)

// Restored says what Restore did.
type Restored struct {
	Manifest
	Former   string // the folder with what was there before; "" if nothing was
	Running  int    // executions that had not ended when the backup was made
	NewToken bool   // the backup has no token: the next start makes one
}

// Restore makes a data folder of a backup. key is the key file to use; "" is the one
// in the backup or, where there is none, the one in the folder. Nothing is touched
// before all of it was read and checked, with every secret opened. What is in the folder
// is only replaced with force, and kept in another one. The folder itself stays where it
// is, for it may be a mount point, or where somebody stands. With stop, what was running
// when the backup was made is stopped, and does not go on at the next start.
func Restore(ctx context.Context, cfg Config, file, key string, force, stop bool) (done Restored, err error) {
	if cfg.Data, err = folderOf(cfg.Data); err != nil {
		return done, err
	}
	taken, err := mayReplace(cfg.Data, force)
	if err != nil {
		return done, err
	}
	isNew := !exists(cfg.Data)
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return done, folderError(cfg.Data, err)
	}
	defer func() {
		if isNew && err != nil {
			_ = os.Remove(cfg.Data) // it is empty
		}
	}()
	fresh, err := os.MkdirTemp(cfg.Data, unpacking+"*") // mode 0700, on the same disk
	if err != nil {
		return done, folderError(cfg.Data, err)
	}
	defer os.RemoveAll(fresh)
	if done.Manifest, err = unpack(file, fresh); err != nil {
		return done, err
	}
	if err := bringKey(fresh, cfg.Data, key); err != nil {
		return done, err
	}
	keys, err := keyfile.Load(filepath.Join(fresh, keyFile))
	if err != nil {
		return done, folderError(fresh, err)
	}
	if !keys.Holds(done.KeyID) {
		return done, &UserError{
			fmt.Sprintf("The key file holds the key %s, but the backup was made with the key %s.", keys.ID(), done.KeyID),
			"Name the right key file with -key. Nothing was changed.",
		}
	}
	_, unreadable, err := checkSecrets(ctx, filepath.Join(fresh, databaseFile), keys, cfg.Log)
	if err != nil {
		return done, err
	}
	if unreadable > done.Unreadable {
		return done, &UserError{fmt.Sprintf("%d of %d secrets do not open with this key file.", unreadable, done.Secrets), "Name the right key file with -key. Nothing was changed."}
	}
	done.NewToken = !exists(filepath.Join(fresh, tokenFile))
	if done.Running, err = stillRunning(ctx, cfg, fresh, stop); err != nil {
		return done, err
	}
	if taken {
		if done.Former, err = setAside(cfg.Data); err != nil {
			return done, folderError(cfg.Data, err)
		}
	}
	if err := move(fresh, cfg.Data, func(string) bool { return true }); err != nil {
		if done.Former != "" {
			err = errors.Join(err, move(done.Former, cfg.Data, func(string) bool { return true }))
		}
		return done, folderError(cfg.Data, err)
	}
	return done, nil
}

// unpacking is how the names of the folders begin in which backups are checked.
const unpacking = ".switchboard-restore-"

// stays says whether something in a folder is not what the folder is for: what a restore
// left that was cut off, and what file systems have in their topmost one.
func stays(name string) bool { return strings.HasPrefix(name, unpacking) || name == "lost+found" }

// folderOf gives the folder itself where a link to it was named.
func folderOf(data string) (string, error) {
	data, err := filepath.Abs(data)
	if err != nil {
		return data, folderError(data, err)
	}
	if _, err := os.Lstat(data); errors.Is(err, os.ErrNotExist) {
		return data, nil
	}
	folder, err := filepath.EvalSymlinks(data)
	if err != nil {
		return data, folderError(data, err)
	}
	return folder, nil
}

// stillRunning counts the executions of a database that have not ended, and stops them where
// that is wanted.
func stillRunning(ctx context.Context, cfg Config, folder string, stop bool) (n int, err error) {
	store, err := bolt.Open(filepath.Join(folder, databaseFile), bolt.Options{Log: cfg.Log})
	if err != nil {
		return 0, folderError(folder, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	executions, err := store.RunningExecutions(ctx)
	if err != nil || !stop {
		return len(executions), err
	}
	for _, x := range executions {
		x.Status, x.StoppedAt = execution.Stopped, time.Now().UTC()
		x.Error = &execution.Error{Name: asl.ErrorRuntimeAborted, Message: "The execution was stopped when a backup was restored."}
		if err := store.FinishExecution(ctx, x); err != nil {
			return len(executions), err
		}
	}
	return len(executions), nil
}

// setAside moves what is in a folder to another one: beside it, or within where that is
// another disk or cannot be written to.
func setAside(data string) (former string, err error) {
	at := "before-" + time.Now().UTC().Format("20060102T150405.000Z")
	for _, former := range []string{data + "." + at, filepath.Join(data, at)} {
		if err = os.Mkdir(former, 0o700); err != nil {
			continue
		}
		if err = move(data, former, func(name string) bool { return name != at && !stays(name) }); err == nil {
			return former, nil
		}
		err = errors.Join(err, os.Remove(former))
	}
	return "", err
}

// move moves what is in one folder to another one of the same disk: all of it, or none.
func move(from, to string, which func(name string) bool) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if !which(e.Name()) {
			continue
		}
		if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			for _, moved := range entries[:i] {
				if which(moved.Name()) {
					err = errors.Join(err, os.Rename(filepath.Join(to, moved.Name()), filepath.Join(from, moved.Name())))
				}
			}
			return err
		}
	}
	return nil
}

// mayReplace says whether something is in the folder that is to be replaced.
func mayReplace(data string, force bool) (taken bool, err error) {
	entries, err := os.ReadDir(data)
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return stays(e.Name()) })
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && len(entries) == 0:
		return false, nil
	case err != nil:
		return false, folderError(data, err)
	}
	database := filepath.Join(data, databaseFile)
	switch {
	case !exists(database):
		return false, &UserError{fmt.Sprintf("%s is not empty, and is no data folder of Switchboard.", data), "Name another folder with -data."}
	case !force:
		return false, &UserError{fmt.Sprintf("%s is not empty.", data), "Name another folder with -data, or give -force: what is there now is kept in another folder."}
	case bolt.InUse(database):
		return false, &UserError{fmt.Sprintf("The data folder %s is in use by a running Switchboard.", data), "Stop that one first."}
	}
	return true, nil
}

func notABackup(file string, err error) error {
	return &UserError{fmt.Sprintf("%s is not a whole backup of Switchboard: %v.", file, err), "Take another copy of it. Nothing was changed."}
}

// unpack reads a backup into a folder, and checks that the database is what was packed.
func unpack(file, folder string) (m Manifest, err error) {
	f, err := os.Open(file)
	if err != nil {
		return m, &UserError{fmt.Sprintf("The backup %s cannot be read: %v.", file, err), "Check its name."}
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return m, notABackup(file, err)
	}
	archive := tar.NewReader(zipped)
	head, err := archive.Next()
	if err != nil || head.Name != manifestFile {
		return m, notABackup(file, cmp.Or(err, errors.New("it does not begin with "+manifestFile)))
	}
	if err := json.NewDecoder(io.LimitReader(archive, 1<<20)).Decode(&m); err != nil {
		return m, notABackup(file, err)
	}
	if m.Format != backupFormat {
		return m, &UserError{fmt.Sprintf("The backup %s has the format %d; this program knows %d.", file, m.Format, backupFormat), "Restore it with the version of Switchboard that made it, or a newer one."}
	}
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = unpackFile(archive, head.Name, folder)
		}
		if err != nil {
			return m, notABackup(file, err)
		}
	}
	sum, _, err := sumOf(filepath.Join(folder, databaseFile))
	if err == nil && sum != m.Database {
		err = errors.New("its database is not the one that was packed")
	}
	if err != nil {
		return m, notABackup(file, err)
	}
	return m, nil
}

// unpackFile takes only what a backup has, whatever paths others may have in theirs.
func unpackFile(archive io.Reader, name, folder string) error {
	if name != databaseFile && name != keyFile && name != tokenFile {
		return fmt.Errorf("it holds %q", name)
	}
	out, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, archive)
	return errors.Join(err, out.Sync(), out.Close())
}

// bringKey puts the key that is to be used beside the restored database.
func bringKey(fresh, data, key string) error {
	into := filepath.Join(fresh, keyFile)
	from := key
	switch {
	case key != "":
	case exists(into):
		return nil
	case exists(filepath.Join(data, keyFile)):
		from = filepath.Join(data, keyFile)
	default:
		return &UserError{"The key is not in the backup.", "Name the key file that you kept with -key."}
	}
	if _, err := keyfile.Load(from); err != nil {
		return folderError(fresh, err)
	}
	content, err := os.ReadFile(from)
	defer clear(content)
	if err != nil {
		return folderError(fresh, err)
	}
	if err := os.WriteFile(into, content, 0o600); err != nil { //nolint:gosec // into is in a folder that was just made
		return folderError(fresh, err)
	}
	return nil
}
