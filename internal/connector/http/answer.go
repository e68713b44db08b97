package httpconnector

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// output makes the output of an answer.
func output(r rest.Response) connector.Output {
	out := connector.Output{"status": r.Status, "headers": joinHeaders(r.Header)}
	value, encoding := decodeBody(r)
	out["body"] = value
	if encoding != "" {
		out["body_encoding"] = encoding
	}
	return out
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

// decodeBody reads JSON as a value, text as text and the rest as base64. What
// calls itself JSON and is not is given as text, for the workflow to judge.
func decodeBody(r rest.Response) (value any, encoding string) {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "application/json" || strings.HasSuffix(media, "+json") || media == "" || media == "text/json" {
		if v, err := parse(r.Body); err == nil {
			return v, ""
		}
	}
	switch charset := strings.ToLower(params["charset"]); {
	case strings.HasPrefix(media, "text/") && (charset == "iso-8859-1" || charset == "latin1"):
		return fromLatin1(r.Body), ""
	case utf8.Valid(r.Body) && bytes.IndexByte(r.Body, 0) < 0:
		return string(bytes.TrimPrefix(r.Body, []byte("\ufeff"))), ""
	default:
		return base64.StdEncoding.EncodeToString(r.Body), "base64"
	}
}

// parse reads one JSON value; numbers keep their digits.
func parse(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return v, nil
}

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
