package smtp_test

import (
	"encoding/base64"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
	"switchboard/internal/template"
)

func TestSendEmailExamples(t *testing.T) {
	action, _ := smtp.New().Action("send_email")
	for _, example := range action.Examples {
		t.Run(example.Title, func(t *testing.T) {
			server := startMailServer(t, nil)
			out, err := send(t.Context(), t, smtp.New(), account(server.port, nil), example.Config)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(example.Output, map[string]any(out)); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			got := server.only(t).content
			if want := example.Request.Body; want != "" && got != want {
				t.Errorf("the server got (-want +got):\n%s", cmp.Diff(want, got))
			}
		})
	}
}

func TestSendEmailMessage(t *testing.T) {
	binary := string([]byte{0, 255, 13, 10, '.', 13, 10, 128})
	tests := map[string]struct {
		config   map[string]any
		account  map[string]any
		header   map[string]string // "" means that it must be absent
		text     string
		html     string
		files    map[string]string
		accepted []any
	}{
		"Plain": {
			header: map[string]string{
				"From": `"Example Alerts" <alerts@example.com>`, "To": "<ann@example.org>", "Subject": "Hello", "Cc": "", "Bcc": "", "Reply-To": "",
				"Date": "Fri, 02 Jan 2026 03:04:05 +0000", "Message-Id": "<" + connectortest.Key + "@example.com>", "User-Agent": "", "X-Mailer": "",
			},
			text: "Hello Ann", accepted: []any{"ann@example.org"},
		},
		"EveryKindOfRecipient": {
			config: map[string]any{
				"to": "Ann Lee <ann@example.org>, bob@example.org", "cc": []any{"Zoë <zoe@example.org>", "  "}, "bcc": []any{"hidden@example.org"},
				"reply_to": `"Desk, Help" <desk@example.com>`,
			},
			header: map[string]string{
				"To": `"Ann Lee" <ann@example.org>, <bob@example.org>`, "Cc": "Zoë <zoe@example.org>", "Bcc": "", "Reply-To": `"Desk, Help" <desk@example.com>`,
			},
			text: "Hello Ann", accepted: []any{"ann@example.org", "bob@example.org", "zoe@example.org", "hidden@example.org"},
		},
		"NobodyGetsItTwice": {
			config: map[string]any{"to": []any{"ann@example.org", "ann@EXAMPLE.org"}, "cc": "ann@example.org", "bcc": "Ann@example.org"},
			text:   "Hello Ann", accepted: []any{"ann@example.org", "Ann@example.org"},
		},
		"InternationalDomain": {
			config: map[string]any{"to": "jörg <info@bücher.example>"},
			header: map[string]string{"To": "jörg <info@xn--bcher-kva.example>"},
			text:   "Hello Ann", accepted: []any{"info@xn--bcher-kva.example"},
		},
		"QuotedLocalPart": {
			config: map[string]any{"to": `"a b"@example.org`},
			header: map[string]string{"To": `<"a b"@example.org>`},
			text:   "Hello Ann", accepted: []any{"a b@example.org"},
		},
		"FromIsTheUserName": {
			account: map[string]any{"from": nil},
			header:  map[string]string{"From": "<alerts@example.com>"},
			text:    "Hello Ann", accepted: []any{"ann@example.org"},
		},
		"NotOnlyASCII": {
			config: map[string]any{"subject": "Größe: 5 € – 試験 " + strings.Repeat("ü", 120), "body": "Zoë ✓\n試験"},
			header: map[string]string{"Subject": "Größe: 5 € – 試験 " + strings.Repeat("ü", 120)},
			text:   "Zoë ✓\r\n試験", accepted: []any{"ann@example.org"},
		},
		"LongLinesAndDots": {
			config: map[string]any{"body": strings.Repeat("x", 3000) + "\n.\n..\n.end\r\n" + strings.Repeat("word ", 500) + "\n"},
			text:   strings.Repeat("x", 3000) + "\r\n.\r\n..\r\n.end\r\n" + strings.Repeat("word ", 500) + "\r\n", accepted: []any{"ann@example.org"},
		},
		"LongSubject": {
			config: map[string]any{"subject": strings.Repeat("word ", 100) + strings.Repeat("y", 300)},
			header: map[string]string{"Subject": strings.Repeat("word ", 100) + strings.Repeat("y", 300)},
			text:   "Hello Ann", accepted: []any{"ann@example.org"},
		},
		"EmptyBody": {config: map[string]any{"body": ""}, accepted: []any{"ann@example.org"}},
		"HTMLComesWithItsText": {
			config: map[string]any{"body_type": "html", "body": "<h1>Größe</h1><p>Read <a href='https://example.com/x'>this</a>.</p>"},
			html:   "<h1>Größe</h1><p>Read <a href='https://example.com/x'>this</a>.</p>", text: "Größe\r\n\r\nRead this (https://example.com/x).",
			accepted: []any{"ann@example.org"},
		},
		"Attachments": {
			config: map[string]any{"body_type": "html", "body": "<p>See files</p>", "attachments": []any{
				map[string]any{"filename": `a "b" c.bin`, "content_base64": base64.StdEncoding.EncodeToString([]byte(binary))},
				map[string]any{"filename": "Größe 試験.txt", "content_type": "text/plain; charset=utf-8", "content_base64": base64.RawURLEncoding.EncodeToString([]byte("Zoë>?\n"))},
				map[string]any{"filename": "x.pdf", "content_base64": "JVBERi0x\nLjcK\n"},
				map[string]any{"filename": "mail.eml", "content_base64": "QQ=="},
			}},
			html: "<p>See files</p>", text: "See files",
			files: map[string]string{
				`a "b" c.bin application/octet-stream`: binary, "Größe 試験.txt text/plain": "Zoë>?\n", "x.pdf application/pdf": "%PDF-1.7\n",
				"mail.eml application/octet-stream": "A",
			},
			accepted: []any{"ann@example.org"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startMailServer(t, nil)
			out, err := send(t.Context(), t, smtp.New(), account(server.port, test.account), letter(test.config))
			if err != nil {
				t.Fatal(err)
			}
			delivered := server.only(t)
			if diff := cmp.Diff(test.accepted, out["accepted"]); diff != "" {
				t.Errorf("accepted (-want +got):\n%s", diff)
			}
			if got := anys(delivered.to); !cmp.Equal(got, test.accepted) && name != "QuotedLocalPart" {
				t.Errorf("the envelope names %v, want %v", got, test.accepted)
			}
			read := readLetter(t, delivered.content)
			for header, want := range test.header {
				if got := read.Header[header]; got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
			if test.files == nil {
				test.files = map[string]string{}
			}
			// A message ends with a line break, whether or not its body does.
			read.Text, test.text = strings.TrimSuffix(read.Text, "\r\n"), strings.TrimSuffix(test.text, "\r\n")
			want := letterRead{Text: test.text, HTML: test.html, Files: test.files}
			read.Header = nil
			if diff := cmp.Diff(want, read); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			checkLines(t, delivered.content)
		})
	}
}

func TestSendEmailSameMessageIDInEveryAttempt(t *testing.T) {
	server := startMailServer(t, nil)
	var ids []any
	for range 2 {
		out, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(nil))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, out["message_id"])
	}
	if ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("the attempts have the ids %v, want one that is the same", ids)
	}
}

