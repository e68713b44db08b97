// Package infra holds template.yaml to the rest of the repository: its tests compare
// it with the functions, the events, the catalog, the routes, the environment that
// functions read and the calls of AWS that they make, and hand it to the tools that
// would deploy it.
//
// The connectors' part of the template is written by
//
//	go generate ./infra
//
// from the catalog: a function and a role for each, and the list of whom state
// machines may call. All else in it is written by hand, because people review
// permissions there.
package infra

//go:generate go run ./generate
