package httpapi

import (
	"net/http"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/fault"
)

// authenticate finds out who calls.
func (s *server) authenticate(r *http.Request) (account.Principal, error) {
	token, ok := bearerToken(r.Header)
	if !ok {
		return account.Principal{}, noToken()
	}
	p, err := s.Authenticate(r.Context(), token)
	if err != nil {
		return account.Principal{}, err
	}
	traceOf(r.Context()).caller = p
	return p, nil
}

func noToken() *fault.Error {
	return fault.New(fault.Unauthorized, "The request has no bearer token.").
		WithHint("Send the header Authorization: Bearer, followed by your token.")
}

func bearerToken(h http.Header) (string, bool) {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}
