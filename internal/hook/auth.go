package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/request"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
	"switchboard/internal/vault"
	"switchboard/internal/workflow"
)

// proof is what is known of a caller who was let in.
type proof struct {
	mac []byte // what signed gives
	// secrets hides what the caller was known by: the request may have it elsewhere, too.
	secrets *secret.Redactor
}

// authenticate checks the caller against the trigger's credential. The credential
// must be linked to the agent at this moment.
func (s *Service) authenticate(ctx context.Context, w workflow.Workflow, auth workflow.WebhookAuth, r Request) (p proof, err error) {
	if auth.Type == workflow.AuthNone {
		return p, nil
	}
	known, err := s.secret(ctx, w, auth.Credential)
	if err != nil {
		return p, err
	}
	p.secrets = secret.NewRedactor(secret.New(known))
	ok := false
	switch auth.Type {
	case workflow.AuthToken:
		ok = tokenFits(r.Header.Get(auth.Header), known)
	case workflow.AuthBasic:
		ok = basicFits(r.Header, known)
		if _, password, both := strings.Cut(known, ":"); both {
			p.secrets.Hide(password)
		}
	case workflow.AuthHMAC:
		p.mac, err = signed(auth, r, known, s.Now())
		return p, err
	}
	if !ok {
		return p, fault.New(fault.Unauthorized, "The webhook's authentication failed.").WithHint("%s", expected(auth))
	}
	return p, nil
}

// refused has a request that was refused counted in the audit.
func (s *Service) refused(ctx context.Context, w workflow.Workflow, auth workflow.WebhookAuth, why error) {
	if !fault.Is(why, fault.Unauthorized) {
		return
	}
	s.count(ctx, audit.Entry{
		Account: w.Account, Actor: "anonymous", Action: audit.RefuseWebhook, Resource: w.ID, Agent: w.Agent, Reason: reasonOf(auth, why),
	})
}

// opened has it counted that the credential was opened for a request that was let in
// and started nothing: what an execution's opening is told with is not there.
func (s *Service) opened(ctx context.Context, w workflow.Workflow, auth workflow.WebhookAuth) {
	if auth.Credential == "" {
		return
	}
	s.count(ctx, audit.Entry{
		Account: w.Account, Actor: triggerOf(w), Action: audit.OpenCredential, Resource: auth.Credential, Agent: w.Agent, Reason: "nothing_started",
	})
}

// count counts what comes with requests that start nothing. Many can send such, as many
// as they like: so they are counted, and the audit grows with time alone. Where that
// fails, the caller gets the same answer: what a full disk does to the audit is for
// those who read the log, and nobody else's to see.
func (s *Service) count(ctx context.Context, e audit.Entry) {
	if err := s.Counts.Count(ctx, e); err != nil {
		s.Log.ErrorContext(ctx, "counting a request that started nothing", "request_id", request.ID(ctx), "account", e.Account,
			"action", e.Action, "resource", e.Resource, "reason", e.Reason, "error", err)
	}
}

// reasonOf is what the audit calls a failure to authenticate.
func reasonOf(auth workflow.WebhookAuth, why error) string {
	switch {
	case errors.Is(why, errOld):
		return "signature_time"
	case auth.Type == workflow.AuthToken:
		return "token"
	case auth.Type == workflow.AuthBasic:
		return "password"
	default:
		return "signature"
	}
}

func expected(auth workflow.WebhookAuth) string {
	switch auth.Type {
	case workflow.AuthToken:
		return fmt.Sprintf("Send the secret in the header %s.", auth.Header)
	case workflow.AuthBasic:
		return "Send user and password by HTTP basic authentication."
	default:
		if s, timed := schemeOf(auth.Header); timed {
			return fmt.Sprintf("Sign time and body as the service does that the header %s is known from; without the time it is not taken.", s.header)
		}
		return fmt.Sprintf("Send the HMAC-SHA256 of the body under the secret, in hexadecimal or base64, in the header %s.", auth.Header)
	}
}

func (s *Service) secret(ctx context.Context, w workflow.Workflow, credential string) (string, error) {
	sealed, linked, err := s.Secrets.Sealed(ctx, w.Account, s.Secret.Name, credential, w.Agent)
	switch {
	case fault.Is(err, fault.NotFound) || (err == nil && !linked):
		// The caller can do nothing about it, and learns no more than that.
		return "", fault.New(fault.Unavailable, "The webhook cannot check its callers at the moment.").
			WithHint("Its owner has to link the webhook's credential to the agent again.")
	case err != nil:
		return "", fmt.Errorf("reading the webhook's secret: %w", err)
	}
	data, err := s.Opener.Open(ctx, vault.Place{Account: w.Account, Credential: credential, CredentialType: s.Secret.Name}, sealed)
	if err != nil {
		return "", fmt.Errorf("opening the webhook's secret: %w", err)
	}
	input, _ := s.Secret.Fields.Decode(data)
	for _, f := range s.Secret.Fields {
		if f.Kind == schema.Secret {
			return input.Text(f), nil
		}
	}
	return "", fault.New(fault.Internal, "The webhook's credential has no secret.")
}

// same compares in constant time; hashing first hides the lengths.
func same(a, b string) bool {
	ha, hb := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(ha[:], hb[:]) == 1
}

func tokenFits(given, secret string) bool {
	given = strings.TrimSpace(given)
	if scheme, token, ok := strings.Cut(given, " "); ok && strings.EqualFold(scheme, "Bearer") {
		given = strings.TrimSpace(token)
	}
	return given != "" && same(given, secret)
}

// basicFits compares "user:password" with the secret; a secret without a colon is
// the password, whoever the user.
func basicFits(h http.Header, secret string) bool {
	user, password, ok := (&http.Request{Header: h}).BasicAuth()
	if !ok {
		return false
	}
	if strings.Contains(secret, ":") {
		return same(user+":"+password, secret)
	}
	return same(password, secret)
}

// signatureFits accepts the HMAC in hexadecimal or base64, with or without a prefix
// such as "sha256=".
func signatureFits(given string, body []byte, secret string) bool {
	given = strings.TrimSpace(given)
	if prefix, value, ok := strings.Cut(given, "="); ok && strings.EqualFold(prefix, "sha256") {
		given = value
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	want := mac.Sum(nil)
	return hmac.Equal(decoded(given), want)
}
