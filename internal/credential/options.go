package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
	"switchboard/internal/template"
	"switchboard/internal/vault"
)

// OptionLoader asks a connector's function which values a field may take.
type OptionLoader interface {
	// Options gives a page of values, or a fault of a task's code. values are those
	// that the field depends on.
	Options(ctx context.Context, connectorName string, at vault.Place, s vault.Sealed, q OptionQuestion, values map[string]any) (connector.OptionPage, error)
}

// OptionQuestion names a field and what is looked for in its values.
type OptionQuestion struct {
	Connector, Action, Field string
	// Agent, where it is given, is the one that the credential has to be linked to.
	Agent          string
	Search, Cursor string
	Values         string // of other fields of the action: a JSON object, or nothing
}

// OptionsConfig is what Options is made of.
type OptionsConfig struct {
	Repository Repository
	Loader     OptionLoader
	Catalog    *connector.Catalog
	Now        func() time.Time
}

// Options lists values of fields, as the service behind a credential knows them.
// What it has listed it keeps for a few minutes: a form asks with every letter.
type Options struct {
	OptionsConfig
	kept keptOptions
}

// NewOptions returns one that has kept nothing yet.
func NewOptions(c OptionsConfig) *Options { return &Options{OptionsConfig: c} }

// maxOptionText bounds search, cursor and values, in bytes.
const maxOptionText = 2 << 10

// Load lists the values of a field. NotFound where the credential is not in the
// account, or linked to no agent: a link is what allows its use. ValidationFailed
// for a question that makes no sense, and the fault of the service where it
// refuses, as a task would end with it.
func (o *Options) Load(ctx context.Context, p account.Principal, id string, q OptionQuestion) (connector.OptionPage, error) {
	var none connector.OptionPage
	if q.Agent == "" {
		q.Agent = p.Agent
	}
	if p.Agent != "" && q.Agent != p.Agent { // what others are linked to is not for who is there for one
		return none, notLinked()
	}
	c, sealed, err := o.linked(ctx, p, id, q.Agent)
	if err != nil {
		return none, err
	}
	field, values, err := o.check(c, q)
	if err != nil {
		return none, err
	}
	// Values of fields are part of the key as JSON, whose members are in order.
	key, err := json.Marshal([]any{c.Account, c.ID, c.Revision, q.Connector, field.Options, q.Search, q.Cursor, values})
	if err != nil {
		return none, fmt.Errorf("naming the options: %w", err)
	}
	now := o.Now()
	if page, ok := o.kept.get(string(key), now); ok {
		return page, nil
	}
	at := vault.Place{Account: c.Account, Credential: c.ID, CredentialType: c.Type}
	if err := o.Repository.Note(audit.With(ctx, p, audit.OpenCredential, id)); err != nil {
		return none, fmt.Errorf("noting the question: %w", err)
	}
	page, err := o.Loader.Options(ctx, q.Connector, at, sealed, q, values)
	if err != nil {
		return none, fmt.Errorf("listing options: %w", err)
	}
	o.kept.put(string(key), page, now)
	return page, nil
}

// linked reads a credential that is linked: to the agent, or to any if none is named.
func (o *Options) linked(ctx context.Context, p account.Principal, id, agent string) (Credential, vault.Sealed, error) {
	c, err := o.Repository.Credential(ctx, p.Account, id)
	if err != nil {
		return c, vault.Sealed{}, fmt.Errorf("reading credential: %w", err)
	}
	sealed, isLinked, err := o.Repository.Sealed(ctx, p.Account, c.Type, c.ID, agent)
	if err != nil {
		return c, sealed, fmt.Errorf("reading credential: %w", err)
	}
	if agent == "" {
		agents, err := o.Repository.LinkedAgents(ctx, p.Account, c.ID)
		if err != nil {
			return c, sealed, fmt.Errorf("reading links: %w", err)
		}
		isLinked = len(agents) > 0
	}
	if !isLinked {
		return c, sealed, notLinked()
	}
	return c, sealed, nil
}

func notLinked() *fault.Error {
	return fault.NotFoundf("The credential is not linked to the agent.").
		WithHint("Link it on the agent's Integrations page; then values can be listed with it.")
}

// check finds the field, and the values of those that it depends on.
func (o *Options) check(c Credential, q OptionQuestion) (schema.Field, map[string]any, error) {
	con, ok := o.Catalog.Connector(q.Connector)
	if !ok {
		var accepting []string
		for _, con := range o.Catalog.Accepting(c.Type) {
			accepting = append(accepting, con.Name)
		}
		return badQuestion("connector", "is not a connector", spelling.Hint(q.Connector, accepting, "The credential is for"))
	}
	if !con.Accepts(c.Type) {
		return badQuestion("connector", "does not take this credential", con.Title+" takes credentials of the type "+strings.Join(typesOf(con), ", ")+".")
	}
	action, ok := con.Action(q.Action)
	if !ok {
		var names []string
		for _, a := range con.Actions {
			names = append(names, a.Name)
		}
		return badQuestion("action", "is not an action of "+con.Title, spelling.Hint(q.Action, names, "The actions are"))
	}
	field, ok := action.Input.Lookup(q.Field)
	if !ok || field.Options == "" {
		var names []string
		for _, f := range action.Input {
			if f.Options != "" {
				names = append(names, f.Name)
			}
		}
		hint := "None of this action's fields has values that can be listed; type it by hand."
		if len(names) > 0 {
			hint = spelling.Hint(q.Field, names, "Those that have are")
		}
		return badQuestion("field", "has no values that can be listed", hint)
	}
	for _, given := range []struct{ name, text string }{{"query", q.Search}, {"cursor", q.Cursor}, {"values", q.Values}} {
		if len(given.text) > maxOptionText {
			return badQuestion(given.name, fmt.Sprintf("is longer than %d bytes", maxOptionText), "")
		}
	}
	var given map[string]any
	if q.Values != "" {
		if err := json.Unmarshal([]byte(q.Values), &given); err != nil {
			return badQuestion("values", "is not a JSON object", `It looks like {"project": "OPS"}.`)
		}
	}
	values, err := dependedOn(action, field, given)
	return field, values, err
}

// dependedOn takes the values of the fields that a field depends on; others do not matter.
func dependedOn(action connector.Action, field schema.Field, given map[string]any) (map[string]any, error) {
	values := map[string]any{}
	for _, name := range field.OptionsDepend {
		other, _ := action.Input.Lookup(name)
		value := given[name]
		if value == nil || value == "" {
			_, _, err := badQuestion("values", other.Title+" has to be known first", "Choose "+other.Title+", or type this value by hand.")
			return nil, err
		}
		if text, ok := value.(string); ok && template.HasExpression(text) {
			_, _, err := badQuestion("values", other.Title+" is a variable, so its value is not known while editing", "Type this value by hand, or use a variable for it, too.")
			return nil, err
		}
		if _, problems := (schema.Fields{other}).Decode(map[string]any{name: value}); len(problems) > 0 {
			_, _, err := badQuestion("values", problems[0].Message, problems[0].Hint)
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

func typesOf(con connector.Connector) []string {
	var names []string
	for _, t := range con.CredentialTypes {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

func badQuestion(parameter, message, hint string) (schema.Field, map[string]any, error) {
	f := fault.New(fault.ValidationFailed, "The values of the field cannot be listed.")
	f.Fields = []fault.Field{{Pointer: "/query/" + parameter, Message: message, Hint: hint}}
	return schema.Field{}, nil, f
}
