package connectortest

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	stepPattern    = regexp.MustCompile(`(?m)^\d+\. \S`)
	mistakePattern = regexp.MustCompile(`(?i)common mistakes|goes wrong`)
	secretPattern  = regexp.MustCompile(`(^|_)(token|secret|password|api_key|auth_token|access_key)$`)
)

// maxIcon is how large an icon may be, in bytes: it is sent with every catalog.
const maxIcon = 4 << 10

// findings collects what is wrong with a declaration.
type findings []error

func (f *findings) expect(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}

func (s *suite) declarationChecks() []check {
	checks := []check{
		{"declaration/connector", s.checkConnector},
		{"declaration/guide", s.checkGuide},
		{"declaration/icon", func(context.Context) error { return checkIcon(s.con.Icon) }},
		{"declaration/credentials", s.checkCredentialTypes},
		{"declaration/options", s.checkOptions},
	}
	for _, a := range s.con.Actions {
		checks = append(checks,
			check{a.Name + "/declaration", func(context.Context) error { return checkAction(a) }},
			check{a.Name + "/examples", func(context.Context) error { return checkExamples(a) }})
	}
	return checks
}

func (s *suite) checkConnector(context.Context) error {
	var f findings
	c := s.con
	f.expect(namePattern.MatchString(c.Name), "name %q does not match %s", c.Name, namePattern)
	f.text("connector", c.Title, c.Summary)
	f.expect(slices.Contains([]connector.Category{
		connector.Email, connector.Messaging, connector.CRM, connector.Ticketing,
		connector.IoT, connector.HTTP, connector.AI, connector.Data,
	}, c.Category), "category %q is none of the categories", c.Category)
	f.expect(len(c.Actions) > 0, "there is no action")
	f.expect(c.AnyHost || c.Base != "" || len(c.Hosts) > 0 || c.CredentialHosts != nil,
		"nothing says which hosts it calls: Base, Hosts, CredentialHosts or AnyHost")
	f.expect(!strings.HasSuffix(c.Base, "/"), "base %q ends in a slash", c.Base)
	f.expect(c.Base == "" || strings.HasPrefix(c.Base, "https://"), "base %q does not begin with https://", c.Base)
	var names []string
	for _, a := range c.Actions {
		f.expect(!slices.Contains(names, a.Name), "action %s is there twice", a.Name)
		names = append(names, a.Name)
	}
	return errors.Join(f...)
}

// text checks a title and a one-sentence summary.
func (f *findings) text(of, title, summary string) {
	f.expect(title != "" && !strings.HasSuffix(title, ".") && len(title) <= 60, "%s: title %q should be a few words without a full stop", of, title)
	f.expect(strings.HasSuffix(summary, ".") && len(summary) <= 200 && !strings.Contains(summary, "\n"), "%s: summary %q should be one sentence", of, summary)
}

func (s *suite) checkGuide(context.Context) error {
	var f findings
	guide := s.con.SetupGuide
	f.expect(len(stepPattern.FindAllString(guide, -1)) >= 2, "the setup guide has no numbered steps")
	f.expect(mistakePattern.MatchString(guide), "the setup guide does not say what commonly goes wrong")
	f.expect(!strings.Contains(guide, "\t"), "the setup guide holds tabs: a raw string was indented")
	return errors.Join(f...)
}

// checkIcon checks that an icon is small, well-formed, follows the text colour and
// cannot do anything: it becomes part of the console's page.
func checkIcon(icon string) error {
	var f findings
	f.expect(len(icon) <= maxIcon, "the icon has %d bytes; at most %d", len(icon), maxIcon)
	f.expect(strings.Contains(icon, "currentColor"), "the icon is not drawn in currentColor")
	dec := xml.NewDecoder(strings.NewReader(icon))
	allowed := []string{"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title"}
	for first := true; ; first = false {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			f.expect(!first, "there is no icon")
			return errors.Join(f...)
		}
		if err != nil {
			return errors.Join(append(f, fmt.Errorf("the icon is no well-formed SVG: %w", err))...)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			f.expect(!first, "the icon does not begin with <svg>")
			continue
		}
		f.expect(!first || start.Name.Local == "svg", "the icon does not begin with <svg>")
		f.expect(slices.Contains(allowed, start.Name.Local), "the icon holds <%s>; it may hold %s", start.Name.Local, strings.Join(allowed, ", "))
		for _, a := range start.Attr {
			f.expect(!strings.HasPrefix(strings.ToLower(a.Name.Local), "on") && a.Name.Local != "href" && a.Name.Local != "style",
				"the icon has the attribute %s", a.Name.Local)
			f.expect(a.Name.Local != "viewBox" || a.Value == "0 0 24 24", "the icon's viewBox is %q, not 0 0 24 24", a.Value)
			f.expect(a.Name.Local != "stroke-width" || a.Value == "1.75", "the icon's lines are %s wide; those of all are 1.75", a.Value)
		}
	}
}