func TestSendEmailBadInput(t *testing.T) {
	tests := map[string]struct {
		config  map[string]any
		account map[string]any
		want    wantFault
	}{
		"NoAddressLeft": {config: map[string]any{"to": " , "}, want: wantFault{code: fault.InvalidInput, says: "no address", pointers: []string{"/to"}}},
		"EachBadAddressIsNamed": {
			config: map[string]any{"to": []any{"ann@example.org, bob@@example.org", "carol"}, "cc": "dave@", "reply_to": "@example.org"},
			want:   wantFault{code: fault.InvalidInput, says: `"carol" is not an email address`, hints: "name@example.com", pointers: []string{"/to/0", "/to/1", "/cc", "/reply_to"}},
		},
		"NameWithComma":        {config: map[string]any{"to": "Lee, Ann <ann@example.org>"}, want: wantFault{code: fault.InvalidInput, says: `"Lee"`, hints: "quotes"}},
		"LineBreakInAddress":   {config: map[string]any{"to": "ann@example.org\r\nBcc: eve@example.org"}, want: wantFault{code: fault.InvalidInput, says: "line break", pointers: []string{"/to"}}},
		"LineBreakInName":      {config: map[string]any{"to": "\"Ann\nBcc: eve@example.org\" <ann@example.org>"}, want: wantFault{code: fault.InvalidInput, says: "line break"}},
		"HiddenLineBreak":      {config: map[string]any{"cc": "=?utf-8?b?QW5uDQpCY2M6IGV2ZUBleGFtcGxlLm9yZw==?= <ann@example.org>"}, want: wantFault{code: fault.InvalidInput, says: "hides a line break", pointers: []string{"/cc"}}},
		"CommandInAddress":     {config: map[string]any{"to": "<ann@example.org> NOTIFY=NEVER"}, want: wantFault{code: fault.InvalidInput, says: "not an email address"}},
		"LineBreakInSubject":   {config: map[string]any{"subject": "Hello\r\nBcc: eve@example.org"}, want: wantFault{code: fault.InvalidInput, says: "line break", pointers: []string{"/subject"}}},
		"BadDomain":            {config: map[string]any{"to": "ann@exa_mple..org"}, want: wantFault{code: fault.InvalidInput, says: "ann@exa_mple..org"}},
		"AddressTooLong":       {config: map[string]any{"to": strings.Repeat("a", 250) + "@example.org"}, want: wantFault{code: fault.InvalidInput, says: "longer than 254"}},
		"NotBase64":            {config: file("a.txt", "text/plain", "no base64!"), want: wantFault{code: fault.InvalidInput, says: "a.txt is not base64", pointers: []string{"/attachments/0/content_base64"}}},
		"DataURL":              {config: file("a.txt", "", "data:text/plain;base64,QQ=="), want: wantFault{code: fault.InvalidInput, hints: "data: prefix"}},
		"ContentTypeNotAType":  {config: file("a.txt", "text", "QQ=="), want: wantFault{code: fault.InvalidInput, says: "content type", pointers: []string{"/attachments/0/content_type"}}},
		"ContentTypeLineBreak": {config: file("a.txt", "text/plain\r\nX-Evil: 1", "QQ=="), want: wantFault{code: fault.InvalidInput, says: "content type"}},
		"ContentTypeOfMessage": {config: file("a.eml", "message/rfc822", "QQ=="), want: wantFault{code: fault.InvalidInput, says: "message part"}},
		"FileNameLineBreak":    {config: file("a\r\nX-Evil: 1", "", "QQ=="), want: wantFault{code: fault.InvalidInput, says: "file name of attachment 1", pointers: []string{"/attachments/0/filename"}}},
		"TooLarge": {
			config: file("a.bin", "", base64.StdEncoding.EncodeToString(make([]byte, 10<<20+1))),
			want:   wantFault{code: fault.InvalidInput, says: "at most 10 MB", hints: "link", pointers: []string{"/attachments"}},
		},
		"NoSender":  {account: map[string]any{"from": nil, "username": nil, "password": nil}, want: wantFault{code: fault.InvalidInput, says: "no sender", hints: "From"}},
		"BadSender": {account: map[string]any{"from": "Alerts"}, want: wantFault{code: fault.InvalidInput, says: `"Alerts"`, hints: "From"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startMailServer(t, nil)
			_, err := send(t.Context(), t, smtp.New(), account(server.port, test.account), letter(test.config))
			test.want.check(t, err)
			if connections, _, _ := server.seen(); connections > 0 {
				t.Error("the server was connected to although the input is bad")
			}
		})
	}
}

