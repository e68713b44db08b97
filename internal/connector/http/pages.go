package httpconnector

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Ways in which services cut a list into pages.
const (
	pagingNone   = "none"
	pagingLink   = "link_header"
	pagingCursor = "cursor"
	pagingPage   = "page"
)

// pathPattern is that of a path into an answer.
const pathPattern = `[^.\s]+(?:\.[^.\s]+)*`

// The fields about pages.
var (
	paging = schema.Field{
		Name: "pagination", Kind: schema.Choice, Title: "Pagination", Default: pagingNone, Advanced: true,
		Choices: []string{pagingNone, pagingLink, pagingCursor, pagingPage},
		Help:    `Reads a list that comes in pages, with GET. link_header follows Link: <...>; rel="next"; cursor sends what the page before names; page counts. The body is then the list of all items.`,
	}
	pageItems = schema.Field{
		Name: "page_items", Kind: schema.Text, Title: "List in the answer", Placeholder: "data.items", Advanced: true, MaxLength: 200,
		Pattern: pathPattern, PatternHint: "Names with dots between, such as data.items.",
		Help: "Where in a page its list is. Empty where the page is the list.",
	}
	pageCursor = schema.Field{
		Name: "page_cursor", Kind: schema.Text, Title: "Cursor in the answer", Placeholder: "meta.next_cursor", Advanced: true, MaxLength: 200,
		Pattern: pathPattern, PatternHint: "Names with dots between, such as meta.next_cursor.",
		Help: "For cursor: where a page names the next one, by a cursor or by its address. data.-1.id is the id of the last item of data.",
	}
	pageParameter = schema.Field{
		Name: "page_parameter", Kind: schema.Text, Title: "Page parameter", Placeholder: "page", Advanced: true, MaxLength: 200,
		Help: "The query parameter that takes the cursor or the number of the page; named cursor or page if empty.",
	}
	pageStart = schema.Field{
		Name: "page_start", Kind: schema.Integer, Title: "First page", Default: int64(1), Min: schema.Limit(0), Max: schema.Limit(1 << 31), Advanced: true,
		Help: "For page: the number of the first page.",
	}
	maxPages = schema.Field{
		Name: "max_pages", Kind: schema.Integer, Title: "Pages at most", Default: int64(10), Min: schema.Limit(1), Max: schema.Limit(100), Advanced: true,
		Help: "After so many pages the step ends, and its output more says whether there were further ones.",
	}
)

// maxPagesBytes bounds what all pages together may hold.
const maxPagesBytes = outbound.MaxAnswer

// pages reads a list page by page, up to the cap.
func (e exchange) pages(ctx context.Context) (connector.Output, error) {
	in := e.call.Input
	if in.Text(method) != http.MethodGet {
		const message = "Pages can only be read with GET."
		return nil, fault.New(fault.InvalidInput, message).WithHint("Choose the method GET, or the pagination none.").At("/pagination", message)
	}
	if in.Text(paging) == pagingCursor && in.Text(pageCursor) == "" {
		const message = "The pagination cursor needs to know where a page names the next one."
		return nil, fault.New(fault.InvalidInput, message).WithHint("Fill page_cursor in, such as meta.next_cursor.").At("/page_cursor", message)
	}
	next := &turner{exchange: e, number: in.Int(pageStart)}
	request := next.first(e.request)
	items, read := []any{}, 0
	for n := 1; ; n++ {
		resp, err := e.do(ctx, request)
		if err != nil {
			return nil, err
		}
		if read += len(resp.Body); read > maxPagesBytes {
			return nil, fault.New(fault.OutputTooLarge, "The pages hold more than %d MB.", maxPagesBytes>>20).
				WithHint("Ask for less: set max_pages lower, or narrow the list down in the query.")
		}
		var page any
		if err := resp.Decode(&page); err != nil {
			return nil, err
		}
		list, err := e.list(page)
		if err != nil {
			return nil, err
		}
		items = append(items, list...)
		following, more, err := next.turn(request, resp, page, len(list))
		if err != nil {
			return nil, err
		}
		if !more || n == in.Int(maxPages) {
			return connector.Output{"status": resp.Status, "headers": joinHeaders(resp.Header), "body": items, "pages": n, "more": more}, nil
		}
		request = following
	}
}

// list finds the list of a page. null is an empty one.
func (e exchange) list(page any) ([]any, error) {
	path := e.call.Input.Text(pageItems)
	found, ok := at(page, path)
	if list, isList := found.([]any); isList {
		return list, nil
	}
	if ok && found == nil {
		return nil, nil
	}
	where := "The page is no list."
	if path != "" {
		where = "The page has no list at " + path + "."
	}
	return nil, fault.New(fault.BadResponse, "%s", where).
		WithHint("Look at an answer without pagination, and name in page_items where its list is, such as data.items.").At("/page_items", where)
}

