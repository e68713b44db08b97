// Package task runs one action node: what happens inside a connector's Lambda.
package task
