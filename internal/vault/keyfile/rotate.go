package keyfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"switchboard/internal/fault"
)

// Rotate makes a fresh key the one that wraps from now on. The older ones stay in the
// file, so that what they wrapped goes on to open, until Retire takes them out. A
// crash leaves the file as it was, or as it is to be.
func (k *Key) Rotate() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) >= maxKeys {
		return fault.New(fault.Conflict, "The key file %s already holds %d keys.", k.path, len(k.keys)).
			WithHint("Wait until the rotation that is under way has ended.")
	}
	key := make([]byte, keyBytes)
	defer clear(key)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	fresh, err := newKey(key)
	if err != nil {
		return fmt.Errorf("rotating the key: %w", err)
	}
	return k.replace(append([]masterKey{fresh}, k.keys...))
}

// Retire takes the older keys out of the file, for good. What they wrapped does not
// open any more: it comes after everything was sealed again.
func (k *Key) Retire() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) == 1 {
		return nil
	}
	return k.replace(k.keys[:1:1])
}

// replace writes the file anew, and then takes these keys.
func (k *Key) replace(keys []masterKey) error {
	var content []byte
	for _, m := range keys {
		content = append(content, m.line...)
	}
	defer clear(content)
	name, err := written(k.path, content)
	if err == nil {
		if err = os.Rename(name, k.path); err != nil {
			err = errors.Join(err, os.Remove(name))
		} else {
			err = syncDir(filepath.Dir(k.path))
		}
	}
	if err != nil {
		return fmt.Errorf("writing key file %s: %w", k.path, asFault(k.path, err))
	}
	k.keys = keys
	return nil
}

// Rotating says whether the file holds older keys.
func (k *Key) Rotating() bool { return len(k.all()) > 1 }

// Wraps says whether a data key was wrapped with the key that wraps now.
func (k *Key) Wraps(wrapped []byte) bool {
	m, ok := k.byID(wrapped)
	return ok && m.id == k.all()[0].id
}

// Knows says whether the file holds the key that a data key was wrapped with.
func (k *Key) Knows(wrapped []byte) bool {
	_, ok := k.byID(wrapped)
	return ok
}

// ID names the key that wraps now: 16 hexadecimal digits, which tell nothing of it.
func (k *Key) ID() string {
	m := k.all()[0]
	return hex.EncodeToString(m.id[:])
}

// Holds says whether the key with an ID is among those of the file.
func (k *Key) Holds(id string) bool {
	return slices.ContainsFunc(k.all(), func(m masterKey) bool { return hex.EncodeToString(m.id[:]) == id })
}
