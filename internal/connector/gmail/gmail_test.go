package gmail_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/gmail"
	"switchboard/internal/fault"
)

var sent = connectortest.Answer(connector.ExampleResponse{Body: `{"id": "m1", "threadId": "t1"}`})

// send gives the message that reached Gmail, read by what did not write it.
func send(t *testing.T, config map[string]any) (m *mail.Message, thread string) {
	t.Helper()
	e := connectortest.Setup{Action: "send_email", Config: config}.Run(t, gmail.New(), sent)
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	var body struct{ Raw, ThreadID string }
	if err := json.Unmarshal([]byte(e.Sent[0].Body), &body); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.URLEncoding.DecodeString(body.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 998 || strings.Contains(line, "\n") {
			t.Errorf("a line of %d bytes: %.80q", len(line), line)
		}
	}
	if m, err = mail.ReadMessage(strings.NewReader(string(raw))); err != nil {
		t.Fatal(err)
	}
	return m, body.ThreadID
}

func TestMessage(t *testing.T) {
	t.Run("HTMLWithAFile", func(t *testing.T) {
		m, _ := send(t, map[string]any{
			"to": "ann@example.org", "subject": "Grüße", "body": "<p>Hi <b>Ann</b></p>", "body_type": "html",
			"attachments": []any{map[string]any{"filename": "Rechnung ü.txt", "content_type": "text/plain", "content_base64": "VG90YWw6IDQyCg=="}},
		})
		if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || subject != "Grüße" {
			t.Errorf("subject = %q, %v", subject, err)
		}
		kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/mixed" {
			t.Fatalf("content type = %s, %v", kind, err)
		}
		var kinds, files []string
		for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
			part, err := parts.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
			kinds, files = append(kinds, kind), append(files, part.FileName())
		}
		if got := strings.Join(kinds, " "); got != "multipart/alternative text/plain" || files[1] != "Rechnung ü.txt" {
			t.Errorf("parts = %s with files %q", got, files)
		}
	})
	t.Run("Answer", func(t *testing.T) {
		m, thread := send(t, map[string]any{
			"to": "ann@example.org", "subject": "Re: Hi", "body": "Yes.", "thread_id": "18c2f0a1b2c3d4e5",
			"in_reply_to": "b@mail.example.org", "references": []any{"<a@mail.example.org>", "b@mail.example.org"},
		})
		if thread != "18c2f0a1b2c3d4e5" || m.Header.Get("In-Reply-To") != "<b@mail.example.org>" || m.Header.Get("References") != "<a@mail.example.org> <b@mail.example.org>" {
			t.Errorf("thread %s, header %v", thread, m.Header)
		}
	})
	t.Run("AnswerWithoutAChain", func(t *testing.T) {
		m, _ := send(t, map[string]any{"to": "ann@example.org", "subject": "Re: Hi", "body": "Yes.", "in_reply_to": "<b@mail.example.org>"})
		if m.Header.Get("References") != "<b@mail.example.org>" {
			t.Errorf("references = %q", m.Header.Get("References"))
		}
	})
	t.Run("ManyRecipients", func(t *testing.T) {
		var many []any
		for range 60 {
			many = append(many, "Somebody With A Long Name <somebody.with.a.long.address@department.example.org>")
		}
		m, _ := send(t, map[string]any{"to": "ann@example.org", "bcc": many, "subject": "Hi", "body": "Hi"})
		if list, err := m.Header.AddressList("Bcc"); err != nil || len(list) != len(many) {
			t.Errorf("%d in Bcc, %v", len(list), err)
		}
		if m.Header.Get("From") != "" {
			t.Errorf("From = %q; Gmail puts in that of the mailbox", m.Header.Get("From"))
		}
	})
	t.Run("ErrAddress", func(t *testing.T) {
		e := connectortest.Setup{Action: "send_email", Config: map[string]any{"to": "ann@", "subject": "Hi", "body": "Hi"}}.Run(t, gmail.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: `"ann@" is not an email address...`, Pointer: "/to"}.Check(t, e.Err)
	})
}

