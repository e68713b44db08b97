package smtp_test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// letterRead is a message as a mail program shows it.
type letterRead struct {
	Header map[string]string
	Text   string
	HTML   string
	Files  map[string]string // name and type to content
}

// readLetter reads a message with the standard library, not with what wrote it.
func readLetter(t testing.TB, content string) letterRead {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatalf("the message can't be read: %v\n%s", err, content)
	}
	read := letterRead{Header: map[string]string{}, Files: map[string]string{}}
	for name, values := range m.Header {
		if read.Header[name], err = new(mime.WordDecoder).DecodeHeader(strings.Join(values, " | ")); err != nil {
			t.Errorf("header %s: %v", name, err)
		}
	}
	readPart(t, &read, map[string][]string(m.Header), m.Body)
	return read
}

func readPart(t testing.TB, into *letterRead, header map[string][]string, body io.Reader) {
	t.Helper()
	get := func(name string) string { return strings.Join(header[name], "") }
	media, parameters, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		t.Fatalf("content type %q: %v", get("Content-Type"), err)
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("part of %s: %v", media, err)
			}
			readPart(t, into, part.Header, part)
		}
	}
	decoded, err := io.ReadAll(decoder(get("Content-Transfer-Encoding"), body))
	if err != nil {
		t.Fatalf("body of %s: %v", media, err)
	}
	disposition, of, _ := mime.ParseMediaType(get("Content-Disposition"))
	switch {
	case disposition == "attachment":
		into.Files[of["filename"]+" "+media] = string(decoded)
	case media == "text/html":
		into.HTML = string(decoded)
	default:
		into.Text += string(decoded)
	}
}

func decoder(encoding string, body io.Reader) io.Reader {
	switch encoding {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	default:
		return body
	}
}

// checkLines asserts what RFC 5322 asks of every line.
func checkLines(t testing.TB, content string) {
	t.Helper()
	for i, line := range strings.Split(content, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has %d bytes or a bare line break: %.80q", i+1, len(line), line)
		}
	}
}
