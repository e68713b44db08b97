package curl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The credential types of the http connector.
const (
	typeBearer = "http_bearer"
	typeBasic  = "http_basic"
	typeHeader = "http_header"
	typeQuery  = "http_query"
)

// secret is a part of the command that belongs into a credential.
type secret struct {
	credentialType string
	name           string // of the header or the parameter
	what           string // for people, without the value
}

func (r *reader) found(s secret) { r.secrets = append(r.secrets, s) }

// secretName tells names of headers and parameters that hold keys.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[-_.\[])(?:x?api-?key|(?:app|access|auth|secret|private|subscription|client|shared|functions|master|signing)?-?(?:key|token|secret|password|passwd|pwd)|auth|authorization|authentication|signature|sig|session(?:-?id)?|sid|credentials?|jwt)(?:$|[-_.\]])|(?:token|secret|password|apikey)$`)
})

// notSecret are names that look like that of a key and are none.
var notSecret = []string{"idempotency-key", "x-idempotency-key", "sec-websocket-key", "sort_key", "sort-key", "page_token", "page-token", "pagetoken", "nextpagetoken", "next_token", "continuation_token", "continuation-token", "sync_token", "primary_key", "partition_key", "routing_key"}

func isSecret(name string) bool {
	return secretName().MatchString(name) && !slices.Contains(notSecret, strings.ToLower(name))
}

// secretHeader says whether a header authorizes, and notes it.
func (r *reader) secretHeader(name, value string) bool {
	lower := strings.ToLower(name)
	scheme, _, _ := strings.Cut(strings.ToLower(value), " ")
	switch {
	case lower == "authorization" && scheme == "bearer":
		r.found(secret{credentialType: typeBearer, what: "a bearer token"})
	case lower == "authorization" && scheme == "basic":
		r.found(secret{credentialType: typeBasic, what: "a user name and password, encoded in the header Authorization"})
	case lower == "cookie":
		r.found(secret{credentialType: typeHeader, name: "Cookie", what: "cookies"})
	case isSecret(name):
		r.found(secret{credentialType: typeHeader, name: name, what: "the header " + name})
	default:
		return false
	}
	return true
}

// secretParameter says whether a part of a query authorizes, and notes it.
func (r *reader) secretParameter(part string) bool {
	name, value, _ := strings.Cut(part, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	if value == "" || !isSecret(name) {
		return false
	}
	r.found(secret{credentialType: typeQuery, name: name, what: "the query parameter " + name})
	return true
}

// credential chooses the one credential that a node takes: what stands where
// credentials stand comes before what only looks like one.
func (r *reader) credential() {
	if len(r.secrets) == 0 {
		return
	}
	rank := func(s secret) int {
		switch {
		case s.credentialType == typeBearer || s.credentialType == typeBasic:
			return 0
		case strings.EqualFold(s.name, "Authorization"):
			return 1
		case s.name == "Cookie":
			return 3
		default:
			return 2
		}
	}
	best := slices.MinFunc(r.secrets, func(a, b secret) int { return rank(a) - rank(b) })
	r.chosen = &Credential{Type: best.credentialType, Detail: "The command holds " + best.what + ". It is not part of the config, which every reader of the workflow sees: " +
		"make a credential of the type " + best.credentialType + " with it, link it to the agent, and choose it in the node."}
	if best.name != "" {
		r.chosen.Data = map[string]any{"name": best.name}
	}
	for _, s := range r.secrets {
		if s != best {
			r.warn("The command holds "+s.what+" as well, which was left out: a node takes one credential.", "If the service needs both, ask whether one of them will do, or send the other from a variable.")
		}
	}
}
