package notion

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// What a page may be created in.
const (
	inPage     = "page"
	inDatabase = "database"
	inSource   = "data_source"
)

// The fields of the action.
var (
	parentID = schema.Field{
		Name: "parent_id", Kind: schema.Text, Title: "Parent", Required: true, MaxLength: 2048, Placeholder: "248104cd477e80fdb757e945d38000bd",
		Help: "The id of, or the link to, what the page is created in. It has to be shared with the connection.",
	}
	parentType = schema.Field{
		Name: "parent_type", Kind: schema.Choice, Title: "Parent's kind", Choices: []string{inPage, inDatabase, inSource}, Default: inPage,
		Help: "Whether the parent is a page, a database, or one data source of a database that has several.",
	}
	title      = schema.Field{Name: "title", Kind: schema.Text, Title: "Title", MaxLength: 10000, Help: "What the page is called.", Placeholder: "Order A-100"}
	properties = schema.Field{
		Name: "properties", Kind: schema.Object, Title: "Properties", Content: true,
		Help:        "In a database: values by the name of their column, such as a text, a number, true, a date 2026-01-31, or a list. Values in Notion's own form, such as {\"select\": {\"name\": \"Open\"}}, are sent as they are.",
		Placeholder: `{"Status": "Open", "Tags": ["vip"]}`,
	}
	content = schema.Field{
		Name: "content", Kind: schema.Text, Title: "Content", Content: true, MaxLength: 400_000,
		Help: "The page's text. Lines beginning with #, -, 1., - [ ] or > become headings, lists, tasks and quotes; ``` holds code, --- draws a line.",
	}
)

// Source: https://developers.notion.com/reference/post-page
var createPage = connector.Action{
	Name:    "create_page",
	Title:   "Create a page",
	Summary: "Add a page below another one, or a row to a database.",
	Input:   schema.Fields{parentID, parentType, title, properties, content},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The page's id."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where to open the page in a browser."},
	},
	Run: runCreatePage,
	Examples: []connector.Example{{
		Title: "Add an order to a database",
		Config: map[string]any{
			"parent_id": "https://www.notion.so/acme/Orders-248104cd477e80fdb757e945d38000bd?v=148104cd477e80bb928f000ce197ddf2", "parent_type": "database", "title": "Order A-100",
			"properties": map[string]any{
				"Amount": 12.5, "Status": "Open", "Tags": []any{"vip", "export"}, "Due": "2026-01-31", "Paid": false, "Customer": "ada@example.com", "Note": "Call first.",
				"Owner": "c2f20311-9e54-4d11-8c79-7398424ae41e", "Shop": map[string]any{"url": "https://shop.example.com"},
			},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/pages", Header: map[string]string{"Notion-Version": "2025-09-03"},
			Body: `{"parent": {"type": "data_source_id", "data_source_id": "1a44be12-0953-4631-b498-9e5817518db8"}, "properties": {
				"title": {"title": [{"type": "text", "text": {"content": "Order A-100"}}]},
				"Amount": {"number": 12.5}, "Status": {"status": {"name": "Open"}}, "Tags": {"multi_select": [{"name": "vip"}, {"name": "export"}]}, "Due": {"date": {"start": "2026-01-31"}},
				"Paid": {"checkbox": false}, "Customer": {"email": "ada@example.com"}, "Note": {"rich_text": [{"type": "text", "text": {"content": "Call first."}}]},
				"Owner": {"people": [{"object": "user", "id": "c2f20311-9e54-4d11-8c79-7398424ae41e"}]}, "Shop": {"url": "https://shop.example.com"}}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"object": "page", "id": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Order-A-100-598337872cf94fdf8782e53db20768a5", "properties": {}}`,
		},
		Output: map[string]any{"id": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Order-A-100-598337872cf94fdf8782e53db20768a5"},
	}, {
		Title:  "Write minutes below a page",
		Config: map[string]any{"parent_id": "598337872cf94fdf8782e53db20768a5", "title": "Minutes", "content": "# Agenda\nWe met\nat noon.\n\n- Orders\n- [x] Send **invoice**"},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/pages",
			Body: `{"parent": {"type": "page_id", "page_id": "598337872cf94fdf8782e53db20768a5"}, "properties": {"title": {"title": [{"type": "text", "text": {"content": "Minutes"}}]}}, "children": [
				{"object": "block", "type": "heading_1", "heading_1": {"rich_text": [{"type": "text", "text": {"content": "Agenda"}}]}},
				{"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "We met\nat noon."}}]}},
				{"object": "block", "type": "bulleted_list_item", "bulleted_list_item": {"rich_text": [{"type": "text", "text": {"content": "Orders"}}]}},
				{"object": "block", "type": "to_do", "to_do": {"checked": true, "rich_text": [{"type": "text", "text": {"content": "Send **invoice**"}}]}}]}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"object": "page", "id": "7a8b9c0d-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Minutes-7a8b9c0d2cf94fdf8782e53db20768a5", "properties": {}}`,
		},
		Output: map[string]any{"id": "7a8b9c0d-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Minutes-7a8b9c0d2cf94fdf8782e53db20768a5"},
	}},
}

