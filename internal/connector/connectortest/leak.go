package connectortest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// credentialData gives the data of a credential and the secrets in it.
func (s *suite) credentialData(credentialType string) (data map[string]any, canaries []string) {
	t, _ := s.con.CredentialType(credentialType)
	data = s.data[credentialType]
	if data == nil {
		data = Data(t)
	}
	for _, f := range t.Fields {
		if v, ok := data[f.Name].(string); ok && f.Kind == schema.Secret && v != "" {
			canaries = append(canaries, v)
		}
	}
	return data, canaries
}

// Data makes a credential of the type up, from its fields alone.
func Data(t connector.CredentialType) map[string]any {
	data := make(map[string]any, len(t.Fields))
	for _, f := range t.Fields {
		if v := madeUp(f); v != nil {
			data[f.Name] = v
		}
	}
	return data
}

// madeUp gives a value for a field of a credential, nil for none.
func madeUp(f schema.Field) any {
	switch {
	case f.Kind == schema.Secret:
		// Recognisable, and with a "+" and a "/": they look different in a URL.
		return "canary-" + f.Name + "+7Qx9vLk2/Zt5"
	case f.Default != nil:
		return f.Default
	case f.Kind == schema.Choice:
		return f.Choices[0]
	case f.Kind == schema.Integer && f.Min != nil:
		return int(*f.Min)
	case f.Placeholder != "":
		return f.Placeholder
	case f.Kind == schema.Text && f.Required:
		return "example"
	default:
		return nil
	}
}

// findLeaks says in which of the texts a secret can be read.
func findLeaks(texts map[string]string, canaries []string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, c := range canaries {
			if form := leaked(texts[name], c); form != "" {
				errs = append(errs, fmt.Errorf("a secret of the credential (%s) is in the %s: %s", form, name, texts[name]))
			}
		}
	}
	return errors.Join(errs...)
}

var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)

// leaked says in which form a text holds a secret: "" for none. Besides the usual
// encodings of the secret alone it decodes whatever may be base64, because what is
// encoded is often more than the secret, such as user:password.
func leaked(text, canary string) string {
	quoted, _ := json.Marshal(canary) // a string always encodes
	forms := map[string]string{
		"as it is": canary, "as JSON": string(quoted[1 : len(quoted)-1]),
		"in a query": url.QueryEscape(canary), "in a path": url.PathEscape(canary),
		"in hexadecimal": hex.EncodeToString([]byte(canary)),
	}
	for name, form := range forms {
		if strings.Contains(text, form) {
			return name
		}
	}
	unescaped, err := url.QueryUnescape(text)
	if err != nil {
		unescaped = text
	}
	for _, candidate := range slices.Concat(encoded.FindAllString(text, -1), encoded.FindAllString(unescaped, -1)) {
		if decodesTo(candidate, canary, deepest) {
			return "in base64"
		}
	}
	return ""
}

// deepest is how often what was base64 may hold base64 again.
const deepest = 1

// decodesTo says whether a run of letters is, or ends in, base64 of something with
// the secret in it, or with base64 of that. What stands before may shift the groups of
// four.
func decodesTo(candidate, canary string, deeper int) bool {
	for shift := range min(4, len(candidate)) {
		groups := candidate[shift:]
		if len(groups)%4 == 1 {
			groups = groups[:len(groups)-1]
		}
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if decoded, err := enc.DecodeString(groups); err == nil && holds(string(decoded), canary, deeper) {
				return true
			}
		}
	}
	return false
}

func holds(decoded, canary string, deeper int) bool {
	return strings.Contains(decoded, canary) || deeper > 0 && slices.ContainsFunc(encoded.FindAllString(decoded, -1), func(candidate string) bool {
		return decodesTo(candidate, canary, deeper-1)
	})
}
