package smtp_test

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
)

// TestConversationBreaks lets the connection end, or the server misbehave, at
// every point of a conversation.
func TestConversationBreaks(t *testing.T) {
	starttls, tls := map[string]any{"security": "starttls"}, map[string]any{"security": "tls"}
	signIn := map[string]any{"username": user, "password": pass}
	tests := map[string]struct {
		script  func(p *peer)
		body    string
		account map[string]any
		want    wantFault
	}{
		"BeforeGreeting": {
			script: func(*peer) {},
			want:   wantFault{code: fault.ServiceUnavailable, says: "waiting for the greeting", hints: "choose security tls"},
		},
		"NotAMailServer": {
			script: func(p *peer) { p.say("HTTP/1.1 400 Bad Request"); p.hear() },
			want:   wantFault{code: fault.BadResponse, says: "does not speak as a mail server", hints: "port"},
		},
		"GreetingRefuses": {
			script: func(p *peer) { p.say("554-\x1b[31mno\x07", "554 mail\x00 from here"); p.hear() },
			want:   wantFault{code: fault.InvalidInput, says: "554 [31mno mail from here", hints: "host"},
		},
		"GreetingBusy": {
			script: func(p *peer) { p.say("421 too busy"); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "421 too busy"},
		},
		"EndlessGreeting": {
			script: func(p *peer) { _, _ = io.Copy(p.Conn, endless(strings.Repeat("x", 4096))) },
			want:   wantFault{code: fault.BadResponse, says: "more than mail servers do"},
		},
		"EndlessLines": {
			script: func(p *peer) { _, _ = io.Copy(p.Conn, endless("220-hello\r\n")) },
			want:   wantFault{code: fault.BadResponse, says: "more than mail servers do"},
		},
		"AfterGreeting": {
			script: func(p *peer) { p.say("220 hello"); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "was lost"},
		},
		"TLSClosed": {
			script:  func(p *peer) { _, _ = p.lines.ReadByte() },
			account: tls, want: wantFault{code: fault.ServiceUnavailable, says: "setting up encryption"},
		},
		"StartTLSRefused": {
			script:  func(p *peer) { p.offerStartTLS(); p.say("454 not now"); p.hear() },
			account: starttls, want: wantFault{code: fault.ServiceUnavailable, says: "454 not now"},
		},
		"StartTLSAnsweredInText": {
			script: func(p *peer) {
				p.offerStartTLS()
				p.say("220 go ahead")
				_, _ = p.lines.ReadByte()
				p.say("220 but no TLS")
			},
			account: starttls, want: wantFault{code: fault.InvalidInput, says: "does not speak TLS", hints: "STARTTLS all the same"},
		},
		"SignInUnderWay": {
			script:  func(p *peer) { p.offerAuth(); p.hear() },
			account: signIn, want: wantFault{code: fault.ServiceUnavailable, says: "signing in"},
		},
		"SignInLater": {
			script:  func(p *peer) { p.offerAuth(); p.hear(); p.say("454 4.7.0 try later"); p.hear() },
			account: signIn, want: wantFault{code: fault.ServiceUnavailable, says: "454 4.7.0 try later"},
		},
		"SignInNotUnderstood": {
			script:  func(p *peer) { p.offerAuth(); p.hear(); p.say("501 cannot decode"); p.hear() },
			account: signIn, want: wantFault{code: fault.AuthFailed, says: "501 cannot decode"},
		},
		"PasswordInTheServersWords": {
			script:  func(p *peer) { p.offerAuth(); p.say("535 no: " + pass + " " + p.hear()); p.hear() },
			account: signIn, want: wantFault{code: fault.AuthFailed, says: "no: [redacted] AUTH PLAIN [redacted]"},
		},
		"PasswordInGarbage": {
			script:  func(p *peer) { p.offerAuth(); p.say(p.hear()); p.hear() },
			account: signIn, want: wantFault{code: fault.BadResponse},
		},
		"AfterSender": {
			script: func(p *peer) { p.greet(); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "naming the sender"},
		},
		"AfterRecipient": {
			script: func(p *peer) { p.greet(); p.hear(); p.say("250 ok"); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "naming a recipient"},
		},
		"AfterDATA": {
			script: func(p *peer) { p.upToDATA() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "sending the message"},
		},
		"DATARefused": {
			script: func(p *peer) { p.upToDATA(); p.say("554 no"); p.hear() },
			want:   wantFault{code: fault.InvalidInput, says: "554 no"},
		},
		"InTheMessage": { // closing with the rest unread resets the connection
			script: func(p *peer) { p.upToDATA(); p.say("354 go on"); p.hear() },
			body:   largeBody,
			want:   wantFault{code: fault.ServiceUnavailable, says: "sending the message"},
		},
		"AfterTheMessage": {
			script: func(p *peer) { p.take() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "waiting for the message to be accepted", hints: "may have been delivered", unsettled: true},
		},
		"GarbageAfterTheMessage": {
			script: func(p *peer) { p.take(); p.say("?!"); p.hear() },
			want:   wantFault{code: fault.BadResponse, hints: "may have been delivered", unsettled: true},
		},
		"NoAnswerAfterTheMessage": {
			script: func(p *peer) { p.take(); p.say("354 more"); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, hints: "may have been delivered", unsettled: true},
		},
		"ClosingAfterTheMessage": {
			script: func(p *peer) { p.take(); p.say("421 shutting down"); p.hear() },
			want:   wantFault{code: fault.ServiceUnavailable, says: "421 shutting down"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			port := startScript(t, test.script)
			data := account(port, anonymous)
			maps.Copy(data, test.account)
			out, err := send(t.Context(), t, smtp.New(), data, letter(map[string]any{"body": test.body}), onDial(func() {}))
			if err == nil {
				t.Fatalf("it succeeded with %v", out)
			}
			test.want.check(t, err)
		})
	}
}

