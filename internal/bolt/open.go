package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"switchboard/internal/fault"
)

// Reasons for which a file is not opened, for errors.Is.
var (
	// ErrInUse: another process, or another Store, has the file open.
	ErrInUse = errors.New("the database is in use")
	// ErrCorrupt: the file is damaged, cut off, or no database of Switchboard.
	ErrCorrupt = errors.New("the database is damaged")
	// ErrNewer: a newer version of Switchboard has written the file.
	ErrNewer = errors.New("the database is of a newer version")
)

// schema is the version of the layout in keys.go, values.go and history.go. Files of
// an older one are taken as they are, see history1.go, and are of this one then.
const schema = 2

const (
	// lockTimeout is how long another process may take to let go of the file.
	lockTimeout = 200 * time.Millisecond
	// initialMap is how much of the file is mapped at first. Mapping more means to wait
	// for all reads to end, so it is done in large steps. It costs addresses, no memory.
	initialMap = 256 << 20
	// pageSize is that of new files; a file keeps the one that it was made with. For as
	// long as it has a file open bbolt remembers each page that it has ever used again,
	// and the most of them hold what is kept for a month: 50 bytes of memory for each
	// execution with pages of 4 KiB, and 6 with these. A commit writes more, but fewer.
	pageSize = 16 << 10
	// minLength is that of a database without anything in it: four pages, of 4 KiB in
	// files of older programs.
	minLength = 4 * 4096
)

// Open opens the database at path, and makes it where there is none; its folder
// must exist. The error is a fault for the user, with one of the Err values within
// where one fits.
func Open(path string, o Options) (*Store, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening database %s: %w", path, openFault(path, err))
	}
	if err := prepare(db); err != nil {
		return nil, fmt.Errorf("opening database %s: %w", path, errors.Join(openFault(path, err), db.Close()))
	}
	removeUnfinished(path)
	s := newStore(db, o)
	go s.run()
	go s.limitMapped()
	return s, nil
}

// InUse says whether another process, or another Store, has the database open.
func InUse(path string) bool {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return errors.Is(err, bbolterrors.ErrTimeout)
	}
	_ = db.Close() // it was only read
	return false
}

// openFile opens the file by bbolt, and checks it first. Where there is none it makes
// one.
func openFile(path string) (*bbolt.DB, error) {
	o := bbolt.Options{
		Timeout: lockTimeout,
		// The list of free pages is not kept in the file but made when it is opened. After a
		// sweep it is long, and every commit would write all of it.
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(),
		PageSize:        pageSize,
		NoStatistics:    true,
	}
	err := verify(path, o)
	if errors.Is(err, fs.ErrNotExist) {
		err = create(path, o)
	}
	if err != nil {
		return nil, err
	}
	var db *bbolt.DB
	err = survive(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &o)
		return err
	})
	return db, err
}

// unfinished stands behind the name of a database that is being made.
const unfinished = ".new-*"

// create makes a database, all of it under another name, has it on disk, and only then
// gives it its name: with a link, which unlike a rename fails where the name is taken.
// So a crash or a full disk leaves no half a database, an empty file is always a
// damaged one, and two processes that start at once end up with the same one.
func create(path string, o bbolt.Options) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unfinished) // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(f.Name(), 0o600, &o)
	if err != nil {
		return err
	}
	if err := errors.Join(prepare(db), db.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		if _, statErr := os.Stat(path); statErr != nil {
			return err
		} // another process was faster
	}
	return syncDir(filepath.Dir(path))
}

// removeUnfinished removes what a crash has left of databases that were being made.
// Who makes one now finds that this one has the name.
func removeUnfinished(path string) {
	left, _ := filepath.Glob(path + unfinished)
	for _, name := range left {
		_ = os.Remove(name)
	}
}

func mapSize() int {
	if runtime.GOOS == "windows" { // where the file is made as large as its map
		return 0
	}
	return initialMap
}

// survive makes an error of what bbolt does when it stumbles over a damaged file: it
// panics, or reads beyond the end of the file, which is a fault of memory.
func survive(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, p)
		}
	}()
	return read()
}

// verify reads the file from beginning to end, so that damage is found now and not
// in the middle of the work: its length first, then every page.
func verify(path string, o bbolt.Options) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < minLength {
		return fmt.Errorf("%w: it has %d bytes", ErrCorrupt, info.Size())
	}
	o.ReadOnly = true
	db, err := bbolt.Open(path, 0o600, &o)
	if err != nil {
		return err
	}
	err = survive(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if need := tx.Size(); info.Size() < need {
				return fmt.Errorf("%w: it has %d bytes of %d", ErrCorrupt, info.Size(), need)
			}
			return tx.ForEach(verifyBucket)
		})
	})
	return errors.Join(err, db.Close())
}

