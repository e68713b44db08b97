package local

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"switchboard/internal/asl/run"
	"switchboard/internal/fault"
)

func TestAnswers(t *testing.T) {
	call := run.Invocation{Execution: "arn:aws:states:local:0:execution:wf_1:exe_1", Frame: "/2.1", Step: 3, Attempt: 1}
	t.Run("WhileItWaits", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		got := make(chan string)
		go func() {
			output, err := a.await(t.Context(), token)
			got <- string(output) + errorText(err)
		}()
		if err := a.Succeed(t.Context(), token, json.RawMessage(`1`)); err != nil {
			t.Fatal(err)
		}
		if text := <-got; text != "1" {
			t.Errorf("got %s", text)
		}
	})
	t.Run("BeforeItWaits", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		if err := a.Fail(t.Context(), token, "Name", "cause"); err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel() // an answer that is there wins over a context that is done
		_, err := a.await(over, token)
		failed, ok := errors.AsType[*run.TaskError](err)
		if !ok || failed.Name != "Name" || failed.Cause != "cause" {
			t.Errorf("error %v", err)
		}
	})
	t.Run("TheTokenIsTheSameAfterARestart", func(t *testing.T) {
		if first, second := newAnswers().issue(call), newAnswers().issue(call); first != second || first == "" {
			t.Errorf("tokens %q and %q", first, second)
		}
		other := call
		other.Attempt = 2
		if a := newAnswers(); a.issue(call) == a.issue(other) {
			t.Error("two attempts have one token")
		}
	})
	t.Run("ErrOver", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.await(stopped, token); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		if err := a.Succeed(t.Context(), token, nil); !fault.Is(err, fault.AlreadyEnded) {
			t.Errorf("error %v, want %s", err, fault.AlreadyEnded)
		}
		a.issue(call) // a redrive makes the same attempt again
		if err := a.Succeed(t.Context(), token, nil); err != nil {
			t.Errorf("error %v", err)
		}
	})
	t.Run("StoredWhenTheTimeIsOver", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		output, err := a.awaitOr(over, token, func() (answer, bool, error) { return answer{output: json.RawMessage(`1`)}, true, nil })
		if err != nil || string(output) != "1" {
			t.Fatalf("got %s, %v", output, err)
		}
		// Whoever stored it brings it, too: it has counted.
		if err := a.Succeed(t.Context(), token, json.RawMessage(`1`)); err != nil {
			t.Errorf("error %v", err)
		}
		if err := a.Succeed(t.Context(), token, json.RawMessage(`1`)); !fault.Is(err, fault.AlreadyEnded) {
			t.Errorf("error %v, want %s", err, fault.AlreadyEnded)
		}
	})
	t.Run("BroughtWhileItIsLooked", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		output, err := a.awaitOr(over, token, func() (answer, bool, error) {
			return answer{}, false, a.Succeed(t.Context(), token, json.RawMessage(`1`))
		})
		if err != nil || string(output) != "1" {
			t.Errorf("got %s, %v: an answer that was taken is lost", output, err)
		}
	})
	t.Run("ErrTwice", func(t *testing.T) {
		a := newAnswers()
		token := a.issue(call)
		if err := a.Succeed(t.Context(), token, json.RawMessage(`1`)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.await(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if err := a.Succeed(t.Context(), token, json.RawMessage(`2`)); !fault.Is(err, fault.AlreadyEnded) {
			t.Errorf("error %v, want %s", err, fault.AlreadyEnded)
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
