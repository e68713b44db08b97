package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// Members in which services put what went wrong, the most telling first.
var (
	sentences = []string{"message", "error_description", "error_message", "detail", "description", "title", "error", "reason", "msg"}
	lists     = []string{"errors", "errorMessages", "details", "fields"}
)

// maxListed is how many of a list of errors are quoted.
const maxListed = 5

// CommonProblem reads the shapes in which most services put their errors:
// {"message": ...}, {"error": {"message": ...}}, {"errors": [...]}, problem+json,
// plain text. A page of HTML is made for browsers and says nothing here.
func CommonProblem(r Response) Problem {
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	var body any
	if err := dec.Decode(&body); err == nil {
		return Problem{Message: said(body, 0)}
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	text := bytes.TrimSpace(r.Body)
	if strings.HasSuffix(media, "html") || bytes.HasPrefix(text, []byte("<")) || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return Problem{}
	}
	return Problem{Message: string(text)}
}

// said finds the words in a JSON value.
func said(v any, depth int) string {
	if depth > 4 {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, e := range v {
			if s := said(e, depth+1); s != "" && len(all) < maxListed {
				all = append(all, s)
			}
		}
		return strings.Join(all, "; ")
	case map[string]any:
		return saidBy(v, depth)
	default:
		return ""
	}
}

// saidBy finds the words in an object: one sentence, and the errors it lists.
func saidBy(object map[string]any, depth int) string {
	var parts []string
	for _, name := range sentences {
		if s := said(object[name], depth+1); s != "" {
			parts = append(parts, s)
			break
		}
	}
	for _, name := range lists {
		if s := listed(object[name], depth+1); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 && depth > 0 { // the whole answer may be anything; a part of its errors is about them
		return listed(object, depth)
	}
	return strings.Join(parts, ": ")
}

// listed reads a list of errors, or an object from field to error.
func listed(v any, depth int) string {
	object, ok := v.(map[string]any)
	if !ok {
		return said(v, depth)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if s := said(object[name], depth+1); s != "" && len(all) < maxListed {
			all = append(all, fmt.Sprintf("%s: %s", name, s))
		}
	}
	return strings.Join(all, "; ")
}
