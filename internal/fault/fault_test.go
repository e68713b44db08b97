package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/fault"
)

func TestOf(t *testing.T) {
	t.Run("FindsTheFaultThroughWrapping", func(t *testing.T) {
		err := fmt.Errorf("sealing credential: %w", fault.New(fault.Conflict, "Taken."))
		if got := fault.Of(err); got.Code != fault.Conflict {
			t.Errorf("code = %s, want %s", got.Code, fault.Conflict)
		}
	})
	t.Run("UnknownErrorIsInternalAndSaysNothingOfItsCause", func(t *testing.T) {
		got := fault.Of(errors.New("password=hunter2"))
		if got.Code != fault.Internal || strings.Contains(got.Message+got.Hint, "hunter2") {
			t.Errorf("Of = %+v, want an internal fault that does not quote its cause", got)
		}
	})
	t.Run("CancelledContextIsUnavailable", func(t *testing.T) {
		if got := fault.Of(context.Canceled); got.Code != fault.Unavailable {
			t.Errorf("code = %s, want %s", got.Code, fault.Unavailable)
		}
	})
	t.Run("Nil", func(t *testing.T) {
		if got := fault.Of(nil); got != nil {
			t.Errorf("Of(nil) = %v", got)
		}
	})
}

func TestPassingCodesAreTaskCodes(t *testing.T) {
	for _, c := range fault.Passing() {
		if m := c.Means(); !m.Task || !m.Passing {
			t.Errorf("%s is listed as passing, but its meaning is %+v", c, m)
		}
	}
}