func (s *suite) checkCredentialTypes(context.Context) error {
	var f findings
	f.expect(len(s.con.CredentialTypes) > 0, "there is no credential type")
	for _, t := range s.con.CredentialTypes {
		f.expect(namePattern.MatchString(t.Name), "credential type %q does not match %s", t.Name, namePattern)
		f.expect(t.Title != "", "credential type %s has no title", t.Name)
		f.fields("credential type "+t.Name, t.Fields)
		hint, ok := t.Fields.Lookup(t.HintField)
		f.expect(ok, "credential type %s: hint field %q is not among its fields", t.Name, t.HintField)
		secrets := 0
		for _, field := range t.Fields {
			if field.Kind == schema.Secret {
				secrets++
			}
			f.expect(field.Kind == schema.Secret || !secretPattern.MatchString(field.Name), "credential type %s: %s sounds like a secret but is of kind %s", t.Name, field.Name, field.Kind)
		}
		f.expect(secrets > 0, "credential type %s holds no secret", t.Name)
		f.expect(hint.Kind != schema.Secret || secrets > 1 || len(t.Fields) == 1 || hint.Required, "credential type %s: its hint field may be empty", t.Name)
	}
	return errors.Join(f...)
}

func checkAction(a connector.Action) error {
	var f findings
	f.expect(namePattern.MatchString(a.Name), "name %q does not match %s", a.Name, namePattern)
	f.text("action", a.Title, a.Summary)
	f.expect(a.Run != nil, "there is no Run")
	f.expect(len(a.Examples) > 0, "there is no example")
	f.fields("input", a.Input)
	for _, o := range a.Output {
		f.expect(namePattern.MatchString(o.Name), "output %q does not match %s", o.Name, namePattern)
		f.expect(o.Help != "" || o.Title != "", "output %s says nothing of what it holds", o.Name)
	}
	if p := a.Ports; p != nil {
		names, ok := a.Input.Lookup(p.Names.Name)
		f.expect(ok && names.Kind == schema.List, "the ports: there is no input %s that is a list", p.Names.Name)
		taken, ok := a.Output.Lookup(p.Taken.Name)
		f.expect(ok && taken.Kind == schema.Text, "the ports: there is no output %s that is a text", p.Taken.Name)
	}
	return errors.Join(f...)
}

// fields checks declarations of inputs.
func (f *findings) fields(of string, fields schema.Fields) {
	var names []string
	for _, d := range fields {
		at := of + ", field " + d.Name
		f.expect(namePattern.MatchString(d.Name), "%s: the name does not match %s", at, namePattern)
		f.expect(!slices.Contains(names, d.Name), "%s: it is there twice", at)
		names = append(names, d.Name)
		f.expect(d.Title != "", "%s: there is no title", at)
		f.expect(d.Help != "", "%s: there is no help", at)
		f.expect(d.Kind != schema.Choice || len(d.Choices) > 0, "%s: there are no choices", at)
		f.expect(!d.Required || d.Default == nil, "%s: it is required and has a default", at)
		if d.Pattern != "" {
			_, err := regexp.Compile(d.Pattern)
			f.expect(err == nil, "%s: pattern: %v", at, err)
			f.expect(d.PatternHint != "", "%s: nothing says which form the pattern wants", at)
		}
		if d.Default != nil && d.Kind == schema.Choice {
			f.expect(slices.Contains(d.Choices, fmt.Sprint(d.Default)), "%s: the default %v is none of the choices", at, d.Default)
		}
		if d.Kind == schema.Items {
			f.expect(len(d.Fields) > 0, "%s: its items have no fields", at)
			f.fields(at, d.Fields)
		}
	}
}

// checkExamples checks what examples say, before they are run.
func checkExamples(a connector.Action) error {
	var f findings
	shown := map[string]int{}
	for _, e := range a.Examples {
		f.expect(e.Title != "", "an example has no title")
		if _, err := decode(a.Input, e.Config); err != nil {
			f.expect(false, "example %q: %w", e.Title, err)
		}
		for name := range e.Output {
			shown[name]++
			_, declared := a.Output.Lookup(name)
			f.expect(declared || a.OpenOutput, "example %q: the output %s is not declared", e.Title, name)
		}
	}
	for _, o := range a.Output {
		f.expect(shown[o.Name] > 0, "no example shows the output %s", o.Name)
		f.expect(!o.Required || shown[o.Name] == len(a.Examples), "the output %s is declared as always there, but not every example has it", o.Name)
	}
	return errors.Join(f...)
}
