package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/fault"
)

const mediaPage = "text/html; charset=utf-8"

//go:embed approval.html
var approvalHTML string

//go:embed approval.css
var approvalCSS string

//go:embed approval.js
var approvalJS string

// linkPage is the page at an approval's link. Its style and its script, which only
// shows times in the visitor's zone, are known to its policy by their hashes; the form
// leads to the page's own address.
var linkPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("approval").Funcs(template.FuncMap{
		"when":  func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).Parse(approvalHTML))
})

var pagePolicy = sync.OnceValue(func() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(approvalCSS) + "; script-src " + hash(approvalJS) +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
})

// pageData is what the page shows.
type pageData struct {
	Style      template.CSS
	Script     template.JS
	Approval   approval.Approval
	Shown      bool // there is an approval to show
	Waiting    bool
	Thanks     bool // the visitor has just answered
	Answered   bool // somebody has
	Late       bool // somebody has, before the visitor did, and not with the same answer
	Approved   bool
	Stored     bool // the answer is, but the workflow does not have it yet
	Refused    bool // the approval may still be answered, but not so
	Problem    string
	Hint       string
	MaxComment int
}

// approvalPage shows an approval, or what is wrong. A problem is noted for the log, as
// problemOf does.
func approvalPage(ctx context.Context, in *linkRequest, a approval.Approval, err error) (*linkAnswered, error) {
	out := &linkAnswered{Status: http.StatusOK, ContentType: mediaPage, Policy: pagePolicy()}
	data := pageData{
		Style: template.CSS(approvalCSS), Script: template.JS(approvalJS), Approval: a, MaxComment: approval.MaxComment, //nolint:gosec // it is our own file
		Shown: a.ID != "", Waiting: err == nil && a.State == approval.Waiting, Approved: a.State == approval.Approved,
		Answered: a.State == approval.Approved || a.State == approval.Rejected,
	}
	data.Thanks = err == nil && in.request.Method == http.MethodPost
	if err != nil {
		p := problemOf(ctx, err)
		out.Status, data.Problem, data.Hint = p.body.Status, p.body.Detail, p.body.Hint
		if len(p.body.Errors) > 0 {
			data.Problem += " " + p.body.Errors[0].Message + "."
		}
		switch fault.Of(err).Code {
		case fault.NotFound: // whose approval it is, is not for somebody to whom there is none
			data.Shown, data.Answered = false, false
		case fault.AlreadyAnswered:
			// A page that is loaded again sends its form again: that very answer is the one that counts.
			again, unread := in.answer()
			data.Late = unread != nil || again.Decision != a.State || again.Comment != a.Comment
		case fault.Gone, fault.TooManyRequests:
		case fault.Unavailable:
			data.Stored, data.Refused = data.Answered, !data.Answered
		default:
			data.Refused = true
		}
	}
	var body bytes.Buffer
	if err := linkPage().Execute(&body, data); err != nil {
		return nil, fmt.Errorf("writing the page of an approval: %w", err)
	}
	out.Body = body.Bytes()
	return out, nil
}
