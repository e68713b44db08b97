package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"switchboard/internal/approval"
	"switchboard/internal/asl/run"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// Answers connects the tasks of this process that wait for an answer from outside
// with those who answer. It implements execution.Tokens.
//
// Nothing of it is on disk, because nothing has to be: when the process starts again
// a task that waits is called again, under the same token, and its function finds
// what became of it meanwhile. Only a task whose time ended while the process was
// down is not called; for that, an approval's answer is looked up.
type Answers struct {
	mu      sync.Mutex
	waiting map[string]chan answer // by token
	early   map[string]answer      // to tasks that nobody waits for yet
	over    map[string]bool        // tokens of tasks that stopped waiting
	found   map[string]bool        // those of them whose answer was stored, and may still be brought
}

type answer struct {
	output json.RawMessage
	err    error
}

// maxOver bounds how many tokens are remembered that are no longer waited for.
const maxOver = 10_000

func newAnswers() *Answers {
	return &Answers{waiting: map[string]chan answer{}, early: map[string]answer{}, over: map[string]bool{}, found: map[string]bool{}}
}

// Succeed implements execution.Tokens.
func (a *Answers) Succeed(_ context.Context, token string, output json.RawMessage) error {
	return a.give(token, answer{output: output})
}

// Fail implements execution.Tokens.
func (a *Answers) Fail(_ context.Context, token, name, cause string) error {
	return a.give(token, answer{err: &run.TaskError{Name: name, Cause: cause}})
}

func (a *Answers) give(token string, given answer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found[token] {
		delete(a.found, token)
		return nil
	}
	if a.over[token] {
		return fault.New(fault.AlreadyEnded, "This step does not wait for an answer any more.")
	}
	if waiter, ok := a.waiting[token]; ok {
		delete(a.waiting, token)
		a.settled(token)
		waiter <- given
		return nil
	}
	a.early[token] = given
	return nil
}

// settled notes that nobody waits for a token any more.
func (a *Answers) settled(token string) {
	if len(a.over) >= maxOver {
		clear(a.over)
		clear(a.found)
	}
	a.over[token] = true
}

// issue names an attempt, which is about to be made.
func (a *Answers) issue(call run.Invocation) string {
	token := fmt.Sprintf("%s%s/%d#%d", call.Execution[strings.LastIndexByte(call.Execution, ':')+1:], call.Frame, call.Step, call.Attempt)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.over, token) // a redrive makes the same attempt again
	delete(a.early, token)
	delete(a.found, token)
	return token
}

// await gives the answer to a token, or the error of a context that is done before.
func (a *Answers) await(ctx context.Context, token string) (json.RawMessage, error) {
	return a.awaitOr(ctx, token, func() (answer, bool, error) { return answer{}, false, nil })
}

// awaitOr is await that looks for an answer which is stored, where the context is done
// before one is brought. It counts then, also for whoever is about to bring it.
func (a *Answers) awaitOr(ctx context.Context, token string, look func() (answer, bool, error)) (json.RawMessage, error) {
	a.mu.Lock()
	given, ok := a.early[token]
	if ok {
		delete(a.early, token)
		a.settled(token)
		a.mu.Unlock()
		return given.output, given.err
	}
	waiter := make(chan answer, 1)
	a.waiting[token] = waiter
	a.mu.Unlock()
	select {
	case given := <-waiter:
		return given.output, given.err
	case <-ctx.Done():
	}
	stored, ok, err := look() // until it has looked, one that is brought counts
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case given := <-waiter: // an answer that is there wins
		return given.output, given.err
	default:
	}
	delete(a.waiting, token)
	a.settled(token)
	switch {
	case err != nil:
		return nil, err
	case ok:
		a.found[token] = true
		return stored.output, stored.err
	}
	return nil, ctx.Err()
}

// tokens are an execution's, as its interpreter asks for them.
type tokens struct {
	*Answers
	x         execution.Execution
	approvals *approval.Service
}

// Issue implements run.Tokens.
func (t tokens) Issue(call run.Invocation) (string, error) { return t.issue(call), nil }

// Await implements run.Tokens.
func (t tokens) Await(ctx context.Context, token string) (json.RawMessage, error) {
	return t.awaitOr(ctx, token, func() (answer, bool, error) {
		output, rejected, ok, err := t.approvals.Given(context.WithoutCancel(ctx), t.x.Account, t.x.ID, token)
		if rejected {
			return answer{err: &run.TaskError{Name: string(fault.ApprovalRejected), Cause: string(output)}}, ok, err
		}
		return answer{output: output}, ok, err
	})
}
