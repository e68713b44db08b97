package httpconnector

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/exact"
)

// How an answer is read.
const (
	responseAuto   = "auto"
	responseJSON   = "json"
	responseText   = "text"
	responseBase64 = "base64"
)

// output makes the output of an answer.
func output(r rest.Response, as string) (connector.Output, error) {
	out := connector.Output{"status": r.Status, "headers": joinHeaders(r.Header)}
	value, encoding, err := decodeBody(r, as)
	if err != nil {
		return nil, err
	}
	out["body"] = value
	if encoding != "" {
		out["body_encoding"] = encoding
	}
	return out, nil
}

// joinHeaders gives one text per name.
func joinHeaders(h http.Header) map[string]any {
	joined := make(map[string]any, len(h))
	for name, values := range h {
		separator := ", "
		if name == "Set-Cookie" {
			separator = "\n" // its dates hold commas (RFC 9110, 5.3)
		}
		joined[strings.ToLower(name)] = strings.Join(values, separator)
	}
	return joined
}

// decodeBody reads an answer as its author wants it. Where that is left open, JSON
// becomes a value, text a text and the rest base64; what calls itself JSON and is
// not is given as text, for the workflow to judge.
func decodeBody(r rest.Response, as string) (value any, encoding string, err error) {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch as {
	case responseBase64:
		return base64.StdEncoding.EncodeToString(r.Body), responseBase64, nil
	case responseJSON:
		r.Body = bytes.TrimPrefix(r.Body, byteOrderMark)
		return value, "", r.Decode(&value)
	case responseAuto:
		if media == "application/json" || strings.HasSuffix(media, "+json") || media == "" || media == "text/json" {
			if v, err := parse(r.Body); err == nil {
				return v, "", nil
			}
		}
	}
	switch charset := strings.ToLower(params["charset"]); {
	case strings.HasPrefix(media, "text/") && (charset == "iso-8859-1" || charset == "latin1"):
		return fromLatin1(r.Body), "", nil
	case utf8.Valid(r.Body) && (bytes.IndexByte(r.Body, 0) < 0 || as == responseText):
		return string(bytes.TrimPrefix(r.Body, byteOrderMark)), "", nil
	case as == responseText:
		return strings.ToValidUTF8(string(r.Body), "\ufffd"), "", nil
	default:
		return base64.StdEncoding.EncodeToString(r.Body), responseBase64, nil
	}
}

// byteOrderMark may come before a text and is no part of it.
var byteOrderMark = []byte("\ufeff")

// parse reads one JSON value; numbers keep their digits.
func parse(b []byte) (any, error) { return exact.Decode(bytes.TrimPrefix(b, byteOrderMark)) }

// fromLatin1 reads ISO 8859-1, where each byte is the code point of its number.
func fromLatin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// explain quotes the answer that an author did not expect: its error message where
// it has a usual shape, else its beginning.
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	if p.Message == "" && !bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<")) && utf8.Valid(r.Body) {
		p.Message = string(r.Body)
	}
	return p
}
