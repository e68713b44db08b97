package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/internal/exact"
)

// document is the text of a workflow document. It passes through as it is: package
// workflow reads it, and reports mistakes at their place in the text.
type document []byte

// MarshalJSON gives the text.
func (d document) MarshalJSON() ([]byte, error) { return d, nil }

// Schema describes a document.
func (document) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[workflowDocumentView](), true, "")
}

// object is the text of a JSON object: of one whose members are the caller's own, and
// whose numbers keep their digits.
type object json.RawMessage

// UnmarshalJSON takes the text.
func (o *object) UnmarshalJSON(text []byte) error {
	*o = bytes.Clone(text)
	return nil
}

// Schema has huma let nothing else pass.
func (object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// members reads it; null has none.
func (o object) members() (map[string]any, error) {
	var members map[string]any
	if len(o) == 0 {
		return nil, nil
	}
	if err := exact.Unmarshal(o, &members); err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return members, nil
}

// nullAsAbsent, embedded in a type, describes all members that may be left out as ones
// that may be null, which is read as if they were not there.
type nullAsAbsent struct{}

// TransformSchema allows null for every such member.
func (nullAsAbsent) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	for name, p := range s.Properties {
		switch {
		case slices.Contains(s.Required, name):
		case p.OneOf != nil:
			s.Properties[name] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{p, {Enum: []any{nil}}}}
		case p.Type != "" && p.Enum != nil:
			p.Nullable, p.Enum = true, append(p.Enum, nil)
		case p.Ref != "":
			s.Properties[name] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
		case p.Type != "":
			p.Nullable = true
		}
	}
	return s
}

// workflowDocumentView describes the shape of a document. A document of this shape
// is stored; whether it makes sense is what checking says, so the lists of what a
// value may be are in the texts only.
type workflowDocumentView struct {
	nullAsAbsent

	Name           string      `json:"name,omitempty" doc:"What people call the workflow" example:"Order alert"`
	Description    string      `json:"description,omitempty"`
	Trigger        triggerView `json:"trigger,omitempty"`
	Nodes          []nodeView  `json:"nodes,omitempty"`
	Edges          []edgeView  `json:"edges,omitempty" doc:"The graph has no cycle"`
	Output         any         `json:"output,omitempty" doc:"What the execution gives, with templates; without it, the outputs of the end nodes that ran, by node"`
	TimeoutSeconds float64     `json:"timeout_seconds,omitempty" doc:"How long an execution may take, in seconds; without it an hour, and what its nodes wait for besides"`
}

type triggerView struct {
	nullAsAbsent

	Type     string         `json:"type,omitempty" doc:"What starts it, such as manual or webhook" example:"webhook"`
	Config   map[string]any `json:"config,omitempty" doc:"What belongs to the type. manual: input_schema. webhook: auth (none, token, basic or hmac_sha256, with header and credential), respond (immediately or when_finished)"`
	Name     string         `json:"name,omitempty" doc:"For the editor"`
	Position positionView   `json:"position,omitempty"`
}

type nodeView struct {
	nullAsAbsent

	ID             string         `json:"id,omitempty" doc:"[a-z][a-z0-9_]{0,39}; templates name it" example:"notify"`
	Name           string         `json:"name,omitempty" doc:"For the editor"`
	Type           string         `json:"type,omitempty" doc:"An action of the catalog, or a logic node such as condition" example:"slack.post_message"`
	Credential     string         `json:"credential,omitempty" doc:"The id of a credential that is linked to the agent"`
	Config         map[string]any `json:"config,omitempty" doc:"The fields; texts may hold templates. For actions, see input_schema in the catalog"`
	Retry          retryView      `json:"retry,omitempty"`
	TimeoutSeconds float64        `json:"timeout_seconds,omitempty" doc:"How long one attempt may take"`
	OnError        string         `json:"on_error,omitempty" doc:"stop (default), continue, or branch: take the port error"`
	OnUncertain    string         `json:"on_uncertain,omitempty" doc:"Where nobody knows whether a call had its effect: fail (default) or repeat"`
	Position       positionView   `json:"position,omitempty"`
}

type retryView struct {
	nullAsAbsent

	MaxAttempts     float64 `json:"max_attempts,omitempty" doc:"Counts the first one, too"`
	IntervalSeconds float64 `json:"interval_seconds,omitempty"`
	BackoffRate     float64 `json:"backoff_rate,omitempty"`
}

type edgeView struct {
	nullAsAbsent

	ID   string `json:"id,omitempty" doc:"For the editor"`
	Name string `json:"name,omitempty" doc:"For the editor"`
	From string `json:"from,omitempty" doc:"A node's id, or trigger" example:"trigger"`
	Port string `json:"port,omitempty" doc:"Where the node has several" example:"true"`
	To   string `json:"to,omitempty" doc:"A node's id" example:"notify"`
}

type positionView struct {
	nullAsAbsent

	X float64 `json:"x,omitempty"`
	Y float64 `json:"y,omitempty"`
}
