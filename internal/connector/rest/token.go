package rest

import (
	"context"
	"errors"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// withToken sends the request with an access token. A token that is refused is
// renewed and the request sent again, once: a service that answers 401 has not
// acted, so this does nothing twice.
func (s Service) withToken(ctx context.Context, call *connector.Call, r Request) (Response, error) {
	token, err := call.Token(ctx, "")
	if err != nil {
		return Response{}, err
	}
	for again := false; ; again = true {
		answer, err := s.send(ctx, call, r, token)
		if err == nil || answer.Status != http.StatusUnauthorized {
			return answer, err
		}
		renewed, tokenErr := call.Token(ctx, token)
		switch {
		case tokenErr != nil:
			return answer, explained(err, tokenErr)
		case again || renewed == token:
			return answer, err
		}
		token = renewed
	}
}

// explained is a service's refusal with what the attempt to renew the token says
// about it.
func explained(refusal, err error) error {
	why := fault.Of(err)
	f, ok := errors.AsType[*fault.Error](refusal)
	if !ok || why.Code != fault.AuthFailed {
		return err
	}
	if why.Hint != "" {
		f.Hint = why.Hint
	}
	return f
}
