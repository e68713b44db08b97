package connectortest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"switchboard/internal/connector"
)

// exampleType is the credential type with which examples are run: the one offered first.
func (s *suite) exampleType() string {
	if len(s.con.CredentialTypes) == 0 {
		return ""
	}
	return s.con.CredentialTypes[0].Name
}

// exampleChecks run every example as a real exchange.
func (s *suite) exampleChecks(a connector.Action) []check {
	checks := make([]check, 0, len(a.Examples)+1)
	for i, e := range a.Examples {
		checks = append(checks, check{fmt.Sprintf("%s/example_%d", a.Name, i+1), func(ctx context.Context) error {
			return s.runExample(ctx, a, e)
		}})
	}
	return append(checks, check{a.Name + "/repeatable", func(ctx context.Context) error { return s.checkRepeatable(ctx, a) }})
}

func (s *suite) runExample(ctx context.Context, a connector.Action, e connector.Example) error {
	sc, err := s.scene(&a, e.Config, s.exampleType(), answerWith(e.Response))
	if err != nil {
		return err
	}
	defer sc.close()
	out, err := a.Run(ctx, sc.call)
	if err != nil {
		return fmt.Errorf("example %q: %w", e.Title, err)
	}
	got := sc.received()
	if len(got) != 1 {
		return fmt.Errorf("example %q: the service received %d requests that Also does not answer, want 1", e.Title, len(got))
	}
	errs := []error{compareRequest(e.Request, got[0]), compareOutput(e.Output, out), sc.leaks(nil)}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("example %q: %w", e.Title, err)
	}
	return nil
}

// checkRepeatable runs what is declared to be repeatable twice: a retry has to
// send the same again, the service's idempotency key included.
func (s *suite) checkRepeatable(ctx context.Context, a connector.Action) error {
	for _, e := range a.Examples {
		sc, err := s.scene(&a, e.Config, s.exampleType(), answerWith(e.Response))
		if err != nil {
			return err
		}
		defer sc.close()
		if a.Repeatable == nil || !a.Repeatable(sc.call.Input) {
			continue
		}
		for range 2 {
			if _, err := a.Run(ctx, sc.call); err != nil {
				return fmt.Errorf("example %q: %w", e.Title, err)
			}
		}
		got := sc.received()
		if len(got) != 2 {
			return fmt.Errorf("example %q: two calls made %d requests", e.Title, len(got))
		}
		again := connector.ExampleRequest{Method: got[0].method, Path: got[0].target, Body: got[0].body, Header: map[string]string{}}
		for name := range got[0].header {
			again.Header[name] = got[0].header.Get(name)
		}
		if err := compareRequest(again, got[1]); err != nil {
			return fmt.Errorf("example %q is repeatable, but its second call is another one: %w", e.Title, err)
		}
	}
	return nil
}

func answerWith(response connector.ExampleResponse) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { write(w, response) }
}
