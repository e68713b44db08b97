package keyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"switchboard/internal/fault"
)

// Open reads the key file, and makes one with a fresh key where there is none. It
// refuses a file that others may read, and one that is not whole.
func Open(path string) (*Key, error) {
	k, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			k, err = open(path)
		}
	}
	return k, opening(path, err)
}

// Load is Open where the file has to be there.
func Load(path string) (*Key, error) {
	k, err := open(path)
	return k, opening(path, err)
}

func opening(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("opening key file %s: %w", path, asFault(path, err))
}

func open(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := checkPrivate(f); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, int64(maxKeys*lineLength)+1))
	defer func() { clear(content) }()
	if err != nil {
		return nil, err
	}
	keys, err := decodeAll(content)
	if err != nil {
		return nil, fault.New(fault.Internal, "The key file %s is damaged, or is not a key file: %v.", path, err).
			WithHint("Put back a copy of it. Without the right key, stored credentials have to be entered again.")
	}
	return &Key{path: path, keys: keys}, nil
}

func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fault.New(fault.Internal, "The key file %s is not a regular file.", f.Name()).
			WithHint("Name a file, or a place where one can be made.")
	}
	// Windows has no such bits: Go makes them up.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fault.New(fault.Internal, "The key file %s can be used by others (mode %04o).", f.Name(), mode).
			WithHint("Run: chmod 600 %s. If others may have read it, replace the credentials as well.", f.Name())
	}
	return nil
}

// create writes a file with a fresh key under another name, has it on disk, and
// only then gives it its name: with a link, which unlike a rename fails where the
// name is taken. So a crash leaves no half a key, and of two processes that start
// at once both end up with the same key.
func create(path string) error {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	content := encode(key)
	defer clear(content)
	defer clear(key)

	name, err := written(path, content)
	if err != nil {
		return err
	}
	defer os.Remove(name)
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// written has content on disk beside path, under a name of its own.
func written(path string, content []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // O_EXCL, mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir has the names in a directory on disk.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // where a directory cannot be synced, nor needs to be
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func asFault(path string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	f := fault.New(fault.Internal, "The key file %s cannot be opened or made.", path).Because(err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return f.WithHint("It must belong to the user who runs this program.")
	case errors.Is(err, fs.ErrNotExist):
		return f.WithHint("Make the folder first.")
	default:
		return f
	}
}
