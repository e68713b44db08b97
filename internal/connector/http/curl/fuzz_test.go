package curl_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"switchboard/internal/connector/http/curl"
)

// FuzzRead: whatever is pasted, the config fits the connector and fills nothing in.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`curl -X POST https://a.example/x?y=z -H 'A: b' -d '{"a":"{{b}}"}' -k`, "curl ^\"https://a.example^\" ^\n --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"",
		`curl -F 'a=@b;type=c/d;filename="e\"f"' -G --data-urlencode a@b http://u:p@[::1]:80/{x}`, `curl $'https://a.example/\u00e9\x00' --json 1 --json 2`,
		`curl "https://a.example/${B}" -b x -u y --next -m 5`, "curl -d a=1 -d '=&b' a.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, command string) {
		got, err := curl.Read(command)
		if err == nil {
			fits(t, got)
		}
	})
}

// FuzzSecrets: a secret where secrets stand is found by no one afterwards.
func FuzzSecrets(f *testing.F) {
	f.Add("t0k3n-$x'\"\\{{", "a=1")
	f.Add("a b", "{\"a\": [1]}")
	f.Fuzz(func(t *testing.T, value, data string) {
		if len(value) < 8 || strings.ContainsAny(value, "\r\n\x00") || !utf8.ValidString(value) || strings.TrimSpace(value) != value || strings.Contains(data, value[:8]) {
			t.Skip()
		}
		secret := "S3cr3t/" + value
		quoted, err := syntax.Quote("Authorization: Bearer "+secret, syntax.LangBash)
		if err != nil {
			t.Skip()
		}
		body, err := syntax.Quote(data, syntax.LangBash)
		if err != nil {
			t.Skip()
		}
		user, err := syntax.Quote("ada:"+secret, syntax.LangBash)
		if err != nil {
			t.Skip()
		}
		got, err := curl.Read("curl -H " + quoted + " --data-raw " + body + " -u " + user + " https://a.example")
		if strings.Contains(fmt.Sprintf("%v %v", got, err), "S3cr3t/") {
			t.Errorf("the secret is in the import %v or the error %v", got, err)
		}
		if err == nil {
			fits(t, got)
		}
	})
}
