package connectortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
)

// compareRequest says how a request differs from what an example shows. Empty
// members of the example are not compared.
func compareRequest(want connector.ExampleRequest, got received) error {
	var f findings
	f.expect(want.Method == "" || got.method == want.Method, "the request's method is %s, want %s", got.method, want.Method)
	f.expect(want.Path == "" || sameTarget(want.Path, got.target), "the request's path is %s, want %s", got.target, want.Path)
	for name, value := range want.Header {
		f.expect(got.header.Get(name) == value, "the request's header %s is %q, want %q", name, got.header.Get(name), value)
	}
	if want.Body != "" {
		if diff := compareBody(want.Body, got.body, got.header.Get("Content-Type")); diff != "" {
			f.expect(false, "the request's body differs from the example (-want +got):\n%s", diff)
		}
	}
	return errors.Join(f...)
}

// sameTarget compares paths to the letter, as escaped, and queries by their values.
func sameTarget(want, got string) bool {
	wantPath, wantQuery, _ := strings.Cut(want, "?")
	gotPath, gotQuery, _ := strings.Cut(got, "?")
	return wantPath == gotPath && sameForm(wantQuery, gotQuery) == ""
}

func sameForm(want, got string) string {
	w, err := url.ParseQuery(want)
	if err != nil {
		return err.Error()
	}
	g, err := url.ParseQuery(got)
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(w, g)
}

// compareBody compares JSON by value, forms by their fields, other text to the letter.
func compareBody(want, got, contentType string) string {
	switch {
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		return sameForm(want, got)
	case looksLikeJSON(want):
		w, err := parse([]byte(want))
		if err != nil {
			return "the example's body: " + err.Error()
		}
		g, err := parse([]byte(got))
		if err != nil {
			return fmt.Sprintf("%v in %s", err, got)
		}
		return cmp.Diff(w, g)
	default:
		return cmp.Diff(want, got)
	}
}

// compareOutput compares outputs as JSON: that is how they are stored.
func compareOutput(want, got map[string]any) error {
	w, err := throughJSON(want)
	if err != nil {
		return err
	}
	g, err := throughJSON(got)
	if err != nil {
		return fmt.Errorf("the output is no JSON: %w", err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		return fmt.Errorf("the output differs from the example (-want +got):\n%s", diff)
	}
	return nil
}

func throughJSON(v map[string]any) (any, error) {
	if v == nil {
		v = map[string]any{}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parse(b)
}

func parse(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

func looksLikeJSON(s string) bool {
	s = strings.TrimSpace(s)
	return (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) && json.Valid([]byte(s))
}
