package httpconnector

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"mime"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"

	"switchboard/internal/schema"
)

// The members of a field of a multipart form that is a file.
const (
	partContent     = "content_base64"
	partText        = "text"
	partFilename    = "filename"
	partContentType = "content_type"
)

// part is one part of a multipart form (RFC 7578).
type part struct {
	name, filename, contentType string
	content                     []byte
}

// encodeMultipart writes an object of fields as multipart/form-data. A field is a
// text, a number or a boolean; an object with the content of a file; or a list of
// them, which become parts of one name.
//
// The boundary is made from the content: the same step sends the same bytes when
// it is tried again, as services with idempotency keys ask for, and no content can
// hold its own boundary.
func encodeMultipart(value any) (body []byte, contentType string, err error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, "", wrongBody("The body of a multipart form has to be an object of its fields.", `Write it as {"name": "value", "file": {"filename": "a.txt", "content_base64": "..."}}.`)
	}
	parts, err := readParts(fields)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%q %q %q %d\n", p.name, p.filename, p.contentType, len(p.content))
		sum.Write(p.content)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(hex.EncodeToString(sum.Sum(nil))[:48]); err != nil {
		return nil, "", fmt.Errorf("writing multipart form: %w", err)
	}
	for _, p := range parts {
		out, err := w.CreatePart(p.header())
		if err != nil {
			return nil, "", fmt.Errorf("writing multipart form: %w", err)
		}
		if _, err := out.Write(p.content); err != nil {
			return nil, "", fmt.Errorf("writing multipart form: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("writing multipart form: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

func readParts(fields map[string]any) ([]part, error) {
	var parts []part
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		list, ok := fields[name].([]any)
		if !ok {
			list = []any{fields[name]}
		}
		for _, value := range list {
			if value == nil {
				continue
			}
			p, err := readPart(name, value)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
	}
	return parts, nil
}

func readPart(name string, value any) (part, error) {
	p := part{name: name}
	wrong := func(message, hint string) (part, error) {
		return p, wrongPart(name, fmt.Sprintf("The field %s of the form %s", name, message), hint)
	}
	file, ok := value.(map[string]any)
	if !ok {
		if _, isList := value.([]any); isList {
			return wrong("holds a list in a list.", "Several parts of one name are one list.")
		}
		p.content = []byte(scalar(value))
		return p, nil
	}
	for _, member := range slices.Sorted(maps.Keys(file)) {
		text, isText := file[member].(string)
		if !isText {
			return wrong("has a member "+member+" that is no text.", `A file is written as {"filename": "a.pdf", "content_type": "application/pdf", "content_base64": "..."}.`)
		}
		switch member {
		case partFilename:
			p.filename = text
		case partContentType:
			if _, _, err := mime.ParseMediaType(text); err != nil || strings.ContainsFunc(text, unprintable) {
				return wrong("has a content_type that is none.", "It looks like application/pdf.")
			}
			p.contentType = text
		case partText:
			p.content = []byte(text)
		case partContent:
			content, err := decodeBase64(text)
			if err != nil {
				return wrong("has a content_base64 that is not base64.", "Give the content of the file in base64, such as the body of an earlier HTTP step with response type base64.")
			}
			p.content = content
		default:
			return wrong("has a member "+member+" that is not known.", "A part has content_base64 or text, and may have filename and content_type.")
		}
	}
	_, isBase64 := file[partContent]
	if _, isText := file[partText]; isText == isBase64 {
		return wrong("is a file with no content, or with two.", "Give its content as content_base64, or as text.")
	}
	if p.contentType == "" && p.filename != "" {
		p.contentType = "application/octet-stream"
	}
	return p, nil
}

// decodeBase64 takes the usual alphabet and that for URLs, with or without padding.
func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(text), "=")
	return base64.RawStdEncoding.DecodeString(text)
}

// header is what comes before the content. A name is written as browsers do, so
// that none can begin another header.
func (p part) header() textproto.MIMEHeader {
	escape := strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace
	disposition := `form-data; name="` + escape(p.name) + `"`
	if p.filename != "" {
		disposition += `; filename="` + escape(p.filename) + `"`
	}
	h := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	if p.contentType != "" {
		h.Set("Content-Type", p.contentType)
	}
	return h
}

func wrongPart(name, message, hint string) error {
	return wrongBodyAt("/body/"+schema.Escape(name), message, hint)
}
