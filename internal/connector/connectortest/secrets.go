package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"switchboard/internal/connector"
)

// secretChecks run the first example with a credential of every type, against a
// service that repeats in its answer what it was sent.
func (s *suite) secretChecks(a connector.Action) []check {
	var checks []check
	for _, t := range s.con.CredentialTypes {
		checks = append(checks, check{a.Name + "/secrets_" + t.Name, func(ctx context.Context) error {
			return s.checkSecrets(ctx, a, t.Name)
		}})
	}
	return checks
}

func (s *suite) checkSecrets(ctx context.Context, a connector.Action, credentialType string) error {
	e := a.Examples[0]
	sc, err := s.scene(&a, e.Config, credentialType, func(w http.ResponseWriter, r *http.Request) { write(w, echo(e.Response, r)) })
	if err != nil {
		return err
	}
	defer sc.close()
	var errs []error
	for _, c := range sc.canaries {
		if len(c) < 12 {
			errs = append(errs, fmt.Errorf("the secret %q is too short to be looked for: give a longer one with Credential", c))
		}
	}
	out, err := a.Run(ctx, sc.call)
	if err != nil {
		return fmt.Errorf("with a credential of type %s: %w", credentialType, err)
	}
	stored, err := json.Marshal(sc.redactor.Value(map[string]any(out)))
	if err != nil {
		return fmt.Errorf("storing the output: %w", err)
	}
	errs = append(errs, sc.leaks(nil), findLeaks(map[string]string{"output": string(stored)}, sc.canaries))
	for _, r := range sc.received() {
		errs = append(errs, sc.checkHidden(r))
	}
	return errors.Join(errs...)
}

// echo adds to an answer what the request carried, in a header and in a member of
// its own: an action that hands on more than it names hands on these.
func echo(answer connector.ExampleResponse, r *http.Request) connector.ExampleResponse {
	text := carried(r)
	answer.Header = maps.Clone(answer.Header)
	if answer.Header == nil {
		answer.Header = map[string]string{}
	}
	answer.Header["X-Echo"] = text
	if body, err := parse([]byte(answer.Body)); err == nil {
		if object, ok := body.(map[string]any); ok {
			object["echo"] = text
			encoded, _ := json.Marshal(object) // it was JSON, and a text was added
			answer.Body = string(encoded)
		}
	}
	return answer
}

// carried is everything that a request holds besides its body.
func carried(r *http.Request) string {
	texts := []string{r.RequestURI}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		texts = append(texts, r.Header[name]...)
	}
	return strings.Join(texts, " ")
}

// checkHidden sees whether the redactor knows every form in which the request
// carried a secret: a service may repeat any of them in what is stored.
func (sc *scene) checkHidden(r received) error {
	var lines []string
	for name, values := range r.header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	texts := map[string]string{"address": sc.redactor.Text(r.target), "body": sc.redactor.Text(r.body)}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		texts["header "+http.CanonicalHeaderKey(name)] = sc.redactor.Text(line)
	}
	if err := findLeaks(texts, sc.canaries); err != nil {
		return fmt.Errorf("the request carries a secret in a form that is not hidden; call Call.Hide with it: %w", err)
	}
	return nil
}

// verifyChecks check how a credential of the type is verified.
func (s *suite) verifyChecks(t connector.CredentialType) []check {
	name := "verify/" + t.Name
	answer, ok := s.verifyAnswers[t.Name]
	if !ok {
		return []check{{name, func(context.Context) error {
			return fmt.Errorf("say with VerifyAnswer(%q, ...) what the service answers to a good credential", t.Name)
		}}}
	}
	verify := func(ctx context.Context, call *connector.Call) error { _, err := t.Verify(ctx, call); return err }
	good := func(ctx context.Context) error {
		sc, err := s.scene(nil, nil, t.Name, answerWith(answer))
		if err != nil {
			return err
		}
		defer sc.close()
		identity, err := t.Verify(ctx, sc.call)
		if err != nil {
			return err
		}
		if identity.Name == "" {
			return errors.New("it does not say whose credential it is")
		}
		shown, err := json.Marshal(identity)
		if err != nil {
			return fmt.Errorf("showing the identity: %w", err)
		}
		return errors.Join(sc.leaks(nil), findLeaks(map[string]string{"identity": string(shown)}, sc.canaries))
	}
	return append([]check{{name + "/good", good}}, s.failuresOf(nil, t.Name, connector.Example{Response: answer}, verify)...)
}
