package main

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/lambdainvoke"
	"switchboard/internal/vault"
)

// sealing is the connectors' functions, which may open what they seal anew.
type sealing struct {
	connectors *lambdainvoke.Connectors
	takes      map[string]string // types of credentials: a connector that takes them
}

func newSealing(connectors *lambdainvoke.Connectors, offered *connector.Catalog) sealing {
	s := sealing{connectors, map[string]string{}}
	for _, con := range offered.All() {
		for _, t := range con.CredentialTypes {
			s.takes[t.Name] = con.Name
		}
	}
	return s
}

// Reseal implements reseal.Functions.
func (s sealing) Reseal(ctx context.Context, at vault.Place, sealed vault.Sealed) (vault.Sealed, error) {
	name, ok := s.takes[at.CredentialType]
	if !ok {
		return vault.Sealed{}, fault.New(fault.CredentialUnreadable, "No connector takes credentials of type %q.", at.CredentialType)
	}
	return s.connectors.Reseal(ctx, name, at, sealed)
}