// page is what Notion is sent.
type page struct {
	Parent     map[string]any `json:"parent"`
	Properties map[string]any `json:"properties"`
	Children   []any          `json:"children,omitempty"`
}

func runCreatePage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	p, err := newPage(ctx, call)
	if err != nil {
		return nil, err
	}
	blocks := readBlocks(call.Input.Text(content))
	n := min(len(blocks), mostBlocks)
	p.Children, blocks = blocks[:n], blocks[n:]
	var made struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/pages", JSON: p}, &made); err != nil {
		return nil, err
	}
	if made.ID == "" {
		f := fault.New(fault.BadResponse, "Notion took the page, but does not tell its id.")
		f.Unsettled = true
		return nil, f
	}
	if err := appendBlocks(ctx, call, made.ID, blocks); err != nil {
		return nil, partly(err, made.URL)
	}
	return connector.Output{"id": made.ID, "url": made.URL}, nil
}

// newPage puts parent and properties together. Columns are looked up only where
// plain values need to know them: a title goes by the id "title" everywhere.
func newPage(ctx context.Context, call *connector.Call) (page, error) {
	in := call.Input
	parent, kind, given := readID(in.Text(parentID)), in.Text(parentType), in.Map(properties)
	var columns map[string]column
	if kind == inPage && len(given) > 0 {
		const none = "A page below another page has no properties but its title."
		return page{}, fault.New(fault.InvalidInput, none).WithHint("Only pages of databases have properties. Is the parent's kind right?").At("/properties", none)
	}
	if hasPlain(given) {
		var err error
		if kind == inDatabase {
			if parent, err = findSource(ctx, call, parent, ""); err != nil {
				return page{}, err
			}
			kind = inSource
		}
		if columns, err = readColumns(ctx, call, parent); err != nil {
			return page{}, err
		}
	}
	values, err := writeProperties(given, columns)
	if err != nil {
		return page{}, err
	}
	if t := in.Text(title); t != "" {
		for name, value := range values { // the field goes before a title among the properties
			if _, isTitle := value.(map[string]any)["title"]; isTitle {
				delete(values, name)
			}
		}
		values["title"] = map[string]any{"title": richText(t)}
	}
	return page{Parent: map[string]any{"type": kind + "_id", kind + "_id": parent}, Properties: values}, nil
}

// hasPlain says whether a value needs to know the kind of its column.
func hasPlain(given map[string]any) bool {
	for _, value := range given {
		if value != nil && value != "" && !isTyped(value) {
			return true
		}
	}
	return false
}

// appendBlocks adds what a page's first call had no room for.
//
// Source: https://developers.notion.com/reference/patch-block-children
func appendBlocks(ctx context.Context, call *connector.Call, pageID string, blocks []any) error {
	for len(blocks) > 0 {
		n := min(len(blocks), mostBlocks)
		_, err := service.Do(ctx, call, rest.Request{
			Method: http.MethodPatch, Path: rest.Path("v1", "blocks", pageID, "children"), JSON: map[string]any{"children": blocks[:n]},
		})
		if err != nil {
			return err
		}
		blocks = blocks[n:]
	}
	return nil
}

// partly is the fault of a page that is there, but without the end of its content.
// It is unsettled, so that no second page is made by trying again.
func partly(err error, url string) error {
	whole := *fault.Of(err)
	whole.Unsettled = true
	whole.Hint = "The page was made without the end of its content: " + url
	return &whole
}
