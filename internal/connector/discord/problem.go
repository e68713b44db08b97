package discord

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
)

// refusal is how Discord refuses. Errors is a tree with the shape of the request,
// whose leaves are lists under the name _errors.
type refusal struct {
	Code       int             `json:"code"`
	Message    string          `json:"message"`
	Errors     json.RawMessage `json:"errors"`
	RetryAfter float64         `json:"retry_after"` // in seconds
}

// longestWait bounds what is believed of a wait, in seconds.
const longestWait = 24 * 60 * 60

// explain says what a refusal means, in Discord's words and ours.
//
// Sources: https://docs.discord.com/developers/reference#error-messages and
// https://docs.discord.com/developers/topics/rate-limits
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Message == "" {
		return rest.CommonProblem(r)
	}
	p := rest.Problem{Message: said.Message, Hint: hints[said.Code]}
	if details := flatten(said.Errors); details != "" {
		p.Message += ": " + details
	}
	if said.Code != 0 {
		p.Message = fmt.Sprintf("%s (Discord error %d)", p.Message, said.Code)
	}
	p.RetryAfter = time.Duration(math.Ceil(min(max(said.RetryAfter, 0), longestWait))) * time.Second
	return p
}

// mostDetails is how many errors of a tree are quoted.
const mostDetails = 5

// flatten writes a tree of errors as its paths and what is wrong there.
func flatten(raw json.RawMessage) string {
	var tree map[string]any
	if json.Unmarshal(raw, &tree) != nil {
		return ""
	}
	var found []string
	var walk func(path string, node map[string]any)
	walk = func(path string, node map[string]any) {
		for _, name := range slices.Sorted(maps.Keys(node)) {
			switch child := node[name].(type) {
			case map[string]any:
				walk(strings.TrimPrefix(path+"."+name, "."), child)
			case []any:
				for _, e := range child {
					if leaf, ok := e.(map[string]any); ok {
						found = append(found, strings.TrimPrefix(fmt.Sprintf("%s: %v", path, leaf["message"]), ": "))
					}
				}
			}
		}
	}
	walk("", tree)
	return strings.Join(found[:min(len(found), mostDetails)], "; ")
}

const (
	seeHint   = "Let the bot see the channel: add it to the server, and give it the permission View Channel there."
	allowHint = "Give the bot the permission Send Messages in the channel (in a thread Send Messages in Threads, for embeds also Embed Links)."
)

// hints say what to do about the errors that sending a message may bring, by
// Discord's codes.
//
// Source: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
var hints = map[int]string{
	10003:  "There is no such channel, or it was deleted. Copy the channel's id again; the id of a server or a person is another one.",
	20016:  "Slow mode is on in the channel. Send less often, or give the bot the permission Bypass Slowmode.",
	20028:  "The channel takes no more messages for the moment. Send less often.",
	40001:  "Copy the token again from the page Bot of the application, and enter it in the credential.",
	50001:  seeHint,
	50006:  "Fill content or embeds.",
	50007:  "The person takes no direct messages from this bot.",
	50008:  "The channel is not one for text. Choose a text channel or a thread.",
	50013:  allowHint,
	50083:  "The thread is archived. Unarchive it or choose another one.",
	160005: "The thread is locked. Choose another one.",
	200000: "A rule of the server's AutoMod blocks this text.",
	240000: "Discord takes a link in the text for harmful.",
}
