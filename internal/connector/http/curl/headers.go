package curl

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// headerName is what a header may be called (RFC 9110, 5.6.2).
var headerName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") })

// ownHeaders are made by the connector, from the address, the body or the connection.
var ownHeaders = []string{
	"content-length", "transfer-encoding", "accept-encoding", "connection", "keep-alive", "proxy-connection", "expect", "te", "trailer", "upgrade", "priority",
}

func unprintable(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// headers reads -H, -A, -e, -b and what --json adds; the Content-Type is for the body to judge.
func (r *reader) headers(c *command) (contentType string, err error) {
	given := map[string]bool{}
	for _, line := range c.headers {
		if strings.HasPrefix(line, "@") {
			r.warn("The command reads headers from a file, which is not known here.", "Add them to the node's headers.")
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, ":") { // of HTTP/2, as browsers copy them
			continue
		}
		value = strings.TrimSpace(value)
		if !ok {
			if name, ok = strings.CutSuffix(line, ";"); !ok { // curl says of it nothing, and sends nothing
				continue
			}
		}
		name = strings.TrimSpace(name)
		if !headerName().MatchString(name) || strings.ContainsFunc(value, unprintable) {
			return "", refuse("One of the command's headers (-H) is none.", "It is written as a name, a colon and a value on one line, such as X-Request-Id: 7.")
		}
		given[strings.ToLower(name)] = true
		if strings.HasSuffix(line, ":") && value == "" {
			continue // curl takes it out
		}
		if strings.EqualFold(name, "Content-Type") {
			contentType = value
			continue
		}
		r.addHeader(name, value)
	}
	implied := []struct{ name, value string }{{"User-Agent", c.agent}, {"Referer", c.referer}}
	if c.json {
		implied = append(implied, struct{ name, value string }{"Accept", "application/json"})
		if contentType == "" {
			contentType = "application/json"
		}
	}
	for _, h := range implied {
		if h.value == "" || given[strings.ToLower(h.name)] {
			continue
		}
		if strings.ContainsFunc(h.value, unprintable) {
			return "", refuse("One of the command's headers (-A or -e) is none.", "It has one line.")
		}
		r.addHeader(h.name, h.value)
	}
	for _, cookie := range c.cookies {
		if !strings.Contains(cookie, "=") {
			r.warn("The command reads cookies from a file, which is not known here.", "")
			continue
		}
		r.secretHeader("Cookie", cookie)
	}
	return contentType, nil
}

func (r *reader) addHeader(name, value string) {
	lower := strings.ToLower(name)
	switch {
	case slices.Contains(ownHeaders, lower):
	case lower == "host":
		r.warn("The header Host was left out: it is made from the address.", "Put the host that is meant into the address.")
	case lower == "proxy-authorization":
		r.warn("The header Proxy-Authorization was left out: there is no proxy in between.", "")
	case value != "" && r.secretHeader(name, value):
	default:
		for known := range r.header { // curl sends both; the node knows each once
			if strings.EqualFold(known, name) {
				joined, _ := r.header[known].(string)
				r.header[known] = joined + ", " + literal(value)
				return
			}
		}
		r.header[name] = literal(value)
	}
}
