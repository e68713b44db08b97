package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// register adds a route below /v1, for those whom the table of access lets in. Its
// handler gets the caller; mounted where nobody asked who calls, it refuses everybody.
func register[I, O any](api huma.API, op huma.Operation, handle func(context.Context, account.Principal, *I) (*O, error)) {
	guard(&op)
	if bodyOf[I]() {
		op.Middlewares = append(op.Middlewares, jsonOnly)
	}
	mount(api, op, func(ctx context.Context, in *I) (*O, error) {
		caller, ok := account.FromContext(ctx)
		if !ok {
			return nil, noToken()
		}
		return handle(ctx, caller, in)
	})
}

// mount adds a route: with the limits of its body, and with problems for errors,
// in what it does and in how it is described.
func mount[I, O any](api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	if strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if bodyOf[I]() || op.RequestBody != nil {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "A problem",
		Content: map[string]*huma.MediaType{
			mediaProblem: {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problemView](), true, "")},
		},
	}
	op.Middlewares = append(op.Middlewares, bodyWithin(limitOf(op)))
	// huma's own limits: its deadline would stay, and cut off who waits for the answer.
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
}

func bodyOf[I any]() bool {
	_, ok := reflect.TypeFor[I]().FieldByName("Body")
	return ok
}

// schemaName names the types in the description: agentView is Agent there.
func schemaName(t reflect.Type, hint string) string {
	return strings.ReplaceAll(huma.DefaultSchemaNamer(t, hint), "View", "")
}

// shown is an answer with a body and nothing else.
type shown[T any] struct{ Body T }

func show[T any](v T) *shown[T] { return &shown[T]{Body: v} }

// created is the answer where something new has an address.
type created[T any] struct {
	Location string `header:"Location" doc:"Where it is"`
	Body     T
}

// done is an answer without a body.
type done struct{}

// Paging are the parameters of every list.
type Paging struct {
	Cursor string `query:"cursor" doc:"Where the page begins: next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items a page has at most"`
}

func (p Paging) query() page.Query { return page.Query{Cursor: p.Cursor, Limit: p.Limit} }

// listView is a page of a list.
type listView[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Where the next page begins; not there on the last one"`
}

// showPage shows every item of a page.
func showPage[T, V any](p page.Of[T], view func(T) V) *shown[listView[V]] {
	items := make([]V, len(p.Items))
	for i, item := range p.Items {
		items[i] = view(item)
	}
	return show(listView[V]{Items: items, NextCursor: p.Next})
}

// list is never null in JSON.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// moment is a time as it is shown, in UTC; null where there is none yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// invalid is the fault of a request whose parts do not go together.
func invalid(pointer, message string) *fault.Error {
	return fault.New(fault.ValidationFailed, "The request is not valid.").At(pointer, message)
}
