package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/login"
)

// tokenPrefix lets scanners of repositories recognise a token that got there.
const tokenPrefix = "sbt_"

// keptToken reads the owner's token, or makes one on the first start.
func keptToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if token := strings.TrimSpace(string(text)); token != "" {
			return token, nil
		}
		return "", fmt.Errorf("the token file %s is empty; remove it to have a new token made", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	if err := writeWhole(path, token+"\n"); err != nil {
		return "", err
	}
	return token, nil
}

// writeWhole writes a file that only its owner can read: all of it, or none.
func writeWhole(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it did not get its name
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ownerOr lets the owner's token in, compared in constant time, and whom others let in.
func ownerOr(token string, others *login.Service) func(context.Context, string) (account.Principal, error) {
	want := sha256.Sum256([]byte(token))
	return func(ctx context.Context, bearer string) (account.Principal, error) {
		got := sha256.Sum256([]byte(bearer))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return Owner(), nil
		}
		p, err := others.Authenticate(ctx, bearer)
		if f := fault.Of(err); f != nil && f.Code == fault.Unauthorized && f.Hint == "" {
			return p, f.WithHint("The local stack prints its token when it starts.")
		}
		return p, err
	}
}