// turner goes from page to page.
type turner struct {
	exchange

	number int // of the page, where pages are counted
	cursor string
}

func (t *turner) parameter() string {
	name := t.call.Input.Text(pageParameter)
	if name == "" {
		name = t.call.Input.Text(paging)
	}
	return name
}

func (t *turner) first(r rest.Request) rest.Request {
	if t.call.Input.Text(paging) != pagingPage {
		return r
	}
	return withParameter(r, t.parameter(), strconv.Itoa(t.number))
}

// turn gives the request for the page after this one, and whether there is one.
func (t *turner) turn(r rest.Request, resp rest.Response, page any, items int) (following rest.Request, more bool, err error) {
	switch t.call.Input.Text(paging) {
	case pagingPage:
		t.number++
		return withParameter(r, t.parameter(), strconv.Itoa(t.number)), items > 0, nil
	case pagingLink:
		target := nextLink(resp.Header.Values("Link"))
		if target == "" {
			return r, false, nil
		}
		return t.follow(r, target)
	}
	found, _ := at(page, t.call.Input.Text(pageCursor))
	if found == nil || found == "" || found == false {
		return r, false, nil
	}
	cursor := scalar(found)
	if cursor == t.cursor {
		return r, false, nil // services that always name a cursor repeat the last one
	}
	t.cursor = cursor
	if strings.HasPrefix(cursor, "https://") || strings.HasPrefix(cursor, "http://") {
		return t.follow(r, cursor)
	}
	return withParameter(r, t.parameter(), cursor), true, nil
}

// follow asks at an address that the service named. It has to be of the step's own
// origin, or the credential would go where the author never wrote.
func (t *turner) follow(r rest.Request, target string) (following rest.Request, more bool, err error) {
	current, errCurrent := url.Parse(r.URL)
	link, errLink := url.Parse(target)
	if errCurrent != nil || errLink != nil {
		return r, false, fault.New(fault.BadResponse, "The address that the service gives for the next page cannot be read.")
	}
	link = current.ResolveReference(link)
	link.Fragment, link.RawFragment, link.User = "", "", nil
	if up := t.call.Upstream; up != nil && sameOrigin(link, up) {
		// It stands in the service's place, and names itself.
		prefix := strings.TrimSuffix(up.EscapedPath(), "/")
		if rest, ok := strings.CutPrefix(link.EscapedPath(), prefix); ok {
			link, err = url.Parse(current.Scheme + "://" + current.Host + rest + "?" + link.RawQuery)
			if err != nil {
				return r, false, fault.New(fault.BadResponse, "The address that the service gives for the next page cannot be read.")
			}
		}
	}
	if !sameOrigin(link, current) {
		return r, false, fault.New(fault.AddressNotAllowed, "The service says that the next page is at %s://%s, another place than this step's.", link.Scheme, link.Host).
			WithHint("Only pages of the host that the step names are read in one step, since the credential goes nowhere else. Use the address that the service gives.")
	}
	if c := t.call.Credential; c.Type == queryType.Name { // services repeat it; it is added again
		link.RawQuery = without(link.RawQuery, c.Data.Text(queryName))
	}
	if r.URL == link.String() && r.Query == nil {
		return r, false, nil // it leads nowhere
	}
	r.URL, r.Query = link.String(), nil
	return r, true, nil
}

func sameOrigin(a, b *url.URL) bool {
	port := func(u *url.URL) string {
		switch {
		case u.Port() != "":
			return u.Port()
		case u.Scheme == "https":
			return "443"
		default:
			return "80"
		}
	}
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

// without takes a parameter out of a query and leaves the rest as it is written.
func without(query, name string) string {
	parts := strings.Split(query, "&")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool {
		key, _, _ := strings.Cut(p, "=")
		decoded, err := url.QueryUnescape(key)
		return err == nil && decoded == name
	}), "&")
}

// withParameter sets a query parameter, in the address too where it stands there.
func withParameter(r rest.Request, name, value string) rest.Request {
	if u, err := url.Parse(r.URL); err == nil {
		u.RawQuery = without(u.RawQuery, name)
		r.URL = u.String()
	}
	query := maps.Clone(r.Query)
	if query == nil {
		query = url.Values{}
	}
	query.Set(name, value)
	r.Query = query
	return r
}

// at follows a path of names and list positions; a negative position counts from the end.
func at(value any, path string) (found any, ok bool) {
	if path == "" {
		return value, true
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			if value, ok = v[name]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(name)
			if err == nil && i < 0 {
				i += len(v)
			}
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}
