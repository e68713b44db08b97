package task

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/token"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
	"switchboard/internal/vault"
)

// Authorization asks a connector's function for the page where a person grants
// access: only the function can read the client's id out of what was sealed.
type Authorization struct {
	Account        string       `json:"account"`
	Credential     string       `json:"credential"` // the place it was sealed for
	CredentialType string       `json:"credential_type"`
	Sealed         vault.Sealed `json:"sealed"`
	State          string       `json:"state"`
	Challenge      string       `json:"challenge"`
	RedirectURI    string       `json:"redirect_uri"`
	Scopes         []string     `json:"scopes"`
}

// Exchange hands the code over with which the person came back.
type Exchange struct {
	Account        string       `json:"account"`
	Credential     string       `json:"credential"`
	CredentialType string       `json:"credential_type"`
	Sealed         vault.Sealed `json:"sealed"`
	Verifier       vault.Sealed `json:"verifier"` // of PKCE: VerifierMember of an object
	Code           string       `json:"code"`
	RedirectURI    string       `json:"redirect_uri"`
	Scopes         []string     `json:"scopes"` // without which the grant is of no use
}

// VerifierMember is the member of the sealed object that holds the verifier.
const VerifierMember = "code_verifier"

// Exchanged is a credential with its grant.
type Exchanged struct {
	Sealed   vault.Sealed       `json:"sealed"`
	Identity connector.Identity `json:"identity"` // empty where the service could not be asked
}

// Authorize gives the address of the page.
func (h *Host) Authorize(ctx context.Context, q Authorization) (string, error) {
	g, err := h.openGrant(ctx, vault.Place{Account: q.Account, Credential: q.Credential, CredentialType: q.CredentialType}, q.Sealed)
	if err != nil {
		return "", err
	}
	if g.call.Credential.Data.Text(connector.ClientID) == "" {
		const missing = "There is no client ID, and this deployment has no client of its own."
		return "", fault.New(fault.InvalidInput, missing).WithHint("Make an OAuth client as the setup guide says, and enter its ID and secret.").
			At("/data/"+connector.ClientID.Name, missing)
	}
	scopes := slices.Concat(g.credentialType.OAuth.Scopes, strings.Fields(g.call.Credential.Data.Text(connector.GrantedScope)), q.Scopes)
	page, err := g.endpoint().Address(token.Question{
		State: q.State, Challenge: q.Challenge, RedirectURI: q.RedirectURI, Scopes: eachOnce(scopes),
	})
	if err != nil {
		return "", redacted(asTaskFault(err), g.redactor)
	}
	return page, nil
}

// Exchange gets the grant for the code, and seals it into the credential.
func (h *Host) Exchange(ctx context.Context, x Exchange) (Exchanged, error) {
	at := vault.Place{Account: x.Account, Credential: x.Credential, CredentialType: x.CredentialType}
	g, err := h.openGrant(ctx, at, x.Sealed)
	if err != nil {
		return Exchanged{}, err
	}
	proof, err := h.Opener.Open(ctx, at, x.Verifier)
	if err != nil {
		return Exchanged{}, asTaskFault(fmt.Errorf("opening the verifier: %w", err))
	}
	verifier, _ := proof[VerifierMember].(string)
	got, err := g.endpoint().Exchange(ctx, x.Code, verifier, x.RedirectURI)
	if err != nil {
		return Exchanged{}, redacted(asTaskFault(err), g.redactor)
	}
	if err := checkGrant(h.Connector.Title, got, x.Scopes); err != nil {
		return Exchanged{}, err
	}
	// The old grant, if there was one, may be that of another person.
	for _, f := range connector.GrantFields() {
		delete(g.data, f.Name)
	}
	data := withToken(g.data, got)
	identity, err := h.identityOf(ctx, at, g.credentialType, data)
	if err != nil {
		return Exchanged{}, err
	}
	sealed, err := h.Sealer.Seal(ctx, at, data)
	if err != nil {
		return Exchanged{}, asTaskFault(fmt.Errorf("sealing the grant: %w", err))
	}
	return Exchanged{Sealed: sealed, Identity: identity}, nil
}

