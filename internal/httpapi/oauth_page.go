package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page, its style and its script
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"

	"switchboard/internal/fault"
	"switchboard/internal/oauth"
)

const mediaHTML = "text/html; charset=utf-8"

var (
	//go:embed oauth_page.html
	oauthPageHTML string
	//go:embed oauth_page.css
	oauthPageCSS string
	//go:embed oauth_page.js
	oauthPageJS string
)

// oauthPagePolicy lets the page's own style and script run and nothing else: what
// else is on it came from an address, or from a service.
var oauthPagePolicy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	sourceHash(oauthPageCSS), sourceHash(oauthPageJS))

var oauthPage = template.Must(template.New("page").Parse(oauthPageHTML))

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// htmlPage is a page for people.
type htmlPage struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// oauthPageData is what the page shows, and what its script tells the window that
// opened it.
type oauthPageData struct {
	OK             bool
	Heading        string
	Text           string
	Hint           string
	Credential     string
	CredentialType string
}

func connected(title string, o oauth.Outcome) (*htmlPage, error) {
	d := oauthPageData{
		OK: true, Heading: "Connected", Credential: o.Credential.ID, CredentialType: o.Credential.Type,
		Text: fmt.Sprintf("%s is connected as “%s”.", title, o.Credential.Name), Hint: "You can close this window.",
	}
	if o.Identity != "" && o.Identity != o.Credential.Name {
		d.Text = fmt.Sprintf("%s of %s is connected as “%s”.", title, o.Identity, o.Credential.Name)
	}
	return d.page(http.StatusOK)
}

func notConnected(err error) (*htmlPage, error) {
	f := fault.Of(err)
	status := f.Code.Means().Status
	if f.Code == fault.AuthFailed {
		status = http.StatusForbidden
	}
	return oauthPageData{Heading: "Not connected", Text: f.Message, Hint: f.Hint}.page(status)
}

func (d oauthPageData) page(status int) (*htmlPage, error) {
	var b bytes.Buffer
	err := oauthPage.Execute(&b, struct {
		oauthPageData
		Style  template.CSS
		Script template.JS
	}{d, template.CSS(oauthPageCSS), template.JS(oauthPageJS)}) //nolint:gosec // both are files of ours
	if err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return &htmlPage{Status: status, ContentType: mediaHTML, Policy: oauthPagePolicy, Body: b.Bytes()}, nil
}
