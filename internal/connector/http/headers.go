package httpconnector

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// ownHeaders are set by whoever makes the connection. Writing them by hand breaks
// the request at best, and at worst makes two servers on its way read it
// differently.
var ownHeaders = map[string]string{
	"Host":                "It is made from the URL.",
	"Content-Length":      "It is made from the body.",
	"Transfer-Encoding":   "It is made from the body.",
	"Accept-Encoding":     "Compressed answers are asked for and unpacked for you.",
	"Connection":          "It is about the connection, not about the request.",
	"Keep-Alive":          "It is about the connection, not about the request.",
	"Proxy-Connection":    "It is about the connection, not about the request.",
	"Proxy-Authorization": "There is no proxy in between.",
	"Expect":              "It is about the connection, not about the request.",
	"Te":                  "It is about the connection, not about the request.",
	"Trailer":             "It is about the connection, not about the request.",
	"Upgrade":             "Only HTTP is spoken here.",
}

// namePattern is what a header may be called (RFC 9110, 5.6.2).
var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + headerName.Pattern + `)$`) })

// unprintable says whether a header's value cannot hold the character.
func unprintable(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// readHeaders checks the headers that the author wrote. fromCredential is the one
// that the credential will set.
func readHeaders(raw map[string]any, fromCredential string) (http.Header, error) {
	if why, ok := ownHeaders[http.CanonicalHeaderKey(fromCredential)]; ok {
		return nil, fault.New(fault.InvalidInput, "The credential names the header %s, which cannot be set.", fromCredential).WithHint("%s", why)
	}
	result := make(http.Header, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		canonical := http.CanonicalHeaderKey(name)
		wrong := func(message, hint string) (http.Header, error) {
			return nil, fault.New(fault.InvalidInput, "%s", message).WithHint("%s", hint).At("/headers/"+schema.Escape(name), message)
		}
		if !namePattern().MatchString(name) {
			return wrong("This is not a name that a header can have.", "A name is made of letters, digits and hyphens, such as X-Request-Id.")
		}
		if why, ok := ownHeaders[canonical]; ok {
			return wrong("The header "+canonical+" cannot be set.", why)
		}
		if canonical == http.CanonicalHeaderKey(fromCredential) {
			return wrong("The header "+canonical+" is set by the credential.", "Take it out of the step, or choose no credential.")
		}
		if raw[name] == nil {
			continue
		}
		value := strings.TrimSpace(scalar(raw[name]))
		if strings.ContainsFunc(value, unprintable) {
			return wrong("The header "+canonical+" holds a line break or another character that a header cannot hold.", "If it comes from a variable, encode or trim it first.")
		}
		result[canonical] = []string{value}
	}
	return result, nil
}
