package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// mostBlocks is how many blocks a message may have
// (https://docs.slack.dev/reference/block-kit/blocks).
const mostBlocks = 50

// The fields that say what a message holds, and which one is meant.
var (
	channel = schema.Field{
		Name: "channel", Kind: schema.Text, Title: "Channel", Required: true, MaxLength: 255, Options: "channels",
		Help:        "A channel (#orders, or its id C...), or the id of a person (U...) for a direct message.",
		Placeholder: "#orders",
	}
	text = schema.Field{
		Name: "text", Kind: schema.Text, Title: "Text", MaxLength: 40000, Escape: template.TargetSlack,
		Help: "The message, in Slack's mrkdwn: *bold*, _italic_, `code`, <https://example.com|a link>. With blocks it is what notifications show.",
	}
	blocks = schema.Field{
		Name: "blocks", Kind: schema.JSON, Title: "Blocks", EscapeBy: blocksTarget,
		Help: "A layout made with Slack's Block Kit Builder: a list of blocks, or its JSON text.",
	}
	threadTS = schema.Field{
		Name: "thread_ts", Kind: schema.Text, Title: "Thread", Pattern: `(\d+\.\d+)?`, PatternHint: tsHint,
		Help:        "To answer in a thread: the ts of the message that began it.",
		Placeholder: "1503435956.000247",
	}
	ts = schema.Field{
		Name: "ts", Kind: schema.Text, Title: "Message", Required: true, Pattern: `\d+\.\d+`, PatternHint: tsHint,
		Help:        "The ts of the message, as post_message gives it.",
		Placeholder: "1503435956.000247",
	}
	channelID = schema.Field{
		Name: "channel", Kind: schema.Text, Title: "Channel", Required: true, MaxLength: 255,
		Help:        "The id of the message's channel, as post_message gives it; a name is not enough here.",
		Placeholder: "C024BE91L",
	}
)

const tsHint = "Slack names messages by a time such as 1503435956.000247."

// blocksTarget says what a variable in the blocks becomes part of: in JSON text a
// piece of JSON, in a list the words of a block.
func blocksTarget(config map[string]any) template.Target {
	if _, ok := config["blocks"].(string); ok {
		return template.TargetJSON
	}
	return template.TargetSlack
}

// content gives what a message is to hold as arguments of a method.
func content(in schema.Input) (url.Values, error) {
	args := url.Values{}
	if words := in.Text(text); words != "" {
		args.Set("text", words)
	}
	layout, err := readBlocks(in.Any(blocks))
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "The blocks can't be used: %v.", err).
			WithHint(blocksHint).At("/blocks", err.Error())
	}
	if layout != "" {
		args.Set("blocks", layout)
	}
	if !args.Has("text") && (layout == "" || layout == "[]") {
		return nil, fault.New(fault.InvalidInput, "The message is empty.").
			WithHint("Fill text or blocks.").At("/text", "There is neither text nor a block.")
	}
	return args, nil
}

// readBlocks gives the JSON of blocks that come as a list, as JSON text, or in an
// object as the Block Kit Builder shows them; "" where there are none.
func readBlocks(value any) (string, error) {
	if words, ok := value.(string); ok {
		if strings.TrimSpace(words) == "" {
			return "", nil
		}
		decoder := json.NewDecoder(strings.NewReader(words))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil || decoder.More() {
			return "", errors.New("the text is not JSON")
		}
	}
	if object, ok := value.(map[string]any); ok {
		value = object["blocks"]
	}
	if value == nil {
		return "", nil
	}
	list, ok := value.([]any)
	if !ok {
		return "", errors.New("they are not a list")
	}
	if len(list) > mostBlocks {
		return "", fmt.Errorf("there are %d, and a message has at most %d", len(list), mostBlocks)
	}
	for i, element := range list {
		block, _ := element.(map[string]any)
		if kind, _ := block["type"].(string); kind == "" {
			return "", fmt.Errorf("number %d is not an object with a type", i+1)
		}
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		return "", err
	}
	return strings.TrimSpace(encoded.String()), nil
}

// always says of an action that calling twice does no more than calling once.
func always(schema.Input) bool { return true }
