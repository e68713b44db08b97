// Package connectortest is the conformance suite that every connector runs:
//
//	func TestConformance(t *testing.T) {
//		connectortest.Run(t, sendgrid.Connector(), connectortest.VerifyAnswer("sendgrid", scopes))
//	}
//
// It checks the declaration, runs every example as a real HTTP exchange through
// the same network guard and upstream switch as in production, and then lets the
// service fail in all the ways that services do. In each it asserts what a
// workflow relies on: the code, the wait, whether the effect may have happened,
// that the service's own words reach the user and that no secret does.
//
// What does not fit a connector is waived with a written reason; a waiver that is
// no longer needed fails the suite.
package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
)

// Key and Now are the same in every call of the suite, so that examples may show
// what is made from them.
const Key = "01890a5d-ac96-774b-bcce-b302099a8057"

// Now is the time of every call of the suite.
func Now() time.Time { return time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC) }

// Option adapts the suite to a connector.
type Option func(*suite)

// Credential gives the data with which credentials of the type are made, where
// what the suite makes up from the fields does not do. Its secrets are looked for
// in everything that comes out, so they should occur nowhere else.
func Credential(credentialType string, data map[string]any) Option {
	return func(s *suite) { s.data[credentialType] = data }
}

// VerifyAnswer is what the service answers when a good credential is verified.
func VerifyAnswer(credentialType string, answer connector.ExampleResponse) Option {
	return func(s *suite) { s.verifyAnswers[credentialType] = answer }
}

// Refusals gives the service's own shape of a refusal with this meaning (as an
// HTTP status) and text. It answers false where the service has none; then a bare
// status is answered, as a gateway in between would.
func Refusals(refusal func(action string, status int, text string) (connector.ExampleResponse, bool)) Option {
	return func(s *suite) { s.refusals = refusal }
}

// Also answers another request that an action makes on the way, such as looking up
// an id. Path is compared without the query.
func Also(action, method, path string, answer connector.ExampleResponse) Option {
	return func(s *suite) {
		s.also = append(s.also, alsoAnswer{action: action, method: method, path: path, answer: answer})
	}
}

// WithoutHTTP is for connectors that speak another protocol: only the declaration
// is checked, and what the protocol does is for the connector's own tests.
func WithoutHTTP(reason string) Option {
	return func(s *suite) { s.withoutHTTP = reason }
}

// Waive excuses the connector from a check, named as in the test's output
// (update_message/409) or, for all actions, by its last part.
func Waive(check, reason string) Option {
	return func(s *suite) { s.waivers = append(s.waivers, &waiver{check: check, reason: reason}) }
}

type suite struct {
	con           connector.Connector
	data          map[string]map[string]any
	verifyAnswers map[string]connector.ExampleResponse
	refusals      func(action string, status int, text string) (connector.ExampleResponse, bool)
	also          []alsoAnswer
	withoutHTTP   string
	waivers       []*waiver
	ran           map[string]bool // names of checks
	patience      time.Duration   // how long a call may go on after its context ended
}

type alsoAnswer struct {
	action, method, path string
	answer               connector.ExampleResponse
}

type waiver struct {
	check, reason string
	used          bool
}

// check is one thing that the suite asserts. It returns an error rather than
// failing a test, so that waivers, and the tests of the suite, can judge it.
type check struct {
	name string
	run  func(ctx context.Context) error
}

func newSuite(con connector.Connector, opts ...Option) *suite {
	s := &suite{con: con, data: map[string]map[string]any{}, verifyAnswers: map[string]connector.ExampleResponse{}, ran: map[string]bool{}, patience: 10 * time.Second}
	for _, o := range opts {
		o(s)
	}
	return s
}

// Run runs the suite over a connector.
func Run(t *testing.T, con connector.Connector, opts ...Option) {
	t.Helper()
	s := newSuite(con, opts...)
	for _, c := range s.checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := s.judge(c.name, c.run(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	for _, w := range s.unmet() {
		t.Error(w)
	}
}

func (s *suite) checks() []check {
	checks := s.declarationChecks()
	if s.withoutHTTP != "" {
		return checks
	}
	for _, t := range s.con.CredentialTypes {
		if t.Verify != nil {
			checks = append(checks, s.verifyChecks(t)...)
		}
	}
	checks = append(checks, s.optionChecks()...)
	for _, a := range s.con.Actions {
		if a.Run == nil || len(a.Examples) == 0 {
			continue // the declaration checks have said so
		}
		checks = append(checks, s.exampleChecks(a)...)
		checks = append(checks, s.failureChecks(a)...)
		checks = append(checks, s.destinationChecks(a)...)
		checks = append(checks, s.secretChecks(a)...)
	}
	return checks
}

// judge says whether what a check found is an error, given the waivers.
func (s *suite) judge(name string, found error) error {
	s.ran[name] = true
	i := slices.IndexFunc(s.waivers, func(w *waiver) bool { return w.covers(name) })
	if i < 0 {
		return found
	}
	w := s.waivers[i]
	w.used = w.used || found != nil
	return nil
}

func (w *waiver) covers(name string) bool {
	return w.check == name || strings.HasSuffix(name, "/"+w.check)
}

// unmet lists the waivers that say no reason or excuse nothing.
func (s *suite) unmet() []string {
	var unmet []string
	for _, w := range s.waivers {
		var covered []string
		skipped := false // by -run: such a run cannot tell
		for _, c := range s.checks() {
			if w.covers(c.name) {
				covered = append(covered, c.name)
				skipped = skipped || !s.ran[c.name]
			}
		}
		switch {
		case len(strings.Fields(w.reason)) < 3:
			unmet = append(unmet, fmt.Sprintf("waiver of %s: the reason %q does not explain it", w.check, w.reason))
		case len(covered) == 0:
			unmet = append(unmet, fmt.Sprintf("waiver of %s: there is no such check", w.check))
		case !w.used && !skipped:
			unmet = append(unmet, fmt.Sprintf("waiver of %s is no longer needed, the check passes; its reason was: %s", w.check, w.reason))
		}
	}
	return unmet
}
