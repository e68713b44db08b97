package id_test

import (
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/id"
)

func TestDerived(t *testing.T) {
	parent, err := id.New(id.Execution)
	if err != nil {
		t.Fatal(err)
	}
	got := id.Derived(id.Execution, parent, "acc_1", "call", "0.1")
	if got != id.Derived(id.Execution, parent, "acc_1", "call", "0.1") {
		t.Error("it is another one the second time")
	}
	if !regexp.MustCompile(`^exe_[0-9a-f]{12}8[0-9a-f]{3}[89ab][0-9a-f]{15}$`).MatchString(got) {
		t.Errorf("%s is no identifier", got)
	}
	if time := parent[:len("exe_")+12]; !strings.HasPrefix(got, time) {
		t.Errorf("%s has not the time of %s", got, parent)
	}
	for _, other := range []string{
		id.Derived(id.Execution, parent, "acc_1", "call", "0.2"), id.Derived(id.Execution, parent, "acc_1", "call0", ".1"),
		id.Derived(id.Execution, "exe_1", "acc_1", "call", "0.1"), id.Derived(id.Event, parent, "acc_1", "call", "0.1"),
	} {
		if strings.TrimPrefix(other, "evt_") == strings.TrimPrefix(got, "exe_") || other == got {
			t.Errorf("%s is that of something else, too", got)
		}
	}
}
