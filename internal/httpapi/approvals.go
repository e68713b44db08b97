package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/account"
	"switchboard/internal/approval"
	"switchboard/internal/fault"
)

// Approvals serves the links at which people answer approvals, and the list of what
// waits. A link needs no login: its token is the proof. So the routes of links stand
// outside of /v1, and who calls is only asked where a bearer token is there.
type Approvals struct {
	Service      *approval.Service
	Authenticate func(ctx context.Context, bearer string) (account.Principal, error)
}

// maxAnswer is the largest answer's body, in bytes.
const maxAnswer = 16 << 10

const mediaForm = "application/x-www-form-urlencoded"

// Mount adds the routes.
func (a Approvals) Mount(api huma.API) {
	register(api, huma.Operation{
		OperationID: "list-approvals", Method: http.MethodGet, Path: "/v1/approvals", Tags: []string{"Approvals"},
		Summary:     "List the account's approvals, newest first",
		Description: "Those that wait have the url at which they are answered. A page may have fewer items than its limit while there is a next one.",
	}, a.list)
	l := links{Approvals: a, misses: newMisses(time.Now)}
	view := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[linkView](), true, "")
	answers := map[string]*huma.Response{"200": {
		Description: "The approval: a page for browsers, or JSON", Content: map[string]*huma.MediaType{mediaJSON: {Schema: view}, mediaPage: {}},
	}}
	mount(api, huma.Operation{
		OperationID: "get-approval", Method: http.MethodGet, Path: "/approvals/{token}", Tags: []string{"Approvals"},
		Summary:     "See an approval by its link",
		Description: "A page where Accept does not ask for JSON. Looking at it answers nothing. 410 `gone` once nobody can answer any more.",
		Responses:   answers, Errors: []int{http.StatusGone, http.StatusTooManyRequests},
	}, l.get)
	body := &huma.RequestBody{Content: map[string]*huma.MediaType{mediaJSON: {}, mediaForm: {}}}
	mount(api, huma.Operation{
		OperationID: "answer-approval", Method: http.MethodPost, Path: "/approvals/{token}", Tags: []string{"Approvals"},
		Summary:      "Answer an approval by its link",
		Description:  "One answer counts: a second one gets 409 `already_answered`. With a valid bearer token, too, the execution shows who answered; a login of another account is refused.",
		MaxBodyBytes: maxAnswer,
		RequestBody:  body,
		Responses:    answers,
		Errors: []int{
			http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
			http.StatusServiceUnavailable,
		},
	}, l.post)
	// Only described now: huma would read a body with a schema itself, and a form is none.
	body.Required = true
	body.Content[mediaJSON].Schema = api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[linkAnswer](), true, "")
}

type approvalView struct {
	ID         string         `json:"id" example:"apr_0198f2c4a1b27d3e8f90123456789abc"`
	Status     approval.State `json:"status" enum:"waiting,approved,rejected,timed_out,cancelled"`
	AgentID    string         `json:"agent_id"`
	WorkflowID string         `json:"workflow_id"`
	Workflow   string         `json:"workflow" doc:"The workflow's name"`
	Execution  string         `json:"execution_id"`
	Node       string         `json:"node" doc:"The node's id"`
	Iteration  string         `json:"iteration,omitempty" doc:"The item's index in every loop around the node, the outermost first"`
	Message    string         `json:"message" doc:"What is asked"`
	AskedAt    time.Time      `json:"asked_at"`
	ExpiresAt  time.Time      `json:"expires_at" doc:"When the port timed_out is taken"`
	AnsweredAt *time.Time     `json:"answered_at" doc:"null until somebody did"`
	AnsweredBy string         `json:"answered_by" doc:"Who answered; empty for somebody who only had the link"`
	Comment    string         `json:"comment"`
	URL        string         `json:"url,omitempty" doc:"Where it is answered, while it waits"`
}

func viewApproval(a approval.Shown) approvalView {
	return approvalView{
		ID: a.ID, Status: a.State, AgentID: a.Agent, WorkflowID: a.Workflow, Workflow: a.WorkflowName, Execution: a.Execution,
		Node: a.Node, Iteration: a.Iteration, Message: a.Message, AskedAt: a.AskedAt.UTC(), ExpiresAt: a.ExpiresAt.UTC(),
		AnsweredAt: moment(a.AnsweredAt), AnsweredBy: a.AnsweredBy, Comment: a.Comment, URL: a.URL,
	}
}

type approvalList struct {
	Status approval.State `query:"status" enum:"waiting,approved,rejected,timed_out,cancelled," doc:"Only approvals with this status; empty means all"`
	Agent  string         `query:"agent" doc:"Only those of this agent's workflows"`
	Paging
}

func (a Approvals) list(ctx context.Context, p account.Principal, in *approvalList) (*shown[listView[approvalView]], error) {
	approvals, err := a.Service.List(ctx, p, approval.Filter{Agent: in.Agent, State: in.Status}, in.query())
	if err != nil {
		return nil, err
	}
	return showPage(approvals, viewApproval), nil
}

// links serves single approvals to whoever has their link.
type links struct {
	Approvals
	misses *misses
}

