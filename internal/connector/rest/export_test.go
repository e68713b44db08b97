package rest

import (
	"net/url"

	"switchboard/internal/connector"
)

// Target is where a request goes.
func Target(s Service, call *connector.Call, r Request) (*url.URL, error) { return s.target(call, r) }
