package httpconnector_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/fault"
)

// asked collects what a service is asked, up to a number that no test needs.
type asked struct {
	t    *testing.T
	list []string
}

func (a *asked) note(r *http.Request) int {
	a.list = append(a.list, r.URL.RawQuery)
	if len(a.list) > 50 {
		a.t.Fatal("it does not stop asking")
	}
	return len(a.list)
}

func TestPages(t *testing.T) {
	tests := map[string]struct {
		config map[string]any
		pages  []string         // answers, in turn
		links  []string         // Link headers that go with them
		asked  []string         // the queries
		want   connector.Output // body, pages, more
		cred   map[string]any   // data of http_query
	}{
		"OKLinkHeader": {
			config: map[string]any{"pagination": "link_header", "query": map[string]any{"limit": 2}},
			pages:  []string{`[1,2]`, `[3]`, `[]`},
			links:  []string{`</path?limit=2&page=2>; rel="next", </path?page=9>; rel="last"`, `<?limit=2&page=3>; title="a, b; c"; rel="last next"`, `</path?page=1>; rel="first"`},
			asked:  []string{"limit=2", "limit=2&page=2", "limit=2&page=3"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2"), json.Number("3")}, "pages": 3, "more": false},
		},
		"OKCursor": {
			config: map[string]any{"pagination": "cursor", "page_items": "data.rows", "page_cursor": "meta.next", "url_query": "?cursor=old&a=b"},
			pages:  []string{`{"data":{"rows":[1]},"meta":{"next":"x&y"}}`, `{"data":{"rows":null},"meta":{"next":7}}`, `{"data":{"rows":[2]},"meta":{}}`},
			asked:  []string{"cursor=old&a=b", "a=b&cursor=x%26y", "a=b&cursor=7"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2")}, "pages": 3, "more": false},
		},
		"OKCursorIsAddress": {
			config: map[string]any{"pagination": "cursor", "page_items": "results", "page_cursor": "next"},
			pages:  []string{`{"results":[1],"next":"SERVER/path?page=2"}`, `{"results":[2],"next":""}`},
			asked:  []string{"", "page=2"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2")}, "pages": 2, "more": false},
		},
		"OKCursorOfLastItem": {
			config: map[string]any{"pagination": "cursor", "page_items": "data", "page_cursor": "data.-1.id", "page_parameter": "starting_after"},
			pages:  []string{`{"data":[{"id":"a"},{"id":"b"}]}`, `{"data":[]}`},
			asked:  []string{"", "starting_after=b"},
			want:   connector.Output{"body": []any{map[string]any{"id": "a"}, map[string]any{"id": "b"}}, "pages": 2, "more": false},
		},
		"OKCursorThatRepeats": {
			config: map[string]any{"pagination": "cursor", "page_items": "data", "page_cursor": "after"},
			pages:  []string{`{"data":[1],"after":"z"}`, `{"data":[],"after":"z"}`},
			asked:  []string{"", "cursor=z"},
			want:   connector.Output{"body": []any{json.Number("1")}, "pages": 2, "more": false},
		},
		"OKPage": {
			config: map[string]any{"pagination": "page", "page_parameter": "p", "page_start": 0, "query": map[string]any{"p": 9, "q": 1}},
			pages:  []string{`[1]`, `[2]`, `[]`},
			asked:  []string{"p=0&q=1", "p=1&q=1", "p=2&q=1"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2")}, "pages": 3, "more": false},
		},
		"OKCap": {
			config: map[string]any{"pagination": "page", "max_pages": 2},
			pages:  []string{`[1]`, `[2]`, `[3]`},
			asked:  []string{"page=1", "page=2"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2")}, "pages": 2, "more": true},
		},
		"OKCredentialInQuery": {
			config: map[string]any{"pagination": "link_header"},
			pages:  []string{`[1]`, `[2]`},
			links:  []string{`</path?key=c4n4ry-0123456789&page=2>; rel=next`},
			asked:  []string{"key=c4n4ry-0123456789", "page=2&key=c4n4ry-0123456789"},
			want:   connector.Output{"body": []any{json.Number("1"), json.Number("2")}, "pages": 2, "more": false},
			cred:   map[string]any{"name": "key", "value": "c4n4ry-0123456789"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			asked := &asked{t: t}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := asked.note(r) - 1
				if n < len(tt.links) {
					w.Header().Add("Link", tt.links[n])
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, strings.ReplaceAll(tt.pages[min(n, len(tt.pages)-1)], "SERVER", "http://"+r.Host))
			}))
			t.Cleanup(server.Close)
			config := map[string]any{"url": server.URL + "/path"}
			for name, value := range tt.config {
				config[name] = value
			}
			if q, ok := tt.config["url_query"]; ok {
				config["url"] = server.URL + "/path" + q.(string)
				delete(config, "url_query")
			}
			credentialType := ""
			if tt.cred != nil {
				credentialType = "http_query"
			}
			out, err := runAs(t, credentialType, tt.cred, config, func(http.ResponseWriter, *http.Request) {})
			if err != nil {
				t.Fatal(err)
			}
			delete(out, "status")
			delete(out, "headers")
			if diff := cmp.Diff(tt.want, out); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.asked, asked.list); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPagesStayAtTheOrigin: the credential would go along.
func TestPagesStayAtTheOrigin(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") }))
	t.Cleanup(other.Close)
	_, err := runAs(t, "http_bearer", map[string]any{"token": "t-0123456789"}, map[string]any{"pagination": "link_header"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<"+other.URL+"/2>; rel=next")
		_, _ = io.WriteString(w, "[1]")
	})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.AddressNotAllowed || f.Hint == "" {
		t.Errorf("error = %+v, want %s", err, fault.AddressNotAllowed)
	}
}

// TestPagesBehindUpstream: what stands in the service's place names itself.
func TestPagesBehindUpstream(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		if len(asked) == 1 {
			w.Header().Set("Link", "<http://"+r.Host+"/sandbox/orders?page=2>; rel=next")
		}
		_, _ = io.WriteString(w, fmt.Sprintf("[%d]", len(asked)))
	}))
	t.Cleanup(server.Close)
	call, _ := connectortest.Call(t, httpconnector.New(), connectortest.Setup{
		Action: "request", Config: map[string]any{"url": "https://api.example.com/orders", "pagination": "link_header"}, Upstream: server.URL + "/sandbox",
	})
	out, err := action(t).Run(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{json.Number("1"), json.Number("2")}, out["body"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/sandbox/orders", "/sandbox/orders?page=2"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestPagesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		config  map[string]any
		body    string
		code    fault.Code
		pointer string
	}{
		"ErrPost":       {map[string]any{"pagination": "page", "method": "POST"}, "[]", fault.InvalidInput, "/pagination"},
		"ErrNoCursor":   {map[string]any{"pagination": "cursor"}, "[]", fault.InvalidInput, "/page_cursor"},
		"ErrNoList":     {map[string]any{"pagination": "page"}, `{"data": []}`, fault.BadResponse, "/page_items"},
		"ErrNoListThen": {map[string]any{"pagination": "page", "page_items": "data.items"}, `{"data": []}`, fault.BadResponse, "/page_items"},
		"ErrNotJSON":    {map[string]any{"pagination": "page"}, `<html>`, fault.BadResponse, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, tt.config, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.body) })
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != tt.code {
				t.Fatalf("error = %+v, want %s", err, tt.code)
			}
			if tt.pointer != "" && (len(f.Fields) != 1 || f.Fields[0].Pointer != tt.pointer || f.Hint == "") {
				t.Errorf("error = %+v, want it at %s", f, tt.pointer)
			}
		})
	}
	t.Run("ErrTooLarge", func(t *testing.T) {
		page := `["` + strings.Repeat("x", 6<<20) + `"]`
		_, err := run(t, map[string]any{"pagination": "page"}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) })
		if !fault.Is(err, fault.OutputTooLarge) {
			t.Errorf("error = %v, want %s", err, fault.OutputTooLarge)
		}
	})
}
