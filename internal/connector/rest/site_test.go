package rest_test

import (
	"net/url"
	"regexp"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

var siteField = schema.Field{Name: "site_url", Kind: schema.Text, Required: true, Pattern: rest.SitePattern, PatternHint: "An address."}

func TestSite(t *testing.T) {
	tests := map[string]struct {
		given, want string // want is "" for refused
	}{
		"OK":            {"https://acme.atlassian.net", "https://acme.atlassian.net"},
		"OKSlash":       {"https://acme.atlassian.net/", "https://acme.atlassian.net"},
		"OKCopied":      {"https://acme.atlassian.net/jira/your-work?x=1#y", "https://acme.atlassian.net"},
		"OKNoScheme":    {"acme.atlassian.net/jira", "https://acme.atlassian.net"},
		"OKOwnHost":     {"https://jira.example.co.uk:8443", "https://jira.example.co.uk:8443"},
		"OKPunycode":    {"https://jira.xn--mnchen-3ya.xn--p1ai", "https://jira.xn--mnchen-3ya.xn--p1ai"},
		"OKAtInQuery":   {"https://acme.example.com?user=a@evil.example", "https://acme.example.com"},
		"ErrHTTP":       {"http://acme.atlassian.net", ""},
		"ErrScheme":     {"ftp://acme.example.com", ""},
		"ErrUser":       {"https://acme.example.com@evil.example", ""},
		"ErrPassword":   {"https://a:b@evil.example", ""},
		"ErrBackslash":  {`https://acme.example.com\@evil.example`, ""},
		"ErrAddress":    {"https://169.254.169.254", ""},
		"ErrIPv6":       {"https://[::1]", ""},
		"ErrHexAddress": {"https://0x7f.1", ""},
		"ErrOneLabel":   {"https://localhost", ""},
		"ErrNoHost":     {"https:///x", ""},
		"ErrDots":       {"https://acme..example.com", ""},
		"ErrLine":       {"https://acme.example.com/\nx", ""},
		"ErrSpace":      {"https://acme.example.com x", ""},
		"ErrEmpty":      {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data, problems := schema.Fields{siteField}.Decode(map[string]any{"site_url": tt.given})
			if (len(problems) == 0) != (tt.want != "") {
				t.Fatalf("problems = %v", problems)
			}
			if tt.want == "" {
				return
			}
			c := connector.Credential{Type: "site", Data: data}
			if got := rest.Site(siteField)(c); got != tt.want {
				t.Errorf("site = %q, want %q", got, tt.want)
			}
			if got := rest.SiteHosts(siteField)(c); len(got) != 1 || "https://"+got[0] != tt.want {
				t.Errorf("hosts = %q, want that of %q", got, tt.want)
			}
		})
	}
}

// FuzzSite: whatever the check lets through, the site is a host in the text as it
// stands, and nothing else.
func FuzzSite(f *testing.F) {
	for _, s := range []string{"https://acme.example.com", "acme.example.com:443/x", "https://a.b@c.de", "https://a.bc/?://d.ef", "a.bc?://d.ef", "https://a.bc#://x"} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(`^(?:` + rest.SitePattern + `)$`)
	whole := regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)
	f.Fuzz(func(t *testing.T, text string) {
		c := connector.Credential{Type: "site", Data: schema.NewInput(map[string]any{"site_url": text})}
		site := rest.Site(siteField)(c)
		if site == "" || !pattern.MatchString(text) {
			return
		}
		u, err := url.Parse(site)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "" || !whole.MatchString(u.Host) {
			t.Fatalf("%q gives the site %q", text, site)
		}
		if len(text) < len(u.Host) || (text[:len(u.Host)] != u.Host && text[len("https://"):len("https://")+len(u.Host)] != u.Host) {
			t.Fatalf("%q gives the site %q", text, site)
		}
	})
}
