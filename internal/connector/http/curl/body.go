package curl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/url"
	"path"
	"strings"
)

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// data makes the body of -d and its relatives, in the form that is easiest to edit
// and says the same.
func (r *reader) data(c *command, contentType string) {
	text := c.data.String()
	media, _, _ := mime.ParseMediaType(contentType)
	if contentType != "" && media == "" { // one that is no media type is sent as it is
		media = contentType
	}
	if text == "" {
		return
	}
	value, isJSON := readJSON(text)
	switch {
	case contentType == "" && isJSON && strings.ContainsAny(text[:1], "{["):
		r.warn("curl would send this body as a form, since the command names no Content-Type. It is JSON, so the node sends it as JSON.", "Choose the body type text, with a header Content-Type, if that is not what is meant.")
		r.bodyJSON(value)
	case isJSON && (media == mediaJSON || strings.HasSuffix(media, "+json")):
		if contentType != mediaJSON {
			r.header["Content-Type"] = literal(contentType)
		}
		if _, isText := value.(string); isText || value == nil {
			value = rawJSON(text) // as a value, a text would be read as JSON that is written out
		}
		r.bodyJSON(value)
	case contentType == "" || media == mediaForm:
		if fields, ok := readForm(text); ok {
			r.config["body_type"], r.config["body"] = "form", fields
			r.warnOfSecrets(fields)
			return
		}
		if contentType == "" {
			contentType = mediaForm
		}
		fallthrough
	default:
		r.header["Content-Type"] = literal(contentType)
		r.config["body_type"], r.config["body"] = "text", literal(text)
	}
}

// rawJSON is JSON that stays as it is written.
type rawJSON string

func (r *reader) bodyJSON(value any) {
	r.config["body_type"] = "json"
	if raw, ok := value.(rawJSON); ok {
		r.config["body"] = literal(string(raw))
		return
	}
	r.config["body"] = literals(value)
	if fields, ok := value.(map[string]any); ok {
		r.warnOfSecrets(fields)
	}
}

// warnOfSecrets warns of fields of a body that look like secrets. They stay: no
// credential of this connector is sent in a body.
func (r *reader) warnOfSecrets(fields map[string]any) {
	for name, value := range fields {
		if value != "" && value != nil && isSecret(name) {
			r.warn("The body holds what looks like a secret, and everyone who may read the workflow can read it there.", "Where the service takes it in a header too, use a credential instead. For an OAuth token, use a credential that gets it itself.")
			return
		}
	}
}

// literals makes every text in a value a template that fills nothing in.
func literals(value any) any {
	switch v := value.(type) {
	case string:
		return literal(v)
	case []any:
		for i := range v {
			v[i] = literals(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = literals(v[name])
		}
	}
	return value
}

// readJSON reads one JSON value; numbers keep their digits.
func readJSON(text string) (value any, ok bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return nil, false
	}
	_, err := dec.Token()
	return value, errors.Is(err, io.EOF)
}

// readForm reads the fields of a form; ok is false where writing them again would
// say something else.
func readForm(text string) (fields map[string]any, ok bool) {
	fields = map[string]any{}
	for pair := range strings.SplitSeq(text, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if !hasValue || name == "" || errName != nil || errValue != nil || !isText(name) || !isText(value) {
			return nil, false
		}
		add(fields, name, literal(value))
	}
	return fields, true
}

// isText says whether a config, which is JSON, can hold a text to the byte.
func isText(s string) bool {
	return strings.ToValidUTF8(s, "") == s && !bytes.ContainsRune([]byte(s), 0)
}

// add adds a value to those of a name.
func add(fields map[string]any, name string, value any) {
	switch known := fields[name].(type) {
	case nil:
		fields[name] = value
	case []any:
		fields[name] = append(known, value)
	default:
		fields[name] = []any{known, value}
	}
}

// multipart makes the body of -F: name=content, name=@file, name=<file, each
// with ;type= and ;filename= behind it.
func (r *reader) multipart(c *command) {
	fields := map[string]any{}
	for _, f := range c.forms {
		name, content, ok := strings.Cut(f.field, "=")
		if !ok || name == "" {
			r.warn("A field of the form (-F) has no name and was left out.", "It is written as name=value.")
			continue
		}
		name = strings.ToValidUTF8(name, "\ufffd")
		if f.string {
			add(fields, name, literal(content))
			continue
		}
		add(fields, name, r.formPart(content))
	}
	r.config["body_type"], r.config["body"] = "multipart", fields
	r.warnOfSecrets(fields)
}

func (r *reader) formPart(content string) any {
	value, options := cutOptions(content)
	part := map[string]any{}
	if media := options["type"]; media != "" {
		if _, _, err := mime.ParseMediaType(media); err == nil && !strings.ContainsFunc(media, unprintable) {
			part["content_type"] = literal(media)
		}
	}
	if filename := options["filename"]; filename != "" {
		part["filename"] = literal(filename)
	}
	switch {
	case strings.HasPrefix(value, "@"):
		r.file()
		if part["filename"] == nil {
			part["filename"] = literal(path.Base(strings.ReplaceAll(unquoted(value[1:]), `\`, "/")))
		}
		part["content_base64"] = ""
	case strings.HasPrefix(value, "<"):
		r.file()
		part["text"] = ""
	case len(part) == 0:
		return literal(unquoted(value))
	default:
		part["text"] = literal(unquoted(value))
	}
	return part
}

// cutOptions takes ;type=... and ;filename=... off a field. Other semicolons belong to it.
func cutOptions(content string) (value string, options map[string]string) {
	options = map[string]string{}
	for {
		at := max(strings.LastIndex(content, ";type="), strings.LastIndex(content, ";filename="))
		if at < 0 || strings.HasPrefix(content, `"`) && at < strings.LastIndex(content, `"`) && strings.LastIndex(content[:at], `"`) == 0 {
			return content, options
		}
		name, option, _ := strings.Cut(content[at+1:], "=")
		options[name] = unquoted(option)
		content = content[:at]
	}
}

// unquoted takes the double quotes off a text that is in some, as curl does in -F.
func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1])
}
