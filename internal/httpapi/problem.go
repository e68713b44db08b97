package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/workflow"
)

const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
)

// problemView is the body of every failure: RFC 9457, with the code that programs
// may act on. The members below Errors belong to single codes.
type problemView struct {
	Type     string        `json:"type" doc:"Always about:blank; code says what kind of problem it is" example:"about:blank"`
	Title    string        `json:"title" doc:"What the status means" example:"Not Found"`
	Status   int           `json:"status" doc:"The HTTP status" example:"404"`
	Code     string        `json:"code" doc:"The kind of problem, for programs; a code never changes its meaning" example:"not_found"`
	Detail   string        `json:"detail" doc:"What went wrong, for people"`
	Hint     string        `json:"hint,omitempty" doc:"What to do about it"`
	Instance string        `json:"instance,omitempty" format:"uri" doc:"This very request; the header X-Request-Id and the log hold the same id"`
	Errors   []fault.Field `json:"errors,omitempty" nullable:"false" doc:"The values that are wrong. Pointers lead into the body, or begin with /query, /path or /header"`

	Agents      []credential.Use      `json:"agents,omitzero" nullable:"false" doc:"credential_in_use: the agents that it is linked to"`
	Workflows   []credential.Use      `json:"workflows,omitzero" nullable:"false" doc:"credential_in_use: the workflows that name it"`
	Diagnostics []workflow.Diagnostic `json:"diagnostics,omitzero" nullable:"false" doc:"workflow_invalid: what keeps it from being published"`
	Execution   string                `json:"execution,omitempty" doc:"execution_failed: the execution's id"`
	Error       *execution.Error      `json:"error,omitempty" doc:"execution_failed: how it failed"`
}

// problem is a failure on its way to the client.
type problem struct {
	body   problemView
	header http.Header
}

// failedExecution is the details of ExecutionFailed.
type failedExecution struct {
	id    string
	cause *execution.Error
}

// challenge is the details of Unauthorized where it is not a bearer token that is asked for.
type challenge string

