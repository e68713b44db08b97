package compile

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/workflow"
)

var (
	fieldAuthType       = schema.Field{Name: "type", Kind: schema.Choice, Title: "Authentication", Choices: []string{workflow.AuthNone, workflow.AuthToken, workflow.AuthBasic, workflow.AuthHMAC}, Default: workflow.AuthNone}
	fieldAuthHeader     = schema.Field{Name: "header", Kind: schema.Text, Title: "Header", Pattern: "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", PatternHint: "The name of an HTTP header, such as X-Signature."}
	fieldAuthCredential = schema.Field{Name: "credential", Kind: schema.Text, Title: "Credential", Help: "A linked credential of type webhook_secret."}
	authFields          = schema.Fields{fieldAuthType, fieldAuthHeader, fieldAuthCredential}
)

func (c *checker) checkWebhook(config map[string]any, fields schema.Fields) {
	const at = "/trigger/config"
	auth, inner := workflow.ReadWebhook(config)
	flat := maps.Clone(config)
	members := map[string]any{"type": auth.Type}
	for _, name := range []string{fieldAuthHeader.Name, fieldAuthCredential.Name} {
		if v, ok := config[name]; ok && inner == "" {
			members[name] = v
			delete(flat, name)
		}
	}
	switch a := config["auth"].(type) {
	case nil, string:
	case map[string]any:
		members = a
	default:
		c.report(wrongAuth(at + "/auth"))
		return
	}
	for _, p := range authFields.Check(members, nil) {
		if inner == "" && p.Pointer == "/type" {
			p.Pointer = "/auth"
		}
		c.report(fieldProblem("", at+inner, p))
	}
	c.checkFields("", at, fields, flat, nil)
	switch {
	case auth.Type == workflow.AuthNone || !slices.Contains(fieldAuthType.Choices, auth.Type):
	case auth.Credential == "":
		c.report(webhookNeedsCredential(at+inner, auth.Type))
	default:
		c.checkCredentialID("", at+inner+"/credential", auth.Credential, "A webhook's authentication", []string{workflow.TypeWebhookSecret})
	}
}

func (c *checker) checkSchedule(config map[string]any) {
	s, err := workflow.ReadSchedule(config)
	if err != nil {
		for _, f := range fault.Of(err).Fields {
			c.report(invalidSchedule(f))
		}
		return
	}
	if s.BothDays() {
		c.report(bothDays())
	}
}

var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`) })

// reservedRoots are the first names of paths that mean something else than a variable.
var reservedRoots = []string{"trigger", "steps", "item", "index", "vars", "execution", "workflow", "agent"}

var timeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Trim(timePattern, "/")) })

// isTime says whether a text is a time for every reader of RFC 3339: time.Parse takes
// hours of one digit and fractions behind a comma, too.
func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil && timeForm().MatchString(text)
}
