package stepfn_test

import (
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
)

const (
	hex     = "0198f2c4a1b27d3e8f90123456789abc"
	highest = "ffffffffffffffffffffffffffffffff"
	uuid    = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
)

func TestName(t *testing.T) {
	for name, c := range map[string]struct {
		prefix, account, workflow, want string
		express                         bool
	}{
		"OK":                   {"sb", "acc_local", "wf_1", "sb-acc_local-wf_1", false},
		"Express":              {"sb", "acc_local", "wf_1", "sb-acc_local-wf_1-x", true},
		"ShortIDs":             {"sb", "acc_" + hex, "wf_" + highest, "sb-acc_03ekeljvbeixoeh8p1kk5l9z0-wf_f5lxx1zz5pnorynqglhzmsp33", false},
		"NoughtsInFront":       {"sb", "a", "wf_" + strings.Repeat("0", 32), "sb-a-wf_" + strings.Repeat("0", 25), false},
		"LongestPrefix":        {strings.Repeat("p", 19), "acc_" + hex, "wf_" + hex, "", true},
		"LongestForUUID":       {strings.Repeat("p", 12), uuid, "wf_" + hex, "", true},
		"ErrPrefix":            {strings.Repeat("p", 20), "acc_" + hex, "wf_" + hex, "!", true},
		"ErrPrefixForUUID":     {strings.Repeat("p", 13), uuid, "wf_" + hex, "!", true},
		"ErrLikeAShortAccount": {"sb", "acc_" + strings.Repeat("1", 25), "wf_1", "!", false},
		"ErrLikeAShortID":      {"sb", "acc_1", "wf_" + strings.Repeat("1", 25), "!", false},
		"ErrAccount":           {"sb", "a/b", "wf_1", "!", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stepfn.Machines{Prefix: c.prefix}.Name(c.account, c.workflow, c.express)
			if c.want == "!" {
				if !fault.Is(err, fault.Internal) || fault.Of(err).Hint == "" {
					t.Errorf("%q, %v, want an internal fault with a hint", got, err)
				}
				return
			}
			if err != nil || len(got) > 80 || c.want != "" && got != c.want {
				t.Errorf("%q (%d characters), %v, want %q", got, len(got), err, c.want)
			}
		})
	}
}