// endless is a text that comes again and again.
type endless string

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

// TestContextEndsConversation stops a call at each point where a server may leave
// it hanging. The script says when the point is reached.
func TestContextEndsConversation(t *testing.T) {
	stages := map[string]struct {
		security  string
		script    func(p *peer)
		says      string
		body      string
		unsettled bool
	}{
		"Greeting":     {security: "none", script: func(*peer) {}, says: "waiting for the greeting"},
		"TLS":          {security: "tls", script: func(p *peer) { _, _ = p.lines.ReadByte() }, says: "setting up encryption"},
		"Hello":        {security: "none", script: func(p *peer) { p.say("220 hello"); p.hear() }, says: "waiting for the greeting"},
		"StartTLS":     {security: "starttls", script: func(p *peer) { p.offerStartTLS(); p.say("220 go ahead"); _, _ = p.lines.ReadByte() }, says: "setting up encryption"},
		"Sender":       {security: "none", script: func(p *peer) { p.greet(); p.hear() }, says: "naming the sender"},
		"Recipient":    {security: "none", script: func(p *peer) { p.greet(); p.hear(); p.say("250 ok"); p.hear() }, says: "naming a recipient"},
		"DATA":         {security: "none", script: func(p *peer) { p.upToDATA() }, says: "sending the message"},
		"Message":      {security: "none", script: func(p *peer) { p.upToDATA(); p.say("354 go on"); p.hear() }, body: largeBody, says: "sending the message"},
		"MessageTaken": {security: "none", script: func(p *peer) { p.take() }, says: "waiting for the message to be accepted", unsettled: true},
	}
	for name, stage := range stages {
		for _, how := range []string{"stopped", "in time"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				reached := make(chan struct{}, 1)
				var last string
				read := make(chan struct{})
				port := startScript(t, func(p *peer) {
					stage.script(p)
					reached <- struct{}{}
					rest, _ := io.ReadAll(p.lines)
					last = string(rest)
					close(read)
				})
				ctx, end := endable(t, how)
				defer end()
				dialled := make(chan struct{}) // a server sees a connection before the client does
				go func() {
					<-reached
					<-dialled
					end()
				}()
				_, err := send(ctx, t, smtp.New(), account(port, map[string]any{"username": nil, "password": nil, "security": stage.security}), letter(map[string]any{"body": stage.body}), onDial(func() { close(dialled) }))
				wantFault{code: fault.ServiceUnavailable, says: stage.says, unsettled: stage.unsettled}.check(t, err)
				wantFault{code: fault.ServiceUnavailable, says: how, unsettled: stage.unsettled}.check(t, err)
				<-read
				if !stage.unsettled && (strings.HasSuffix(last, "\r\n.\r\n") || strings.Contains(last, "QUIT")) {
					t.Errorf("the call ended the message when it was stopped: ...%q", last[max(0, len(last)-40):])
				}
			})
		}
	}
}

// endable gives a context that end ends, by cancelling or as if its time were up.
func endable(t testing.TB, how string) (ctx context.Context, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if how == "stopped" {
		return ctx, cancel
	}
	timed := &timedContext{Context: ctx}
	return timed, cancel
}

// timedContext reports its end as a deadline that passed, at a moment of the test's choosing.
type timedContext struct{ context.Context }

// Value hides the context within, whose end is of another kind.
func (*timedContext) Value(any) any { return nil }

func (c *timedContext) Err() error {
	if c.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestGoodbyeDecidesNothing(t *testing.T) {
	port := startScript(t, func(p *peer) { p.take(); p.say("250 taken"); p.hear() }) // hangs up instead of answering QUIT
	out, err := send(t.Context(), t, smtp.New(), account(port, anonymous), letter(nil))
	if err != nil {
		t.Fatal(err)
	}
	if accepted, _ := out["accepted"].([]any); !slices.Equal(accepted, []any{"ann@example.org"}) {
		t.Errorf("output = %v, want ann@example.org accepted", out)
	}
}
