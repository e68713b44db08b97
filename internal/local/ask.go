package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchboard/internal/bolt"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// ask sends a command to the stack that has the folder open.
func ask(ctx context.Context, data, method, path string, body io.Reader) (*http.Response, error) {
	text, err := os.ReadFile(filepath.Join(data, runningFile))
	if err != nil {
		return nil, notAsked(data, err)
	}
	var at doorway
	if err := json.Unmarshal(text, &at); err != nil {
		return nil, notAsked(data, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, at.URL+path, body)
	if err != nil {
		return nil, notAsked(data, err)
	}
	req.Header.Set("Authorization", "Bearer "+at.Secret)
	client := &http.Client{Transport: &http.Transport{}} // no proxy: it is on this machine
	res, err := client.Do(req)
	if err != nil {
		return nil, notAsked(data, err)
	}
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 10_000))
		refused := &UserError{Message: "The running Switchboard refused: " + strings.TrimSpace(string(said))}
		if res.StatusCode >= http.StatusInternalServerError {
			refused.Hint = "Its log says more."
		}
		return nil, errors.Join(refused, res.Body.Close())
	}
	return res, nil
}

func notAsked(data string, err error) error {
	return &UserError{fmt.Sprintf("The Switchboard that has %s open does not answer (%v).", data, err), "Try again; if it goes on, stop it first."}
}

// isRunning says whether a stack has the folder open. A folder without a database is a
// mistake.
func isRunning(data string) (bool, error) {
	database := filepath.Join(data, databaseFile)
	if !exists(database) {
		return false, &UserError{fmt.Sprintf("There is no Switchboard in %s: it has no %s.", data, databaseFile), "Name its folder with -data."}
	}
	return bolt.InUse(database), nil
}

// pollEvery is how often RotateKey asks how far it has come.
const pollEvery = 200 * time.Millisecond

// RotateKey makes a new key for a data folder and waits until everything is sealed
// under it, while a stack that runs there goes on to run. tell is told how far it has
// come. Cut off, it goes on at the next start, or by being called again.
func RotateKey(ctx context.Context, cfg Config, tell func(Rotation)) error {
	runs, err := isRunning(cfg.Data)
	if err != nil {
		return err
	}
	if !runs {
		return rotateAlone(ctx, cfg, tell)
	}
	for method := http.MethodPost; ; method = http.MethodGet {
		res, err := ask(ctx, cfg.Data, method, adminRotateKey, nil)
		if err != nil {
			return err
		}
		var now Rotation
		err = json.NewDecoder(res.Body).Decode(&now)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			return notAsked(cfg.Data, err)
		}
		tell(now)
		if now.State != RotationRunning {
			return nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return &UserError{"It was not waited for; the rotation goes on in the running Switchboard.", "The same command shows how far it has come."}
		}
	}
}

// rotateAlone does it where no stack runs.
func rotateAlone(ctx context.Context, cfg Config, tell func(Rotation)) (err error) {
	keys, err := keyfile.Load(filepath.Join(cfg.Data, keyFile))
	if err != nil {
		return folderError(cfg.Data, err)
	}
	store, err := bolt.Open(filepath.Join(cfg.Data, databaseFile), bolt.Options{Log: cfg.Log})
	if err != nil {
		return folderError(cfg.Data, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	r := newRotation(store, keys, vault.New(keys), cfg.Log)
	r.settling = 0 // nobody else seals
	if err := r.begin(ctx); err != nil {
		return folderError(cfg.Data, err)
	}
	for keys.Rotating() {
		wait := r.step(ctx)
		tell(r.progress())
		if wait == 0 {
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return &UserError{"The rotation was interrupted.", "The same command carries it on."}
		}
	}
	return nil
}