func TestSendEmailLargestAttachment(t *testing.T) {
	server := startMailServer(t, nil)
	encoded := base64.StdEncoding.EncodeToString(make([]byte, 10<<20))
	if _, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(file("big.bin", "", encoded))); err != nil {
		t.Fatal(err)
	}
	if got := len(server.only(t).content); got < len(encoded) {
		t.Errorf("%d bytes arrived, want more than the %d of the file", got, len(encoded))
	}
}

func TestBodyIsEscapedByItsType(t *testing.T) {
	action, _ := smtp.New().Action("send_email")
	body, _ := action.Input.Lookup("body")
	for bodyType, want := range map[any]template.Target{"html": template.TargetHTML, "text": template.TargetText, nil: template.TargetText} {
		if got := body.Target(map[string]any{"body_type": bodyType}); got != want {
			t.Errorf("with body_type %v the body is escaped as %q, want %q", bodyType, got, want)
		}
	}
}

func TestSendEmailUTF8Address(t *testing.T) {
	config := map[string]any{"to": "zoë@example.org"}
	t.Run("OK", func(t *testing.T) {
		server := startMailServer(t, func(s *mailServer) { s.EnableSMTPUTF8 = true })
		if _, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(config)); err != nil {
			t.Fatal(err)
		}
		if got := server.only(t); !got.utf8 || !slices.Equal(got.to, []string{"zoë@example.org"}) {
			t.Errorf("envelope = %+v, want zoë@example.org with SMTPUTF8", got)
		}
	})
	t.Run("NotAskedForWithoutNeed", func(t *testing.T) {
		server := startMailServer(t, func(s *mailServer) { s.EnableSMTPUTF8 = true })
		if _, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(nil)); err != nil {
			t.Fatal(err)
		}
		if server.only(t).utf8 {
			t.Error("SMTPUTF8 was asked for, which relays on the way may not know")
		}
	})
	t.Run("ErrServerTakesOnlyASCII", func(t *testing.T) {
		server := startMailServer(t, nil)
		_, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(config))
		wantFault{code: fault.InvalidInput, says: "only ASCII", hints: "SMTPUTF8", pointers: []string{"/to"}}.check(t, err)
	})
}