// A message that is too long for JSON is uploaded as it stands, with the thread in
// a part of its own, as https://developers.google.com/workspace/gmail/api/guides/uploads says.
func TestUpload(t *testing.T) {
	content := make([]byte, 9<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content) // never fails
	tests := map[string]struct{ thread, about string }{
		"NewConversation": {"", `{}`},
		"Answer":          {"18c2f0a1b2c3d4e5", `{"threadId":"18c2f0a1b2c3d4e5"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{
				"to": "ann@example.org", "subject": "Plans", "body": "Here they are.",
				"attachments": []any{map[string]any{"filename": "plans.bin", "content_base64": base64.StdEncoding.EncodeToString(content)}},
			}
			if tt.thread != "" {
				config["thread_id"] = tt.thread
			}
			e := connectortest.Setup{Action: "send_email", Config: config}.Run(t, gmail.New(), sent)
			if e.Err != nil || e.Output["id"] != "m1" || len(e.Sent) != 1 {
				t.Fatalf("output = %v, error = %v, %d calls", e.Output, e.Err, len(e.Sent))
			}
			if s := e.Sent[0]; s.Method != http.MethodPost || s.Target != "/upload/gmail/v1/users/me/messages/send?uploadType=multipart" {
				t.Errorf("sent %s %s", s.Method, s.Target)
			}
			kind, parameters, err := mime.ParseMediaType(e.Sent[0].Header.Get("Content-Type"))
			if err != nil || kind != "multipart/related" {
				t.Fatalf("content type = %s, %v", kind, err)
			}
			parts := multipart.NewReader(strings.NewReader(e.Sent[0].Body), parameters["boundary"])
			about, kind := next(t, parts)
			if kind != "application/json" || string(about) != tt.about {
				t.Errorf("the first part is %s: %s", kind, about)
			}
			raw, kind := next(t, parts)
			m, err := mail.ReadMessage(bytes.NewReader(raw))
			if err != nil || kind != "message/rfc822" || m.Header.Get("To") != "<ann@example.org>" {
				t.Fatalf("the second part is %s, read with %v", kind, err)
			}
			_, parameters, err = mime.ParseMediaType(m.Header.Get("Content-Type"))
			if err != nil {
				t.Fatal(err)
			}
			letters := multipart.NewReader(m.Body, parameters["boundary"])
			next(t, letters)
			file, _ := next(t, letters)
			decoded, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(file)))
			if err != nil || !bytes.Equal(decoded, content) {
				t.Errorf("%d of %d bytes arrived, %v", len(decoded), len(content), err)
			}
		})
	}
}

// next reads a part to its end.
func next(t *testing.T, parts *multipart.Reader) (content []byte, mediaType string) {
	t.Helper()
	part, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if content, err = io.ReadAll(part); err != nil {
		t.Fatal(err)
	}
	mediaType, _, err = mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	return content, mediaType
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		code   fault.Code
		hint   string
		wait   time.Duration
	}{
		"MissingScope":  {403, `{"error": {"code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}`, fault.AuthFailed, "asks for the missing permission", 0},
		"ServiceOff":    {403, `{"error": {"code": 403, "message": "Gmail API has not been used in project 1 before or it is disabled.", "errors": [{"reason": "accessNotConfigured"}], "status": "PERMISSION_DENIED"}}`, fault.AuthFailed, "Turn this API on", 0},
		"RateLimited":   {403, `{"error": {"code": 403, "message": "User Rate Limit Exceeded", "errors": [{"reason": "userRateLimitExceeded"}]}}`, fault.RateLimited, "limits", 0},
		"DailyLimit":    {429, `{"error": {"code": 429, "message": "User-rate limit exceeded.  Retry after 2026-01-02T04:00:00.000Z (Mail sending)", "status": "RESOURCE_EXHAUSTED"}}`, fault.RateLimited, "500 messages", time.Hour - 5*time.Minute},
		"AskedToWait":   {429, `{"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}]}}`, fault.RateLimited, "made too many calls", 12500 * time.Millisecond},
		"NoMailbox":     {400, `{"error": {"code": 400, "message": "Mail service not enabled", "status": "FAILED_PRECONDITION"}}`, fault.AuthFailed, "no mailbox", 0},
		"UnknownThread": {404, `{"error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}}`, fault.ServiceNotFound, "Check the thread", 0},
		"Revoked":       {401, `{"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}}`, fault.AuthFailed, "Reconnect", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: "send_email", Config: map[string]any{"to": "ann@example.org", "subject": "Hi", "body": "Hi"}}.
				Run(t, gmail.New(), connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body, Header: map[string]string{"Date": "Fri, 02 Jan 2026 03:05:00 GMT"}}))
			if f := fault.Of(e.Err); f.Code != tt.code || !strings.Contains(f.Hint, tt.hint) || f.RetryAfter != tt.wait {
				t.Errorf("error = %v, hint %q, wait %s, want %s with %q and %s", e.Err, f.Hint, f.RetryAfter, tt.code, tt.hint, tt.wait)
			}
		})
	}
}