// problemOf is the one way from an error to an answer. It notes the error for the
// log, which alone shows its cause.
func problemOf(ctx context.Context, err error) *problem {
	t := traceOf(ctx)
	t.failure = err
	f := fault.Of(err)
	status := f.Code.Means().Status
	body := problemView{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: string(f.Code),
		Detail: f.Message, Hint: f.Hint, Errors: f.Fields,
	}
	if t.id != "" {
		body.Instance = "urn:uuid:" + t.id
	}
	header := http.Header{}
	if f.Code == fault.Unauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="switchboard"`)
	}
	if f.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	switch details := f.Details.(type) {
	case credential.InUse:
		body.Agents, body.Workflows = list(details.Agents), list(details.Workflows)
	case workflow.Diagnostics:
		body.Diagnostics = list(details)
	case failedExecution:
		body.Execution, body.Error = details.id, details.cause
	case challenge:
		header.Set("WWW-Authenticate", string(details))
	}
	return &problem{body: body, header: header}
}

// Error, GetStatus, GetHeaders and ContentType are how huma asks what to send.
func (p *problem) Error() string             { return p.body.Detail }
func (p *problem) GetStatus() int            { return p.body.Status }
func (p *problem) GetHeaders() http.Header   { return p.header }
func (p *problem) ContentType(string) string { return mediaProblem }

// WriteProblem answers with a problem for who stands before the API.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) { writeProblem(w, r, err) }

// writeProblem answers with a problem where huma is not at work.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r.Context(), err)
	for name, values := range p.header {
		w.Header()[name] = values
	}
	writeJSON(w, p.body.Status, mediaProblem, p.body)
}

func writeJSON(w http.ResponseWriter, status int, mediaType string, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	// An error means that the client has gone, which answer notes.
	_ = huma.DefaultJSONFormat.Marshal(w, v)
}

// registerProblem has huma describe its own errors as what problemOfHuma makes of them.
func registerProblem(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[problemView]())
}

// problemOfHuma gives the bodies of problems. It makes them of huma's own errors,
// too: those quote the values that were wrong, which may be secrets; ours never do.
func problemOfHuma(ctx huma.Context, _ string, v any) (any, error) {
	switch v := v.(type) {
	case *problem:
		return v.body, nil
	case *huma.ErrorModel:
		return problemOf(ctx.Context(), faultOfHuma(v)).body, nil
	default:
		return v, nil
	}
}

func faultOfHuma(m *huma.ErrorModel) *fault.Error {
	f := fault.New(fault.ForStatus(m.Status), "%s", m.Detail)
	switch f.Code {
	case fault.BadRequest: // the body is missing, or not JSON at all
		f.Message = "The request has no body."
		if len(m.Errors) > 0 {
			f.Message = "The body is not valid JSON: " + m.Errors[0].Message + "."
		}
	case fault.ValidationFailed:
		f.Message = "The request is not valid."
		for _, e := range m.Errors {
			f.Fields = append(f.Fields, fieldOf(e))
		}
		// huma goes through unknown members in the order of a map.
		slices.SortStableFunc(f.Fields, func(a, b fault.Field) int { return cmp.Compare(a.Pointer, b.Pointer) })
		f.Fields = slices.Compact(f.Fields) // an empty text is too short, and has none of what a pattern asks for
	}
	return f
}

// words says in our own words what huma says.
var words = map[string]string{
	validation.MsgUnexpectedProperty: "is not known here",
	validation.MsgExpectedString:     "must be a text",
	validation.MsgExpectedInteger:    "must be a whole number",
	validation.MsgExpectedNumber:     "must be a number",
	validation.MsgExpectedBoolean:    "must be true or false",
	validation.MsgExpectedObject:     "must be an object",
	validation.MsgExpectedArray:      "must be a list",
	"invalid integer":                "must be a whole number",
	"invalid boolean":                "must be true or false",
}

func fieldOf(e *huma.ErrorDetail) fault.Field {
	message := e.Message
	if w, ok := words[message]; ok {
		message = w
	}
	pointer := pointerOf(e.Location)
	switch before, _, _ := strings.Cut(validation.MsgExpectedMaxLength, "%d"); {
	case message == fmt.Sprintf(validation.MsgExpectedMinLength, 1), message == fmt.Sprintf(validation.MsgExpectedMatchPattern, `\S`):
		message = "must not be empty"
	case strings.HasPrefix(message, before):
		message = "has at most " + strings.TrimPrefix(message, before) + " characters"
	}
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	if name, ok := strings.CutPrefix(message, before); ok {
		return fault.Field{Pointer: pointer + "/" + schema.Escape(strings.TrimSuffix(name, after)), Message: "is required"}
	}
	if m, ok := e.Value.(map[string]any); ok && e.Message == validation.MsgUnexpectedProperty {
		pointer = pointerToMember(e.Location, m)
	}
	return fault.Field{Pointer: pointer, Message: message}
}

var bracketed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[([0-9]+)\]`) })

// pointerOf makes a JSON pointer of a location such as body.items[3].name or
// query.limit.
func pointerOf(location string) string {
	location = bracketed().ReplaceAllString(location, ".$1")
	pointer := ""
	for name := range strings.SplitSeq(location, ".") {
		pointer += "/" + schema.Escape(name)
	}
	return strings.TrimPrefix(pointer, "/body")
}

// pointerToMember is pointerOf where the location ends in the name of a member that
// the client made up, which may hold dots and brackets.
func pointerToMember(location string, members map[string]any) string {
	longest := ""
	for name := range members {
		if strings.HasSuffix(location, "."+name) && len(name) > len(longest) {
			longest = name
		}
	}
	if longest == "" {
		return pointerOf(location)
	}
	return pointerOf(strings.TrimSuffix(location, "."+longest)) + "/" + schema.Escape(longest)
}
