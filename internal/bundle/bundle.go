// Package bundle takes agents and workflows from one account to another, or to a
// file, as one JSON document that has no secret in it.
//
// A bundle names credentials by type and name only. Importing it puts the account's
// own credentials of the same type and name in their places, and says which there are
// none of: once those are connected, the same import again puts them in. What an
// import makes has ids that follow from the account and from the ids in the bundle, so
// that doing it twice, or going on with one that was cut off, makes nothing twice.
//
// What is written verbatim are the workflows' documents: who types a password into a
// field in place of storing a credential has it in the bundle, as in every answer that
// shows the document.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"time"

	strict "github.com/go-json-experiment/json"

	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/workflow"
)

// Format and Version stand in every bundle. What can no longer be read by this code
// gets another version.
const (
	Format  = "switchboard.bundle"
	Version = 1
)

// Limits of a bundle.
const (
	// MaxBytes is what fits into a request and an answer of a Lambda function, with what
	// is around it.
	MaxBytes  = 4 << 20
	maxThings = 5_000 // of each kind
)

// Bundle is the document. Ids in it are those of the account that it is from; within
// the bundle and its documents they say what belongs together.
type Bundle struct {
	Format      string            `json:"format" doc:"Always switchboard.bundle" example:"switchboard.bundle"`
	Version     int               `json:"version" doc:"Of the format" example:"1"`
	ExportedAt  time.Time         `json:"exported_at,omitzero" nullable:"true"`
	Agents      []BundledAgent    `json:"agents,omitempty" nullable:"true"`
	Credentials []Placeholder     `json:"credentials,omitempty" nullable:"true" doc:"Placeholders: what the agents are linked to and the workflows name"`
	Workflows   []BundledWorkflow `json:"workflows,omitempty" nullable:"true"`
}

// BundledAgent is an agent with its links.
type BundledAgent struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty" nullable:"true"`
	Links       []string `json:"links,omitempty" nullable:"true" doc:"Ids of credentials of the bundle"`
}

// Placeholder stands for a credential. Its secret, and whatever hints at it, is not here.
type Placeholder struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// BundledWorkflow is a draft, and what is published of it.
type BundledWorkflow struct {
	ID        string          `json:"id"`
	Agent     string          `json:"agent" doc:"The id of an agent of the bundle"`
	Document  json.RawMessage `json:"document" doc:"The draft: a workflow document"`
	Published bool            `json:"published" doc:"Whether a version serves"`
	// Serving is there where what serves is not the draft.
	Serving json.RawMessage `json:"published_document,omitzero" doc:"What serves, where it is not the draft"`
}

// longID is the form of ids. Only these are put in others' places.
var longID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(agt|cred|wf)_[0-9a-f]{32}$`) })

// timeDigits of an id say when the thing was made; lists are in their order.
const timeDigits = 12

// idIn is the id that something of a bundle gets in an account: always the same one,
// as old as the one it stands for, and another one in every account, because what
// AWS calls by it (schedules, rules) has no account in its name.
func idIn(account, source string) string {
	sum := sha256.Sum256([]byte("switchboard bundle 1\x00" + account + "\x00" + source))
	digits := []byte(hex.EncodeToString(sum[:])[:32])
	start := len(source) - len(digits)
	copy(digits, source[start:start+timeDigits])
	digits[timeDigits] = '8' // of a UUID whose form is its maker's
	return source[:start] + string(digits)
}

// Read reads a bundle's text, strictly: names that are unknown or there twice are
// mistakes. Whether it makes sense is what Check says.
func Read(text []byte) (Bundle, error) {
	var b Bundle
	if err := strict.Unmarshal(text, &b, strict.RejectUnknownMembers(true)); err != nil {
		return b, fault.New(fault.BadRequest, "The bundle cannot be read: %v.", err)
	}
	return b, nil
}

// Check holds a bundle to its form, all of it before anything is done. A fault
// ValidationFailed lists what is wrong.
func (b Bundle) Check() error {
	if b.Format != Format {
		return fault.New(fault.ValidationFailed, "This is no bundle.").At("/format", fmt.Sprintf("must be %q", Format))
	}
	if b.Version != Version {
		return fault.New(fault.ValidationFailed, "The bundle's version is %d; this Switchboard reads version %d.", b.Version, Version).
			At("/version", fmt.Sprintf("must be %d", Version))
	}
	c := checker{f: fault.New(fault.ValidationFailed, "The bundle is not valid."), kinds: map[string]string{}}
	if len(b.Agents) > maxThings || len(b.Credentials) > maxThings || len(b.Workflows) > maxThings {
		return c.f.At("", fmt.Sprintf("has more than %d things of a kind", maxThings))
	}
	for i, a := range b.Agents {
		c.thing(fmt.Sprintf("/agents/%d/id", i), id.Agent, a.ID)
	}
	for i, cred := range b.Credentials {
		at := fmt.Sprintf("/credentials/%d", i)
		c.thing(at+"/id", id.Credential, cred.ID)
		if cred.Type == "" || cred.Name == "" {
			c.wrong(at, "needs a type and a name")
		}
	}
	for i, a := range b.Agents {
		for j, link := range a.Links {
			if c.kinds[link] != id.Credential {
				c.wrong(fmt.Sprintf("/agents/%d/links/%d", i, j), "is no credential of the bundle")
			}
		}
	}
	for i, w := range b.Workflows {
		at := fmt.Sprintf("/workflows/%d", i)
		c.thing(at+"/id", id.Workflow, w.ID)
		if c.kinds[w.Agent] != id.Agent {
			c.wrong(at+"/agent", "is no agent of the bundle")
		}
		c.document(at+"/document", w.Document)
		if w.Serving != nil {
			c.document(at+"/published_document", w.Serving)
		}
	}
	if len(c.f.Fields) > 0 {
		return c.f
	}
	return nil
}

type checker struct {
	f     *fault.Error
	kinds map[string]string // of the ids that are there
}

func (c *checker) wrong(pointer, message string) {
	if len(c.f.Fields) < 100 {
		c.f = c.f.At(pointer, message)
	}
}

func (c *checker) thing(pointer, kind, id string) {
	m := longID().FindStringSubmatch(id)
	switch {
	case m == nil || m[1] != kind:
		c.wrong(pointer, fmt.Sprintf("must be %s_ and 32 hexadecimal digits", kind))
	case c.kinds[id] != "":
		c.wrong(pointer, "is there twice")
	default:
		c.kinds[id] = kind
	}
}

func (c *checker) document(pointer string, text json.RawMessage) {
	_, err := workflow.Parse(text)
	if err == nil {
		return
	}
	f := fault.Of(err)
	if len(f.Fields) == 0 {
		c.wrong(pointer, f.Message)
	}
	for _, field := range f.Fields {
		c.wrong(pointer+field.Pointer, field.Message)
	}
}
