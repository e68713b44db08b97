package connectortest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Lister is one field whose values the service lists, for a connector's own tests.
type Lister struct {
	Action, Field string
	Values        map[string]any // of the fields that it depends on
	// CredentialType and Data are made up as in Setup.Run where they are not given.
	CredentialType string
	Data           map[string]any
}

// List has the field's loader ask a service that answers with the handler.
func (l Lister) List(t testing.TB, con connector.Connector, q connector.OptionQuery, answer http.HandlerFunc) (page connector.OptionPage, asked []Sent, err error) {
	t.Helper()
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, Sent{Method: r.Method, Target: strings.TrimPrefix(r.RequestURI, prefix), Header: r.Header.Clone()})
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s := newSuite(con)
	if l.CredentialType == "" {
		l.CredentialType = s.exampleType()
	}
	if l.Data == nil {
		l.Data, _ = s.credentialData(l.CredentialType)
	}
	load, fields, err := s.loader(l.Action, l.Field)
	if err != nil {
		t.Fatal(err)
	}
	call, _ := Call(t, con, Setup{CredentialType: l.CredentialType, Data: l.Data, Upstream: server.URL + prefix})
	if call.Input, err = decode(fields, l.Values); err != nil {
		t.Fatal(err)
	}
	page, err = load(t.Context(), call, q)
	mu.Lock()
	defer mu.Unlock()
	return page, asked, err
}

// loader finds the loader of a field, and the fields whose values it is given.
func (s *suite) loader(action, field string) (connector.OptionLoader, schema.Fields, error) {
	a, _ := s.con.Action(action)
	f, _ := a.Input.Lookup(field)
	load := s.con.Options[f.Options]
	if load == nil {
		return nil, nil, fmt.Errorf("%s.%s: the field %s has no values that are listed", s.con.Name, action, field)
	}
	var fields schema.Fields
	for _, name := range f.OptionsDepend {
		other, ok := a.Input.Lookup(name)
		if !ok {
			return nil, nil, fmt.Errorf("%s.%s: %s depends on the field %q, which there is not", s.con.Name, action, field, name)
		}
		fields = append(fields, other)
	}
	return load, fields, nil
}

// checkOptions holds fields and loaders to each other.
func (s *suite) checkOptions(context.Context) error {
	var f findings
	used := map[string]bool{}
	for _, a := range s.con.Actions {
		for _, field := range a.Input {
			f.expect(field.Options != "" || len(field.OptionsDepend) == 0, "%s, field %s: what values that are not listed depend on is of no use", a.Name, field.Name)
			if field.Options == "" {
				continue
			}
			used[field.Options] = true
			f.expect(slices.Contains([]schema.Kind{schema.Text, schema.List, schema.Integer}, field.Kind), "%s, field %s: it lists values, but one of kind %s could not take another", a.Name, field.Name, field.Kind)
			_, _, err := s.loader(a.Name, field.Name)
			f.expect(err == nil, "%w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.con.Options)) {
		f.expect(used[name], "no field uses the option loader %s", name)
	}
	return errors.Join(f...)
}

// optionChecks let the service fail while values are listed. What every action has
// to withstand is checked there; here it is that a form tells the same.
func (s *suite) optionChecks() []check {
	var checks []check
	seen := map[string]bool{}
	for _, a := range s.con.Actions {
		for _, field := range a.Input {
			if field.Options == "" || seen[field.Options] || len(a.Examples) == 0 {
				continue
			}
			seen[field.Options] = true
			for _, st := range statuses {
				if !slices.Contains([]string{"401", "404", "429_seconds", "503"}, st.name) {
					continue
				}
				checks = append(checks, check{"options_" + field.Options + "/" + st.name, func(ctx context.Context) error {
					return s.checkRefusedOptions(ctx, a, field, st.status, expectation{code: st.code, retryAfter: st.wait}, st.header)
				}})
			}
			checks = append(checks, check{"options_" + field.Options + "/not_json", func(ctx context.Context) error {
				return s.failListing(ctx, a, field, expectation{code: fault.BadResponse, unsettled: true}, answerWith(connector.ExampleResponse{
					Header: map[string]string{"Content-Type": "text/html"}, Body: "<html><title>Log in to the guest network</title></html>",
				}))
			}})
		}
	}
	return checks
}

func (s *suite) checkRefusedOptions(ctx context.Context, a connector.Action, field schema.Field, status int, want expectation, header map[string]string) error {
	return s.failListing(ctx, a, field, want, func(w http.ResponseWriter, r *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		write(w, s.refusal(a.Name, status, "Complaint", r))
	})
}

// failListing lists with the values of the action's first example.
func (s *suite) failListing(ctx context.Context, a connector.Action, field schema.Field, want expectation, answer http.HandlerFunc) error {
	load, fields, err := s.loader(a.Name, field.Name)
	if err != nil {
		return err
	}
	sc, err := s.scene(nil, nil, s.exampleType(), answer)
	if err != nil {
		return err
	}
	defer sc.close()
	values := map[string]any{}
	for _, f := range fields {
		for _, e := range a.Examples {
			if value, ok := e.Config[f.Name]; ok {
				values[f.Name] = value
			}
		}
	}
	if sc.call.Input, err = decode(fields, values); err != nil {
		return err
	}
	return sc.fails(ctx, func(ctx context.Context, call *connector.Call) error {
		_, err := load(ctx, call, connector.OptionQuery{Search: "a"})
		return err
	}, want)
}

// Held wraps a handler: what it is asked, and what it answers, has to be as the
// contract says.
func (c *Contract) Held(t testing.TB, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		answer(recorded, r)
		target, _ := strings.CutPrefix(r.RequestURI, prefix)
		body := recorded.Body.Bytes()
		if err := c.check(r, target, nil, recorded); err != nil {
			t.Errorf("%s %s: %v", r.Method, target, err)
		}
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(body) // the client reads it, or the test has failed
	}
}

// Pages answers each target, path and query, with the JSON that is given for it;
// any other is a mistake.
func Pages(t testing.TB, answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		target, _ := strings.CutPrefix(r.RequestURI, prefix)
		answer, ok := answers[target]
		if !ok {
			t.Errorf("the service was asked for %s", target)
		}
		write(w, connector.ExampleResponse{Body: answer, Header: map[string]string{"Content-Type": "application/json"}})
	}
}
