package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"switchboard/functions/console/ui"
	"switchboard/internal/local"
)

// runs are the stacks of one process: one, and another one after the disk was full.
// A stack that could not store something no longer knows what is on disk, and so
// stores nothing more; the next one reads that, as after a crash.
type runs struct {
	config  local.Config
	signIn  ui.SignIn
	address string // at which other commands of this machine find the process
	stdout  io.Writer

	stack   *local.Stack
	handler atomic.Pointer[http.Handler]
}

// ServeHTTP hands on to the stack that runs.
func (r *runs) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	(*r.handler.Load()).ServeHTTP(w, req)
}

// open opens a stack and serves it.
func (r *runs) open(ctx context.Context) error {
	stack, err := local.Open(ctx, r.config)
	if err != nil {
		return err
	}
	handler, err := withConsole(ctx, stack.Handler, r.stdout, r.signIn)
	if err == nil {
		handler, err = stack.Admin(r.config.Data, r.address, handler)
	}
	if err != nil {
		return errors.Join(err, stack.Close())
	}
	r.stack = stack
	r.handler.Store(&handler)
	return nil
}

const (
	// roomAgain is how much has to fit on the disk before a new stack is tried: more
	// than one commit writes.
	roomAgain = 8 << 20
	// lookForRoom is how often that is tried.
	lookForRoom = time.Second
)

// goOnWithRoom waits until there is room on the disk and opens a new stack. Until
// then, what is stored can be read; in between, callers are told to try again.
func (r *runs) goOnWithRoom(ctx context.Context) {
	r.config.Log.Error("The disk is full. Make room on the disk with the data folder", slog.String("folder", r.config.Data))
	tick := time.NewTicker(lookForRoom)
	defer tick.Stop()
	for closed := false; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !hasRoom(r.config.Data) {
			continue
		}
		if !closed {
			closed = true
			stopping, cancel := context.WithTimeout(ctx, 4*time.Second)
			err := r.stack.StopRunning(stopping)
			cancel()
			if err = errors.Join(err, r.stack.Close()); err != nil {
				r.config.Log.Error("closing what could not store more", slog.Any("error", err))
			}
		}
		if err := r.open(ctx); err != nil {
			r.config.Log.Error("opening the data folder again", slog.Any("error", err))
			continue
		}
		r.config.Log.Warn("There is room on the disk again", slog.Int("executions_that_go_on", r.stack.Resumed))
		return
	}
}

// hasRoom says whether as much as a stack needs can be written to a folder. The file
// has no name while it is written, where the system allows that, so that a crash
// leaves none.
func hasRoom(folder string) bool {
	f, err := os.CreateTemp(folder, "room-")
	if err != nil {
		return false
	}
	_ = os.Remove(f.Name())
	defer os.Remove(f.Name()) // where an open file keeps its name
	zeros := make([]byte, 1<<20)
	for written := 0; written < roomAgain && err == nil; written += len(zeros) {
		_, err = f.Write(zeros)
	}
	return errors.Join(err, f.Sync(), f.Close()) == nil
}
