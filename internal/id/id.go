// Package id makes identifiers: a prefix that names the kind of thing, and a
// time-ordered random part, so that newer things sort later.
package id

import (
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// Prefixes of the identifiers that the API shows.
const (
	Agent      = "agt"
	Credential = "cred"
	Workflow   = "wf"
	Execution  = "exe"
	Event      = "evt"
	Approval   = "apr"
	APIKey     = "key"
	Member     = "mem"
)

// New returns a fresh identifier such as exe_0198f2c4a1b27d3e8f90123456789abc.
func New(prefix string) (string, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("making an identifier: %w", err)
	}
	return prefix + "_" + hex.EncodeToString(u[:]), nil
}
