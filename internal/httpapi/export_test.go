package httpapi

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/account"
)

// RoutesWithRules lists what the table of access has.
func RoutesWithRules() []string { return slices.Sorted(maps.Keys(access)) }

// MountForgotten adds a route that may not be in the table.
func MountForgotten(op huma.Operation) {
	register(humago.New(http.NewServeMux(), apiConfig("")), op, func(context.Context, account.Principal, *struct{}) (*done, error) { return &done{}, nil })
}