func FuzzSendEmailMessage(f *testing.F) {
	f.Add("Hello", "Hello Ann\n.\n", "Ann", false)
	f.Add("Größe =?utf-8?q?x?= ", "<p>a\rb</p>\x00", `A"nn\`, true)
	f.Add(strings.Repeat("é ", 300), "\u2028. \n\n", "试验,<>", false)
	server := startMailServer(f, nil)
	seen := 0
	f.Fuzz(func(t *testing.T, subject, body, name string, html bool) {
		if subject = strings.ToValidUTF8(subject, "?"); len(subject) > 900 {
			t.Skip("the field takes at most 900 characters")
		}
		config := letter(map[string]any{"subject": "s" + subject, "body": strings.ToValidUTF8(body, "?"), "to": (&mail.Address{Name: strings.ToValidUTF8(name, "?"), Address: "ann@example.org"}).String()})
		if html {
			config["body_type"] = "html"
		}
		if _, err := send(t.Context(), t, smtp.New(), account(server.port, nil), config); err != nil {
			wantFault{code: fault.InvalidInput}.check(t, err)
			return
		}
		_, _, delivered := server.seen()
		if len(delivered) != seen+1 {
			t.Fatalf("%d messages were delivered, want 1", len(delivered)-seen)
		}
		seen++
		content := delivered[seen-1].content
		checkLines(t, content)
		read := readLetter(t, content)
		if got := read.Header["Subject"]; strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields("s"+subject), " ") {
			t.Errorf("subject = %q, want %q", got, "s"+subject)
		}
		if want := slices.Sorted(maps.Keys(read.Header)); slices.Contains(want, "Bcc") {
			t.Errorf("headers = %v, want no Bcc", want)
		}
		got := read.Text
		if html {
			got = read.HTML
		}
		if want := lineBreaks.Replace(config["body"].(string)); strings.TrimSuffix(lineBreaks.Replace(got), "\n") != strings.TrimSuffix(want, "\n") {
			t.Errorf("body = %q, want %q", got, want)
		}
	})
}

// lineBreaks makes all line breaks alike.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func BenchmarkSendEmail(b *testing.B) {
	server := startMailServer(b, nil)
	for b.Loop() {
		if _, err := send(b.Context(), b, smtp.New(), account(server.port, nil), letter(nil)); err != nil {
			b.Fatal(err)
		}
	}
}

func file(name, contentType, content string) map[string]any {
	return map[string]any{"attachments": []any{map[string]any{"filename": name, "content_type": contentType, "content_base64": content}}}
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
