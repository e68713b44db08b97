package compile

import (
	"fmt"

	"switchboard/internal/asl"
)

// Texts about what Step Functions has no room for.

func loopLimit(v *vertex, message, hint string) Diagnostic {
	return Diagnostic{Severity: warning, Code: CodeLoopLimit, Message: message, Hint: hint, Node: v.id, Pointer: v.pointer + "/config/" + fieldItems.Name}
}

func loopTooLong(v *vertex, items, events, fit int) Diagnostic {
	return loopLimit(v,
		fmt.Sprintf("On AWS this loop would fail: its %s take %d events, and Step Functions ends an execution after %d.", counted(items, "item"), events, asl.MaxHistoryEvents),
		fmt.Sprintf("Give it %s at most, or do less for each one; the local stack takes them all.", counted(fit, "item")))
}

func loopMayBeTooLong(v *vertex, each, fit int, outermost bool) Diagnostic {
	what := "have room in this loop"
	if !outermost {
		what = "have room in all rounds of this loop together"
	}
	return loopLimit(v,
		fmt.Sprintf("On AWS at most %s %s: each takes up to %d events, and Step Functions ends an execution after %d.", counted(fit, "item"), what, each, asl.MaxHistoryEvents),
		"Where there may be more, have each of several executions do a part of the list, or do less for each item. The local stack takes more.")
}

func loopListTooLarge(v *vertex, bytes int) Diagnostic {
	return loopLimit(v,
		fmt.Sprintf("On AWS this loop would fail: its list has %d KiB, and Step Functions takes %d KiB.", (bytes+1023)>>10, asl.MaxPayloadBytes>>10),
		"Fetch the list by an earlier step, or give each item less.")
}

func fieldsTooLarge(v *vertex, bytes int) Diagnostic {
	return Diagnostic{
		Severity: warning, Code: CodeTooLarge, Node: v.id, Pointer: v.pointer + "/config",
		Message: fmt.Sprintf("On AWS this node would fail: its fields have %d KiB, and Step Functions takes %d KiB.", (bytes+1023)>>10, asl.MaxPayloadBytes>>10),
		Hint:    "Have long texts come from a service, by a step before this one; the local stack takes them.",
	}
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
