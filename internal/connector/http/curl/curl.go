// Package curl reads a curl command into the config of a node of the http
// connector: services document themselves in curl commands, and browsers copy
// their requests as such.
//
// A command is never run, and nothing that it names is opened: what only a shell
// or a disk could tell becomes a warning. A secret in it does not become part of
// the config, where every reader of the workflow would see it; the import says
// which credential type takes it, and no message quotes it.
//
// The config that comes out always fits the http connector. It is in a package of
// its own so that the connector's function does without a parser of shell.
package curl

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"switchboard/internal/fault"
)

// MaxCommand is the longest command that is read, in bytes.
const MaxCommand = 64 << 10

// NodeType is the type of the node that a command becomes.
const NodeType = "http.request"

// Import is what became of a command.
type Import struct {
	Config         map[string]any // of the node; its texts are templates
	TimeoutSeconds int            // of the node; 0 where the command names none
	Credential     *Credential    // what the command authorizes itself with; nil for nothing
	Warnings       []Warning      // what is different from the command, or left to do
}

// Credential is one to make for the node.
type Credential struct {
	Type   string         // one that the http connector accepts
	Data   map[string]any // what may be shown of it, such as the name of a header
	Detail string         // for people
}

// Warning is about a part of the command.
type Warning struct{ Message, Hint string }

// Read reads a command: one for a POSIX shell, or one for the Windows command
// prompt. Fault: ValidationFailed, with no part of the command in it.
func Read(text string) (Import, error) {
	if len(text) > MaxCommand {
		return Import{}, refuse("The command is longer than 64 KiB.", "Take a large body out of it, and put it into the node afterwards.")
	}
	if strings.TrimSpace(text) == "" {
		return Import{}, refuse("There is no command.", "Paste a command such as curl https://api.example.com/orders.")
	}
	var r reader
	arguments, err := r.split(text)
	if err != nil {
		return Import{}, err
	}
	c, err := r.options(arguments)
	if err != nil {
		return Import{}, err
	}
	if err := r.request(c); err != nil {
		return Import{}, err
	}
	r.credential()
	return Import{Config: r.config, TimeoutSeconds: c.timeout, Credential: r.chosen, Warnings: r.warnings}, nil
}

// reader is the reading of one command.
type reader struct {
	config   map[string]any
	header   map[string]any
	secrets  []secret
	chosen   *Credential
	warnings []Warning
}

func (r *reader) warn(message, hint string) {
	w := Warning{Message: message, Hint: hint}
	if !slices.Contains(r.warnings, w) {
		r.warnings = append(r.warnings, w)
	}
}

func refuse(message, hint string) error {
	f := fault.New(fault.ValidationFailed, "The curl command cannot be imported.")
	f.Fields = []fault.Field{{Pointer: "/curl", Message: message, Hint: hint}}
	return f
}

// request makes the config of what the options say.
func (r *reader) request(c *command) error {
	r.config, r.header = map[string]any{}, map[string]any{}
	contentType, err := r.headers(c)
	if err != nil {
		return err
	}
	if err := r.address(c); err != nil {
		return err
	}
	if err := r.method(c); err != nil {
		return err
	}
	if !c.get && !c.head {
		if len(c.forms) > 0 {
			r.multipart(c)
		} else if c.hasData {
			r.data(c, contentType)
		}
	}
	if len(r.header) > 0 {
		r.config["headers"] = r.header
	}
	return nil
}

var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions,
}

// method is what curl would send, which -X overrides and the other options imply.
func (r *reader) method(c *command) error {
	method := http.MethodGet
	switch {
	case c.method != "":
		if method = strings.ToUpper(c.method); !slices.Contains(methods, method) {
			return refuse("The connector does not send the command's method (-X).", "It sends "+strings.Join(methods, ", ")+".")
		}
	case c.head:
		method = http.MethodHead
	case c.get:
	case c.upload:
		method = http.MethodPut
	case c.hasData, len(c.forms) > 0:
		method = http.MethodPost
	}
	r.config["method"] = method
	return nil
}

// address reads the URL, with what -G and --url-query add to it.
func (r *reader) address(c *command) error {
	const hint = "It has to look like https://api.example.com/orders?limit=10."
	if len(c.urls) == 0 {
		return refuse("The command names no address.", hint)
	}
	if len(c.urls) > 1 {
		r.warn("The command names several addresses; the first one was taken.", "Import the others as nodes of their own.")
	}
	raw := c.urls[0]
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
		r.warn("The address names no scheme, and curl then takes http://, which anyone on the way can read.", "Use https:// where the service offers it.")
	}
	u, err := parseAddress(raw)
	if err != nil {
		return refuse("The address in the command cannot be read.", hint)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return refuse("The address in the command does not begin with https:// or http://.", hint)
	}
	if u.User != nil {
		r.found(secret{credentialType: typeBasic, what: "a user name and password in the address"})
		u.User = nil
	}
	if u.Hostname() == "" {
		return refuse("The address in the command names no host.", hint)
	}
	if !c.globOff && strings.ContainsAny(u.Path, "{}[]") {
		r.warn("curl makes several requests of an address with {} or []; the node makes one, of the address as it stands.", "Replace what stands in the brackets, or use a loop.")
	}
	u.Fragment, u.RawFragment = "", ""
	added := slices.Clone(c.urlQuery)
	if c.get && c.hasData {
		added = append(added, strings.Split(c.data.String(), "&")...)
	}
	r.query(u, added)
	r.config["url"] = literal(u.String())
	return nil
}

// parseAddress reads an address as curl takes it, which is less strict than
// url.Parse about what has to be encoded.
func parseAddress(raw string) (*url.URL, error) {
	if strings.ContainsFunc(raw, unprintable) {
		return nil, errors.New("it holds a control character")
	}
	u, err := url.Parse(strings.ReplaceAll(raw, " ", "%20"))
	if err == nil {
		return u, nil
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		return nil, err
	}
	path, query, _ := strings.Cut(rest[end:], "?")
	u, err = url.Parse(scheme + "://" + rest[:end])
	if err != nil {
		return nil, fmt.Errorf("reading host: %w", err)
	}
	u.Path = path // a % that encodes nothing is one
	u.RawQuery = strings.NewReplacer(" ", "%20", "#", "%23").Replace(query)
	return u, nil
}

// query takes the secrets out of the address's own query, and puts what is added to
// it into the node's query where that says the same.
func (r *reader) query(u *url.URL, added []string) {
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if part != "" && !r.secretParameter(part) {
			kept = append(kept, part)
		}
	}
	added = slices.DeleteFunc(added, func(part string) bool { return part == "" || r.secretParameter(part) })
	if fields, ok := parameters(added); ok && len(fields) > 0 {
		r.config["query"] = fields
	} else {
		for _, part := range added {
			kept = append(kept, strings.ReplaceAll(part, " ", "%20"))
		}
	}
	u.RawQuery = strings.Join(kept, "&")
}

// parameters reads the parts of a query as an object; ok is false where one would
// not say the same.
func parameters(parts []string) (fields map[string]any, ok bool) {
	fields = map[string]any{}
	for _, part := range parts {
		name, value, hasValue := strings.Cut(part, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if _, twice := fields[name]; twice || !hasValue || name == "" || errName != nil || errValue != nil || !isText(name) || !isText(value) {
			return nil, false
		}
		fields[name] = literal(value)
	}
	return fields, true
}

// literal is a text of the command as a template, which fills nothing in.
func literal(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "{{", `\{{`)
}
