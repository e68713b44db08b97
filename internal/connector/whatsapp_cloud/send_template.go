package whatsappcloud

import (
	"context"
	"fmt"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	name = schema.Field{
		Name: "name", Kind: schema.Text, Title: "Template", Required: true, MaxLength: 512,
		Help:        "The name of an approved template, as in WhatsApp Manager.",
		Placeholder: "order_shipped",
		Pattern:     `[a-z0-9_]+`, PatternHint: "The name of a template has small letters, digits and underscores only.",
	}
	language = schema.Field{
		Name: "language", Kind: schema.Text, Title: "Language", Required: true, MaxLength: 16,
		Help:        "The code of the language in which the template is approved, exactly as in WhatsApp Manager: en is not en_US.",
		Placeholder: "en_US",
		Pattern:     `[a-z]{2,3}(?:_[A-Za-z]{2,4})?`, PatternHint: "A code such as en_US, pt_BR or de.",
	}
	parameters = schema.Field{
		Name: "parameters", Kind: schema.List, Title: "Parameters", Content: true,
		Help: "What the variables in the template's body stand for, in their order: the first one is {{1}}.",
	}
	components = schema.Field{
		Name: "components", Kind: schema.Values, Title: "Further components", Advanced: true, Content: true,
		Help: "Header and buttons of the template, or named parameters, as WhatsApp's API writes them: a list of objects with type and parameters.",
	}
)

// templatePart is what a message of the type template holds.
type templatePart struct {
	Name       string       `json:"name"`
	Language   languageCode `json:"language"`
	Components []any        `json:"components,omitempty"`
}

type languageCode struct {
	Policy string `json:"policy"` // the one that there is
	Code   string `json:"code"`
}

// bodyComponent gives the variables of a template's body.
type bodyComponent struct {
	Type       string      `json:"type"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages
var sendTemplate = connector.Action{
	Name:    "send_template",
	Title:   "Send a template",
	Summary: "Write to a person at any time, with an approved template.",
	Input:   schema.Fields{to, name, language, parameters, components},
	Output: schema.Fields{messageID, {
		Name: "status", Kind: schema.Text, Title: "Status",
		Help: "accepted, or held_for_quality_assessment or paused where Meta does not send the template yet. Missing where Meta does not say.",
	}},
	Run: runSendTemplate,
	Examples: []connector.Example{{
		Title:  "Tell a customer that an order is on its way",
		Config: map[string]any{"to": "+16505551234", "name": "order_shipped", "language": "en_US", "parameters": []any{"Ann", 1042}},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/v25.0/106540352242922/messages",
			Body: `{"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234", "type": "template",
				"template": {"name": "order_shipped", "language": {"policy": "deterministic", "code": "en_US"},
					"components": [{"type": "body", "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "1042"}]}]}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"messaging_product": "whatsapp", "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
				"messages": [{"id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI4MjZGRDA0OUE2OTQ3RkEyMzcA", "message_status": "accepted"}]}`,
		},
		Output: map[string]any{"id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI4MjZGRDA0OUE2OTQ3RkEyMzcA", "status": "accepted"},
	}, {
		Title: "Send a template with a picture in its header and no variables",
		Config: map[string]any{
			"to": "16505551234", "name": "summer_sale", "language": "de",
			"components": []any{map[string]any{"type": "header", "parameters": []any{
				map[string]any{"type": "image", "image": map[string]any{"link": "https://example.com/sale.jpg"}},
			}}},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/v25.0/106540352242922/messages",
			Body: `{"messaging_product": "whatsapp", "recipient_type": "individual", "to": "16505551234", "type": "template",
				"template": {"name": "summer_sale", "language": {"policy": "deterministic", "code": "de"},
					"components": [{"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/sale.jpg"}}]}]}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"messaging_product": "whatsapp", "contacts": [{"input": "16505551234", "wa_id": "16505551234"}], "messages": [{"id": "wamid.HBgLMTY1MDM4Nzk0"}]}`,
		},
		Output: map[string]any{"id": "wamid.HBgLMTY1MDM4Nzk0"},
	}},
}

func runSendTemplate(ctx context.Context, call *connector.Call) (connector.Output, error) {
	parts, err := templateComponents(call.Input)
	if err != nil {
		return nil, err
	}
	sent, err := send(ctx, call, message{Type: "template", Template: &templatePart{
		Name: call.Input.Text(name), Language: languageCode{Policy: "deterministic", Code: call.Input.Text(language)}, Components: parts,
	}})
	if err != nil {
		return nil, err
	}
	out := connector.Output{messageID.Name: sent.ID}
	if sent.Status != "" {
		out["status"] = sent.Status
	}
	return out, nil
}

// tooManySpaces is more than WhatsApp allows in a row within a parameter.
const tooManySpaces = "     "

// templateComponents puts the components together, and checks of the parameters
// what Meta says only in a message that is hard to trace back to one of them.
func templateComponents(in schema.Input) ([]any, error) {
	var all []any
	if texts := in.List(parameters); len(texts) > 0 {
		values := make([]parameter, len(texts))
		for i, text := range texts {
			problem := ""
			switch {
			case strings.TrimSpace(text) == "":
				problem = fmt.Sprintf("Parameter %d is empty, which WhatsApp does not allow.", i+1)
			case strings.ContainsAny(text, "\r\n\t"), strings.Contains(text, tooManySpaces):
				problem = fmt.Sprintf("Parameter %d holds a line break, a tab or more than four spaces in a row, which WhatsApp does not allow.", i+1)
			}
			if problem != "" {
				return nil, fault.New(fault.InvalidInput, "%s", problem).
					WithHint("Change it with a filter such as | default: \"-\" or | replace.").At(fmt.Sprintf("/parameters/%d", i), problem)
			}
			values[i] = parameter{Type: "text", Text: text}
		}
		all = append(all, bodyComponent{Type: "body", Parameters: values})
	}
	for i, c := range in.Values(components) {
		if component, ok := c.(map[string]any); !ok || component["type"] == nil {
			problem := fmt.Sprintf("Component %d is not an object with a type.", i+1)
			return nil, fault.New(fault.InvalidInput, "%s", problem).
				WithHint(`It has to look like {"type": "header", "parameters": [...]}.`).At(fmt.Sprintf("/components/%d", i), problem)
		}
		all = append(all, c)
	}
	return all, nil
}