// linkView is what somebody with the link may know.
type linkView struct {
	Status     approval.State  `json:"status" enum:"waiting,approved,rejected"`
	Workflow   string          `json:"workflow" doc:"The workflow's name"`
	Message    string          `json:"message" doc:"What is asked"`
	AskedAt    time.Time       `json:"asked_at"`
	ExpiresAt  time.Time       `json:"expires_at" doc:"Until when it can be answered"`
	Decision   *approval.State `json:"decision" doc:"approved or rejected; null until somebody decided"`
	AnsweredAt *time.Time      `json:"answered_at" doc:"null until somebody decided"`
}

func viewLink(a approval.Approval) linkView {
	v := linkView{
		Status: a.State, Workflow: a.WorkflowName, Message: a.Message, AskedAt: a.AskedAt.UTC(), ExpiresAt: a.ExpiresAt.UTC(),
		AnsweredAt: moment(a.AnsweredAt),
	}
	if a.State.Answered() {
		v.Decision = &a.State
	}
	return v
}

// linkAnswer is the body of an answer.
type linkAnswer struct {
	Decision string `json:"decision" enum:"approved,rejected"`
	Comment  string `json:"comment,omitempty" maxLength:"2000" doc:"Later steps can use it"`
}

type linkRequest struct {
	Token string `path:"token" doc:"The last part of the approval's URL"`

	request *http.Request
	body    []byte
}

// Resolve takes the request as it came.
func (in *linkRequest) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	if in.request.Method == http.MethodPost {
		in.body, _ = io.ReadAll(in.request.Body) // it is in memory
	}
	return nil
}

// isJSON says whether the body is.
func (in *linkRequest) isJSON() bool {
	mediaType, _, _ := mime.ParseMediaType(in.request.Header.Get("Content-Type"))
	return mediaType == mediaJSON || strings.HasSuffix(mediaType, "+json") || mediaType == "" && len(in.body) > 0
}

// forBrowser says whether the answer is a page.
func (in *linkRequest) forBrowser() bool {
	accept := in.request.Header.Get("Accept")
	if strings.Contains(accept, "text/html") {
		return true
	}
	return !strings.Contains(accept, "json") && !in.isJSON() && in.request.Header.Get("Authorization") == ""
}

// answered is an answer whose body is written here: huma would negotiate otherwise.
type linkAnswered struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

func (l links) get(ctx context.Context, in *linkRequest) (*linkAnswered, error) {
	return l.respond(ctx, in, func() (approval.Approval, error) { return l.Service.Find(ctx, in.Token) })
}

func (l links) post(ctx context.Context, in *linkRequest) (*linkAnswered, error) {
	return l.respond(ctx, in, func() (approval.Approval, error) {
		answer, err := in.answer()
		if err != nil {
			return approval.Approval{}, err
		}
		if answer.By, err = l.caller(ctx, in.request); err != nil {
			return approval.Approval{}, err
		}
		return l.Service.Answer(ctx, in.Token, answer)
	})
}

// caller is who holds the bearer token, where there is one that is valid.
func (l links) caller(ctx context.Context, r *http.Request) (*account.Principal, error) {
	token, ok := bearerToken(r.Header)
	if !ok {
		return nil, nil
	}
	p, err := l.Authenticate(ctx, token)
	if fault.Is(err, fault.Unauthorized) {
		return nil, nil // as somebody without a login: a token that has expired takes nothing from the link
	}
	if err != nil {
		return nil, err
	}
	traceOf(ctx).caller = p
	return &p, nil
}

// answer reads the body of an answer: JSON, or a form.
func (in *linkRequest) answer() (approval.Answer, error) {
	var a linkAnswer
	mediaType, _, _ := mime.ParseMediaType(in.request.Header.Get("Content-Type"))
	switch {
	case in.isJSON():
		if !json.Valid(in.body) {
			return approval.Answer{}, fault.New(fault.BadRequest, "The body is not valid JSON.")
		}
		if err := unmarshal(in.body, &a); err != nil {
			return approval.Answer{}, invalid("", err.Error())
		}
	case mediaType == mediaForm:
		form, err := url.ParseQuery(string(in.body))
		if err != nil {
			return approval.Answer{}, fault.New(fault.BadRequest, "The body is not a valid form.")
		}
		a.Decision, a.Comment = form.Get("decision"), strings.ReplaceAll(form.Get("comment"), "\r\n", "\n")
	default:
		return approval.Answer{}, fault.New(fault.UnsupportedMediaType, "The answer has to be JSON or a form.").
			WithHint("Send the header Content-Type: application/json.")
	}
	return approval.Answer{Decision: approval.State(a.Decision), Comment: a.Comment}, nil
}

// respond shows an approval, or what is wrong, as JSON or as a page.
func (l links) respond(ctx context.Context, in *linkRequest, find func() (approval.Approval, error)) (*linkAnswered, error) {
	a, err := find()
	if fault.Is(err, fault.NotFound) {
		err = cmp.Or(l.misses.add(addressOf(in.request)), err)
	}
	switch {
	case in.forBrowser():
		return approvalPage(ctx, in, a, err)
	case err != nil:
		return nil, err
	}
	body, err := json.Marshal(viewLink(a))
	if err != nil {
		return nil, errors.Join(errors.New("encoding an approval"), err)
	}
	return &linkAnswered{Status: http.StatusOK, ContentType: mediaJSON, Body: body}, nil
}

// addressOf is where a request comes from.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
