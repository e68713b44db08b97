package notion_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/notion"
	"switchboard/internal/fault"
)

const madePage = `{"object": "page", "id": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/P"}`

// workspace answers as Notion does for the database of the examples.
func workspace(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/sandbox")
	switch {
	case path == databasePath:
		_, _ = io.WriteString(w, database.Body)
	case path == sourcePath:
		_, _ = io.WriteString(w, orders.Body)
	case path == "/v1/pages", strings.HasSuffix(path, "/children"):
		_, _ = io.WriteString(w, madePage)
	default:
		http.NotFound(w, r)
	}
}

func create(config map[string]any) connectortest.Setup {
	return connectortest.Setup{Action: "create_page", Config: config}
}

func TestProperties(t *testing.T) {
	tests := map[string]struct {
		given any
		name  string
		want  string
	}{
		"Title":          {"A", "Name", `{"title": [{"type": "text", "text": {"content": "A"}}]}`},
		"Text":           {12, "Note", `{"rich_text": [{"type": "text", "text": {"content": "12"}}]}`},
		"NumberFromText": {" 12.50 ", "Amount", `{"number": 12.50}`},
		"Select":         {"New", "Kind", `{"select": {"name": "New"}}`},
		"TagsFromText":   {"vip, export", "Tags", `{"multi_select": [{"name": "vip"}, {"name": "export"}]}`},
		"Range":          {"2026-01-01/2026-01-31", "Due", `{"date": {"start": "2026-01-01", "end": "2026-01-31"}}`},
		"DateObject":     {map[string]any{"start": "2026-01-01", "time_zone": "Europe/Berlin"}, "Due", `{"date": {"start": "2026-01-01", "time_zone": "Europe/Berlin"}}`},
		"CheckboxText":   {"True", "Paid", `{"checkbox": true}`},
		"Phone":          {"+44 20 7946 0958", "Phone", `{"phone_number": "+44 20 7946 0958"}`},
		"Relation":       {[]any{"x", "y"}, "Invoices", `{"relation": [{"id": "x"}, {"id": "y"}]}`},
		"Files":          {"https://example.com/a/b.pdf?x=1", "Papers", `{"files": [{"name": "b.pdf", "type": "external", "external": {"url": "https://example.com/a/b.pdf?x=1"}}]}`},
		"ByID":           {3, "a", `{"number": 3}`},
		"Typed":          {map[string]any{"number": 5}, "Anything", `{"number": 5}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := create(map[string]any{"parent_id": "248104cd477e80fdb757e945d38000bd", "parent_type": "database", "properties": map[string]any{tt.name: tt.given}}).Run(t, notion.New(), workspace)
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			var sent struct{ Properties map[string]any }
			if err := json.Unmarshal([]byte(e.Sent[len(e.Sent)-1].Body), &sent); err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]any{tt.name: want}, sent.Properties); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPropertiesThatDontFit(t *testing.T) {
	tests := map[string]struct {
		name  string
		given any
		want  connectortest.Refusal
	}{
		"ErrNoSuchOne": {"Amoun", 1, connectortest.Refusal{Code: fault.InvalidInput, Message: `There is no property "Amoun" in the database.`, Hint: "Amount", Pointer: "/properties/Amoun"}},
		"ErrComputed":  {"Total", 1, connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Total" cannot be filled in: Notion computes what is of the kind formula.`, Pointer: "/properties/Total"}},
		"ErrNumber":    {"Amount", "a lot", connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Amount" of the kind number takes a number.`, Pointer: "/properties/Amount"}},
		"ErrNumberHex": {"Amount", "0x10", connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Amount" of the kind number takes a number.`, Pointer: "/properties/Amount"}},
		"ErrCheckbox":  {"Paid", "maybe", connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Paid" of the kind checkbox takes true or false.`, Pointer: "/properties/Paid"}},
		"ErrDate":      {"Due", map[string]any{"end": "x"}, connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Due" of the kind date takes a date, or an object with start and end.`, Pointer: "/properties/Due"}},
		"ErrFile":      {"Papers", "C:\\b.pdf", connectortest.Refusal{Code: fault.InvalidInput, Message: `The property "Papers" of the kind files takes addresses of files...`, Pointer: "/properties/Papers"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := create(map[string]any{"parent_id": "248104cd477e80fdb757e945d38000bd", "parent_type": "database", "properties": map[string]any{tt.name: tt.given}}).Run(t, notion.New(), workspace)
			tt.want.Check(t, e.Err)
			if last := e.Sent[len(e.Sent)-1]; last.Method != http.MethodGet {
				t.Errorf("a page was made: %s", last.Body)
			}
		})
	}
}

// What needs no columns is not looked up.
func TestWithoutLookup(t *testing.T) {
	tests := map[string]struct {
		config map[string]any
		want   string
	}{
		"DatabaseTitle": {
			map[string]any{"parent_id": "X", "parent_type": "database", "title": "T", "properties": map[string]any{"Name": map[string]any{"title": []any{}}, "Note": nil, "Kind": ""}},
			`{"parent":{"database_id":"X","type":"database_id"},"properties":{"title":{"title":[{"text":{"content":"T"},"type":"text"}]}}}`,
		},
		"DataSource": {
			map[string]any{"parent_id": "X", "parent_type": "data_source", "properties": map[string]any{"Amount": map[string]any{"number": 5}}},
			`{"parent":{"data_source_id":"X","type":"data_source_id"},"properties":{"Amount":{"number":5}}}`,
		},
		"PageWithoutTitle": {map[string]any{"parent_id": "X"}, `{"parent":{"page_id":"X","type":"page_id"},"properties":{}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := create(tt.config).Run(t, notion.New(), workspace)
			if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != tt.want {
				t.Errorf("error = %v, sent = %+v", e.Err, e.Sent)
			}
		})
	}
}

func TestPropertiesOfAPage(t *testing.T) {
	e := create(map[string]any{"parent_id": "X", "properties": map[string]any{"A": 1}}).Run(t, notion.New(), connectortest.NoCall(t))
	connectortest.Refusal{Code: fault.InvalidInput, Message: "A page below another page has no properties but its title.", Hint: "parent's kind", Pointer: "/properties"}.Check(t, e.Err)
}

func TestLongContent(t *testing.T) {
	config := map[string]any{"parent_id": "X", "content": strings.Repeat("- item\n", 250)}
	t.Run("OK", func(t *testing.T) {
		e := create(config).Run(t, notion.New(), workspace)
		var counts []int
		for _, s := range e.Sent {
			counts = append(counts, strings.Count(s.Body, `"content":"item"`))
		}
		if diff := cmp.Diff([]int{100, 100, 50}, counts); diff != "" || e.Err != nil {
			t.Errorf("error = %v, blocks by call: %s", e.Err, diff)
		}
		if s := e.Sent[1]; s.Method != http.MethodPatch || s.Target != "/v1/blocks/59833787-2cf9-4fdf-8782-e53db20768a5/children" {
			t.Errorf("sent %s %s", s.Method, s.Target)
		}
	})
	// The page is there by then; trying again would make a second one.
	t.Run("ErrPartly", func(t *testing.T) {
		e := create(config).Run(t, notion.New(), func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				http.Error(w, `{"code": "rate_limited", "message": "Slow down."}`, http.StatusTooManyRequests)
				return
			}
			workspace(w, r)
		})
		want := connectortest.Refusal{Code: fault.RateLimited, Message: "Notion answered 429 Too Many Requests: Slow down.", Hint: "https://www.notion.so/P", Unsettled: true}
		want.Check(t, e.Err)
	})
}

func TestDataSources(t *testing.T) {
	const two = `{"data_sources": [{"id": "1a44be12-0953-4631-b498-9e5817518db8", "name": "Orders"}, {"id": "2b44be12-0953-4631-b498-9e5817518db8", "name": "Returns"}]}`
	tests := map[string]struct {
		database, wanted string
		source           string // that is asked
		want             connectortest.Refusal
	}{
		"OKByName":   {two, "Returns", "2b44be12-0953-4631-b498-9e5817518db8", connectortest.Refusal{}},
		"OKByID":     {two, "2b44be1209534631b4989e5817518db8", "2b44be12-0953-4631-b498-9e5817518db8", connectortest.Refusal{}},
		"ErrSeveral": {two, "", "", connectortest.Refusal{Code: fault.InvalidInput, Message: "The database has several data sources.", Hint: "Returns (2b44be12-0953-4631-b498-9e5817518db8)"}},
		"ErrNoSuch":  {two, "Refunds", "", connectortest.Refusal{Code: fault.InvalidInput, Message: `The database has no data source "Refunds".`, Hint: "Orders", Pointer: "/data_source"}},
		"ErrNone":    {`{"data_sources": []}`, "", "", connectortest.Refusal{Code: fault.ServiceNotFound, Message: "The database has no data source that the connection may see.", Hint: "linked view"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "query_database", Config: map[string]any{"database_id": "X", "data_source": tt.wanted}}
			e := setup.Run(t, notion.New(), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, tt.database)
					return
				}
				_, _ = io.WriteString(w, `{"results": [], "has_more": false}`)
			})
			if tt.source == "" {
				tt.want.Check(t, e.Err)
				return
			}
			if e.Err != nil || e.Sent[len(e.Sent)-1].Target != "/v1/data_sources/"+tt.source+"/query" {
				t.Errorf("error = %v, sent = %+v", e.Err, e.Sent)
			}
		})
	}
}

// A failed lookup has changed nothing, whatever became of it.
func TestLookupIsSettled(t *testing.T) {
	e := create(map[string]any{"parent_id": "X", "parent_type": "database", "properties": map[string]any{"A": 1}}).Run(t, notion.New(), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if f := fault.Of(e.Err); f.Code != fault.ServiceUnavailable || f.Unsettled {
		t.Errorf("fault = %+v", f)
	}
}

func TestPages(t *testing.T) {
	tests := map[string]struct {
		total, limit, want, queries int
		more                        bool
	}{
		"OnePage":     {total: 3, limit: 100, want: 3, queries: 1},
		"SeveralTo":   {total: 500, limit: 250, want: 250, queries: 3, more: true},
		"SeveralAll":  {total: 230, limit: 1000, want: 230, queries: 3},
		"ExactlyFull": {total: 100, limit: 100, want: 100, queries: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "query_database", Config: map[string]any{"database_id": "248104cd477e80fdb757e945d38000bd", "limit": tt.limit}}
			e := setup.Run(t, notion.New(), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					workspace(w, r)
					return
				}
				answerPage(t, w, r, tt.total)
			})
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			results, _ := e.Output["results"].([]any)
			if len(results) != tt.want || len(e.Sent)-1 != tt.queries || e.Output["has_more"] != tt.more {
				t.Errorf("%d results in %d queries, has_more = %v; want %d in %d, %t", len(results), len(e.Sent)-1, e.Output["has_more"], tt.want, tt.queries, tt.more)
			}
		})
	}
}

func answerPage(t *testing.T, w http.ResponseWriter, r *http.Request, total int) {
	var ask struct {
		PageSize    int    `json:"page_size"`
		StartCursor string `json:"start_cursor"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		t.Error(err)
	}
	first := 0
	if ask.StartCursor != "" {
		if _, err := fmt.Sscanf(ask.StartCursor, "c%d", &first); err != nil {
			t.Error(err)
		}
	}
	var rows []string
	for i := first; i < min(first+ask.PageSize, total); i++ {
		rows = append(rows, fmt.Sprintf(`{"id": "%d"}`, i))
	}
	next := "null"
	if first+ask.PageSize < total {
		next = fmt.Sprintf(`"c%d"`, first+ask.PageSize)
	}
	_, _ = fmt.Fprintf(w, `{"results": [%s], "has_more": %t, "next_cursor": %s}`, strings.Join(rows, ","), next != "null", next)
}

// A service that leads in a circle does not keep the step for ever.
func TestCursorThatLeadsNowhere(t *testing.T) {
	setup := connectortest.Setup{Action: "query_database", Config: map[string]any{"database_id": "248104cd477e80fdb757e945d38000bd"}}
	e := setup.Run(t, notion.New(), func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			workspace(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"results": [], "has_more": true, "next_cursor": "same"}`)
	})
	if e.Err != nil || len(e.Sent) != 3 || e.Output["has_more"] != false {
		t.Errorf("error = %v, %d calls, output = %v", e.Err, len(e.Sent), e.Output)
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"ErrNotShared": {
			404, `{"object":"error","status":404,"code":"object_not_found","message":"Could not find page with ID: X."}`,
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Notion answered 404 Not Found: Could not find page with ID: X.", Hint: "Connections"},
		},
		"ErrCapability": {
			403, `{"object":"error","status":403,"code":"restricted_resource","message":"Insufficient permissions for this endpoint."}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Notion answered 403 Forbidden: Insufficient permissions for this endpoint.", Hint: "Insert content"},
		},
		"ErrSeveralSources": {
			400, `{"object":"error","status":400,"code":"validation_error","message":"Databases with multiple data sources are not supported in this API version."}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Notion answered 400 Bad Request: Databases with multiple data sources...", Hint: "Manage data sources"},
		},
		"ErrOverload": {
			529, `{"object":"error","status":529,"code":"service_overload","message":"Overloaded."}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Notion answered 529: Overloaded.", Hint: "tried again"},
		},
		"ErrGateway": {502, "<html>", connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Notion answered 502 Bad Gateway."}},
		"ErrNoID":    {200, `{}`, connectortest.Refusal{Code: fault.BadResponse, Message: "Notion took the page, but does not tell its id.", Unsettled: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := create(map[string]any{"parent_id": "X", "title": "T"}).Run(t, notion.New(), connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body}))
			tt.want.Check(t, e.Err)
		})
	}
}

func TestReadID(t *testing.T) {
	const id = "248104cd477e80fdb757e945d38000bd"
	for given, want := range map[string]string{
		id: id, " " + strings.ToUpper(id) + " ": id, "248104cd-477e-80fd-b757-e945d38000bd": "248104cd-477e-80fd-b757-e945d38000bd",
		"https://www.notion.so/acme/" + id + "?v=148104cd477e80bb928f000ce197ddf2": id,
		"https://www.notion.so/Facade-" + id + "#part":                             id,
		"something": "something",
	} {
		t.Run(given, func(t *testing.T) {
			if got := notion.ReadID(given); got != want {
				t.Errorf("id = %q, want %q", got, want)
			}
		})
	}
}

func TestReadValues(t *testing.T) {
	tests := map[string]struct{ property, want string }{
		"Title":       {`{"type": "title", "title": [{"plain_text": "A "}, {"plain_text": "B"}]}`, `"A B"`},
		"Number":      {`{"type": "number", "number": 12.5}`, `12.5`},
		"Select":      {`{"type": "select", "select": {"name": "Open"}}`, `"Open"`},
		"NoSelect":    {`{"type": "select", "select": null}`, `null`},
		"Tags":        {`{"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]}`, `["a", "b"]`},
		"People":      {`{"type": "people", "people": [{"id": "u1", "name": "Ada"}, {"id": "u2"}]}`, `["Ada", "u2"]`},
		"Range":       {`{"type": "date", "date": {"start": "2026-01-01", "end": "2026-01-31"}}`, `"2026-01-01/2026-01-31"`},
		"NoDate":      {`{"type": "date", "date": null}`, `null`},
		"Formula":     {`{"type": "formula", "formula": {"type": "string", "string": "x"}}`, `"x"`},
		"FormulaDate": {`{"type": "formula", "formula": {"type": "date", "date": {"start": "2026-01-01", "end": null}}}`, `"2026-01-01"`},
		"RollupSum":   {`{"type": "rollup", "rollup": {"type": "number", "number": 3}}`, `3`},
		"RollupList":  {`{"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 3}]}}`, `[3]`},
		"UniqueID":    {`{"type": "unique_id", "unique_id": {"prefix": "A", "number": 7}}`, `7`},
		"Nonsense":    {`5`, `null`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var property, want any
			if err := json.Unmarshal([]byte(tt.property), &property); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, notion.ReadValues(map[string]any{"P": property})["P"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
