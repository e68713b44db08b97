// Package id makes identifiers: a prefix that names the kind of thing, and a
// time-ordered random part, so that newer things sort later.
package id

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

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

// Derived returns the identifier that is always the same for the same from and parts, and
// another one for any others: of what there is once, however often it is begun. Its time
// is that of from, which is an identifier, too.
func Derived(prefix, from string, parts ...string) string {
	h := sha256.New()
	for _, part := range append([]string{prefix, from}, parts...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	u := uuid.UUID(h.Sum(nil)[:16])
	_, digits, _ := strings.Cut(from, "_")
	if b, err := hex.DecodeString(digits); err == nil && len(b) == len(u) {
		copy(u[:6], b) // the time
	}
	u[6] = u[6]&0x0f | 0x80 // version 8: its form is its maker's
	u[8] = u[8]&0x3f | 0x80
	return prefix + "_" + hex.EncodeToString(u[:])
}
