package telegram

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
)

// answer is what every answer of the Bot API has in common.
type answer struct {
	OK          *bool  `json:"ok"`
	ErrorCode   int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter int64 `json:"retry_after"`        // in seconds
		MigratedTo int64 `json:"migrate_to_chat_id"` // the group's new id
	} `json:"parameters"`
}

// read reads an answer; its zero value where it is something else.
func read(r rest.Response) answer {
	var a answer
	if json.Unmarshal(r.Body, &a) != nil {
		return answer{}
	}
	return a
}

// longestWait bounds what is believed of a wait, so that a number that is none
// does not become a negative time.
const longestWait = 24 * 60 * 60

// explain says what a refusal means, in Telegram's words and ours.
//
// Source: https://core.telegram.org/bots/api#making-requests
func explain(r rest.Response) rest.Problem {
	a := read(r)
	if a.OK == nil {
		return rest.CommonProblem(r)
	}
	status := r.Status
	if status/100 == 2 { // only the body says no
		status = a.ErrorCode
	}
	message := strings.TrimPrefix(a.Description, http.StatusText(r.Status)+": ") // it is said together with the status
	return rest.Problem{
		Message: message, Code: rest.CodeOf(status), Hint: hint(status, a),
		RetryAfter: time.Duration(min(a.Parameters.RetryAfter, longestWait)) * time.Second,
	}
}

// hint says what to do about a refusal; "" for the usual hint of its code.
// Telegram has no codes of its own, so parts of its sentences are looked for.
func hint(status int, a answer) string {
	if a.Parameters.MigratedTo != 0 {
		return "The group has become a supergroup and has a new id. Set the chat to " + strconv.FormatInt(a.Parameters.MigratedTo, 10) + "."
	}
	said := strings.ToLower(a.Description)
	for _, known := range hints {
		if strings.Contains(said, known.part) {
			return known.hint
		}
	}
	// Of a token that was never good Telegram says that the address is not there.
	if status == http.StatusUnauthorized || status == http.StatusNotFound {
		return "Ask BotFather for the token again with /token, and enter it in the credential. A token that was revoked no longer works."
	}
	return ""
}

// hints stand in the order in which they are looked for.
//
// Source of the sentences: https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp
var hints = []struct{ part, hint string }{
	{"chat not found", "Check the chat's id. A person has to start the bot before it can write to them, and a group or channel has to have it as a member."},
	{"message thread not found", "Check message_thread_id: the topic may be closed or deleted."},
	{"message to be replied not found", "The message that this one answers is not in this chat, or was deleted."},
	{"message to reply not found", "The message that this one answers is not in this chat, or was deleted."},
	{"can't parse entities", "The formatting is not closed, or the text itself holds a special character without a \\ before it, such as a full stop with MarkdownV2. Values of variables are escaped for you."},
	{"message is too long", "Shorten the text: at most 4096 characters, formatting not counted."},
	{"text is empty", "After its formatting is read, the text is empty."},
	{"not enough rights", "Make the bot an administrator of the channel, or allow members of the group to send messages."},
	{"have no rights", "Make the bot an administrator of the channel, or allow members of the group to send messages."},
	{"bot was blocked", "The person has blocked the bot. Only they can undo that."},
	{"user is deactivated", "The person's account no longer exists."},
	{"initiate conversation", "A person has to start the bot before it can write to them."},
	{"bots can't send messages to bots", "The chat is that of a bot. Name a person, group or channel."},
	{"bot was kicked", "Add the bot to the group or channel again."},
	{"not a member", "Add the bot to the group or channel."},
	{"group chat was deleted", "The group no longer exists. Choose another chat."},
}