// checkGrant sees whether the person granted what is needed: pages of consent let
// people leave parts out.
func checkGrant(title string, got token.Token, needed []string) error {
	if got.Refresh == "" {
		return fault.New(fault.AuthFailed, "%s gave access for a moment only: there is no refresh token.", title).
			WithHint("Remove Switchboard's access in the account's settings, check that the client may have refresh tokens, and connect again.")
	}
	granted := strings.Fields(got.Scope)
	if len(granted) == 0 { // as asked for (RFC 6749, 5.1)
		return nil
	}
	for _, scope := range needed {
		if !slices.Contains(granted, scope) {
			return fault.New(fault.AuthFailed, "Access was granted, but not to what %s needs (%s).", title, scope).
				WithHint("Connect again, and leave all boxes ticked on the page that asks for access.")
		}
	}
	return nil
}

// identityOf asks whose the grant is. That the service cannot be asked right now is
// no reason to lose it.
func (h *Host) identityOf(ctx context.Context, at vault.Place, t connector.CredentialType, data map[string]any) (connector.Identity, error) {
	if t.Verify == nil {
		return connector.Identity{}, nil
	}
	data, err := h.withApp(ctx, t, data)
	if err != nil {
		return connector.Identity{}, asTaskFault(err)
	}
	input, problems := t.Fields.Decode(data)
	if len(problems) > 0 {
		return connector.Identity{}, fault.New(fault.BadResponse, "%s gave something that does not fit the credential: %s", h.Connector.Title, problems[0].Message)
	}
	call, redactor := h.newCall(at, input)
	identity, err := identify(ctx, t, call, redactor)
	if err != nil && fault.Of(err).Code.Means().Passing {
		h.Log.WarnContext(ctx, "a new grant could not be verified", "account", at.Account, "credential", at.Credential, "error", string(fault.Of(err).Code))
		return connector.Identity{}, nil
	}
	return identity, err
}

func (h *Host) newCall(at vault.Place, data schema.Input) (*connector.Call, *secret.Redactor) {
	return h.Network.NewCall(h.Connector, outbound.Task{
		Credential: connector.Credential{ID: at.Credential, Type: at.CredentialType, Data: data}, Log: h.Log, Now: h.Now,
	})
}

// grant is an opened credential whose type has OAuth.
type grant struct {
	credentialType connector.CredentialType
	title          string
	sealed         vault.Sealed
	data           map[string]any // as it was sealed: without the deployment's client
	call           *connector.Call
	redactor       *secret.Redactor
}

func (h *Host) openGrant(ctx context.Context, at vault.Place, sealed vault.Sealed) (*grant, error) {
	t, ok := h.Connector.CredentialType(at.CredentialType)
	if !ok || t.OAuth == nil {
		return nil, fault.New(fault.InvalidInput, "%s takes no grant of the type %q.", h.Connector.Title, at.CredentialType)
	}
	cred, err := h.unseal(ctx, at, t, sealed)
	if err != nil {
		return nil, asTaskFault(err)
	}
	data, err := h.Opener.Open(ctx, at, sealed)
	if err != nil {
		return nil, asTaskFault(fmt.Errorf("opening the credential: %w", err))
	}
	g := &grant{credentialType: t, title: h.Connector.Title, sealed: sealed, data: data}
	g.call, g.redactor = h.newCall(at, cred.Data)
	return g, nil
}

func (g *grant) endpoint() token.Endpoint {
	return token.Endpoint{Title: g.title, OAuth: *g.credentialType.OAuth, Call: g.call}
}

// withToken is the data with a new token within.
func withToken(data map[string]any, t token.Token) map[string]any {
	fresh := maps.Clone(data)
	fresh[connector.AccessToken.Name] = t.Access
	delete(fresh, connector.ExpiresAt.Name)
	if !t.ExpiresAt.IsZero() {
		fresh[connector.ExpiresAt.Name] = t.ExpiresAt.Format(time.RFC3339)
	}
	if t.Refresh != "" { // else the old one stays good (RFC 6749, 6)
		fresh[connector.RefreshToken.Name] = t.Refresh
	}
	if t.Scope != "" {
		fresh[connector.GrantedScope.Name] = t.Scope
	}
	for name, value := range t.Kept {
		fresh[name] = value
	}
	return fresh
}

func eachOnce(texts []string) []string {
	var once []string
	for _, text := range texts {
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}
