package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The pages about connectors are made from their declarations; a test keeps the
// files in step, and writes them with -update.

// Index is the page that lists all connectors, by category.
func Index(c *connector.Catalog) string {
	var b strings.Builder
	b.WriteString("# Connectors\n\nMade from the declarations by `go test ./internal/catalog -update`.\n\n")
	b.WriteString("| connector | category | credential types | actions |\n| --- | --- | --- | --- |\n")
	for _, con := range c.All() {
		var types, actions []string
		for _, t := range con.CredentialTypes {
			types = append(types, code(t.Name))
		}
		for _, a := range con.Actions {
			actions = append(actions, code(con.Name+"."+a.Name))
		}
		fmt.Fprintf(&b, "| [%s](%s/README.md) | %s | %s | %s |\n", con.Title, con.Name, con.Category, strings.Join(types, ", "), strings.Join(actions, ", "))
	}
	b.WriteString(adding)
	return b.String()
}

// adding tells how a connector is added; TestAddingAConnector does just that.
const adding = `
## Adding one

1. Make a folder here, named as the connector: the declaration in ` + "`<name>.go`" + `, a file per action with at least one worked
   example, ` + "`setup.md`" + ` (numbered steps, scopes, what commonly goes wrong), ` + "`icon.svg`" + ` (24 by 24, a glyph of our own in
   ` + "`currentColor`" + `), and a test that calls ` + "`connectortest.Run`" + `. ` + "`internal/catalog/testdata/toy`" + ` is a small one to begin with.
2. Add a line to ` + "`internal/catalog/catalog.go`" + `.
3. Write what is made from the declarations: ` + "`go test ./internal/catalog -update`" + ` the pages, ` + "`go test ./functions -update`" + ` the
   Lambda function and its events, ` + "`go generate ./infra`" + ` its part of ` + "`template.yaml`" + `.
`

// Page is the page about one connector.
func Page(con connector.Connector) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\nMade from the declaration by `go test ./internal/catalog -update`.\n", con.Title, con.Summary)
	if con.Base != "" {
		fmt.Fprintf(&b, "\nCalls go to `%s`.\n", con.Base)
	}
	fmt.Fprintf(&b, "\n## Setting it up\n\n%s\n", strings.TrimSpace(con.SetupGuide))
	for _, t := range con.CredentialTypes {
		fmt.Fprintf(&b, "\n## Credential %s\n\n%s\n\n", code(t.Name), t.Summary)
		fields(&b, t.Fields)
		if t.Verify == nil {
			b.WriteString("\nThe service has no way to verify it.\n")
		}
	}
	for _, a := range con.Actions {
		action(&b, con, a)
	}
	return b.String()
}

func action(b *strings.Builder, con connector.Connector, a connector.Action) {
	fmt.Fprintf(b, "\n## Action %s\n\n%s\n\n", code(con.Name+"."+a.Name), a.Summary)
	fields(b, a.Input)
	if len(a.Output) > 0 {
		b.WriteString("\nGives:\n\n")
		fields(b, a.Output)
	}
	if a.Ports != nil {
		fmt.Fprintf(b, "\nEach text of %s is a port of the step; an edge without a port is taken where none leaves by the one that %s names.\n", code(a.Ports.Names.Name), code(a.Ports.Taken.Name))
	}
	if a.Repeatable == nil {
		b.WriteString("\nCalling it twice does it twice, so a call whose outcome is not known is not made again.\n")
	} else {
		b.WriteString("\nWhere calling it again does no more than calling it once, a call whose outcome is not known is made again.\n")
	}
	for _, e := range a.Examples {
		config, err := json.MarshalIndent(e.Config, "", "  ")
		if err != nil { // an example that cannot be written is no example; the test sees it
			config = []byte(err.Error())
		}
		fmt.Fprintf(b, "\n%s:\n\n```json\n%s\n```\n", e.Title, config)
	}
}

func fields(b *strings.Builder, fs schema.Fields) {
	if len(fs) == 0 {
		b.WriteString("No fields.\n")
		return
	}
	b.WriteString("| field | kind | what it is |\n| --- | --- | --- |\n")
	for _, f := range fs {
		kind := string(f.Kind)
		if f.Kind == schema.Choice {
			kind = strings.Join(quoted(f.Choices), ", ")
		}
		if f.Required {
			kind += ", required"
		}
		if f.Default != nil {
			kind += fmt.Sprintf(", else `%v`", f.Default)
		}
		help := f.Help
		if len(f.Fields) > 0 {
			help = strings.TrimSpace(help + " Each has " + strings.Join(quoted(f.Fields.Names()), ", ") + ".")
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(f.Name), kind, cell(help))
	}
}

func quoted(names []string) []string {
	all := slices.Clone(names)
	for i := range all {
		all[i] = code(all[i])
	}
	return all
}

func code(s string) string { return "`" + s + "`" }

// cell keeps a text from breaking out of its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