// verifyBucket reads all keys and values. When bbolt opens the file for writing it
// checks more, but on a goroutine of its own, where what it stumbles over ends the
// program; most of that is found here.
func verifyBucket(name []byte, b *bbolt.Bucket) error {
	var last []byte
	return b.ForEach(func(key, value []byte) error {
		if len(value) == 0 { // as a bucket within the bucket has it: we have none
			return fmt.Errorf("%w: a key in bucket %q has no value", ErrCorrupt, name)
		}
		runtime.KeepAlive(value[0] ^ value[len(value)-1]) // is it within the file?
		if bytes.Compare(key, last) <= 0 {
			return fmt.Errorf("%w: the keys of bucket %q are not in order", ErrCorrupt, name)
		}
		last = key
		return nil
	})
}

// prepare makes the buckets of a file without any, or checks that the file is one of ours.
func prepare(db *bbolt.DB) error {
	var isNew, isOld bool
	err := db.View(func(tx *bbolt.Tx) (err error) {
		name, _ := tx.Cursor().First()
		if isNew = name == nil; isNew {
			return nil
		}
		isOld, err = checkSchema(tx)
		return err
	})
	switch {
	case err != nil:
		return err
	case isNew:
		return db.Update(makeBuckets)
	case isOld:
		if err := db.Update(writeSchema); err != nil {
			return err
		}
	}
	return update(db)
}

func makeBuckets(tx *bbolt.Tx) error {
	for _, b := range buckets() {
		if _, err := tx.CreateBucket([]byte(b)); err != nil {
			return fmt.Errorf("making bucket %s: %w", b, err)
		}
	}
	if err := makeLaterBuckets(tx); err != nil {
		return err
	}
	return writeSchema(tx)
}

func writeSchema(tx *bbolt.Tx) error {
	return metaBucket.of(tx).Put([]byte("schema"), []byte(strconv.Itoa(schema)))
}

// update makes a file of an older program one of this one.
func update(db *bbolt.DB) error {
	missing := false
	err := db.View(func(tx *bbolt.Tx) error {
		missing = slices.ContainsFunc(laterBuckets(), func(b bucket) bool { return b.of(tx) == nil })
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return db.Update(makeLaterBuckets)
}

// makeLaterBuckets makes the buckets that a file of this schema may lack.
func makeLaterBuckets(tx *bbolt.Tx) error {
	for _, b := range laterBuckets() {
		if _, err := tx.CreateBucketIfNotExists([]byte(b)); err != nil {
			return fmt.Errorf("making bucket %s: %w", b, err)
		}
	}
	return nil
}

// checkSchema says whether the file is of an older layout.
func checkSchema(tx *bbolt.Tx) (isOld bool, err error) {
	meta := metaBucket.of(tx)
	if meta == nil {
		return false, fmt.Errorf("%w: it has no bucket %q", ErrCorrupt, metaBucket)
	}
	n, err := strconv.Atoi(string(meta.Get([]byte("schema"))))
	if err != nil {
		return false, fmt.Errorf("%w: reading its version: %w", ErrCorrupt, err)
	}
	if n > schema {
		return false, fmt.Errorf("%w: %d, this program knows %d", ErrNewer, n, schema)
	}
	for _, b := range firstBuckets() {
		if b.of(tx) == nil {
			return false, fmt.Errorf("%w: it has no bucket %q", ErrCorrupt, b)
		}
	}
	return n < schema, nil
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

func openFault(path string, err error) *fault.Error {
	is := func(reasons ...error) bool {
		for _, r := range reasons {
			if errors.Is(err, r) {
				return true
			}
		}
		return false
	}
	switch {
	case is(bbolterrors.ErrTimeout):
		return fault.New(fault.Unavailable, "The database %s is in use by another process.", path).
			WithHint("Stop the other Switchboard first, or name another data folder.").Because(ErrInUse)
	case is(ErrNewer):
		return fault.New(fault.Unavailable, "The database %s was written by a newer version of Switchboard.", path).
			WithHint("Use that version, or name another data folder.").Because(err)
	case is(bbolterrors.ErrInvalid, bbolterrors.ErrChecksum, bbolterrors.ErrVersionMismatch) && !is(ErrCorrupt):
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
		fallthrough
	case is(ErrCorrupt):
		return fault.New(fault.Internal, "The database %s is damaged, or is not a database of Switchboard.", path).
			WithHint("Put back a copy of it, or move it away to start with an empty one.").Because(err)
	case IsFull(err):
		return fault.New(fault.StorageFull, "The disk is full; the database %s cannot be made.", path).
			WithHint("Make room on the disk with the data folder, then start Switchboard again.").Because(err)
	case is(fs.ErrPermission):
		return fault.New(fault.Internal, "The database %s cannot be opened: no permission.", path).
			WithHint("It must belong to the user who runs this program.").Because(err)
	case is(fs.ErrNotExist):
		return fault.New(fault.Internal, "The database %s cannot be made: its folder is not there.", path).
			WithHint("Make the folder first.").Because(err)
	default:
		return fault.New(fault.Internal, "The database %s cannot be opened.", path).Because(err)
	}
}
