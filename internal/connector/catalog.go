package connector

import (
	"fmt"
	"strings"
)

// Catalog is the set of connectors that a deployment offers, in the order given.
type Catalog struct {
	connectors []Connector
	byName     map[string]int
	types      map[string]CredentialType
	typeOrder  []string
}

// NewCatalog puts connectors together. Two of one name, or two different titles
// for one credential type, are a programming error that a test of the catalog finds.
func NewCatalog(connectors ...Connector) (*Catalog, error) {
	c := &Catalog{connectors: connectors, byName: map[string]int{}, types: map[string]CredentialType{}}
	for i, con := range connectors {
		if _, ok := c.byName[con.Name]; ok {
			return nil, fmt.Errorf("building catalog: connector %s is there twice", con.Name)
		}
		c.byName[con.Name] = i
		for _, t := range con.CredentialTypes {
			if known, ok := c.types[t.Name]; ok {
				if known.Title != t.Title || len(known.Fields) != len(t.Fields) {
					return nil, fmt.Errorf("building catalog: credential type %s is declared in two ways", t.Name)
				}
				continue
			}
			c.types[t.Name] = t
			c.typeOrder = append(c.typeOrder, t.Name)
		}
	}
	return c, nil
}

// All lists the connectors.
func (c *Catalog) All() []Connector { return c.connectors }

// Connector finds one by name.
func (c *Catalog) Connector(name string) (Connector, bool) {
	i, ok := c.byName[name]
	if !ok {
		return Connector{}, false
	}
	return c.connectors[i], true
}

// Action finds connector and action of a node type such as slack.post_message.
func (c *Catalog) Action(nodeType string) (Connector, Action, bool) {
	name, action, ok := strings.Cut(nodeType, ".")
	if !ok {
		return Connector{}, Action{}, false
	}
	con, ok := c.Connector(name)
	if !ok {
		return Connector{}, Action{}, false
	}
	a, ok := con.Action(action)
	return con, a, ok
}

// NodeTypes lists every action as a node type.
func (c *Catalog) NodeTypes() []string {
	var types []string
	for _, con := range c.connectors {
		for _, a := range con.Actions {
			types = append(types, con.Name+"."+a.Name)
		}
	}
	return types
}

// CredentialType finds a credential type by name.
func (c *Catalog) CredentialType(name string) (CredentialType, bool) {
	t, ok := c.types[name]
	return t, ok
}

// CredentialTypes lists the names of all credential types.
func (c *Catalog) CredentialTypes() []string { return c.typeOrder }

// Accepting lists the connectors that accept credentials of the type.
func (c *Catalog) Accepting(credentialType string) []Connector {
	var accepting []Connector
	for _, con := range c.connectors {
		if con.Accepts(credentialType) {
			accepting = append(accepting, con)
		}
	}
	return accepting
}
