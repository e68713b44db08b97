package twilio

import (
	"encoding/json"
	"fmt"
	"net/http"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// answer is what a refusal and a message say of what went wrong. A refusal has a
// code and a message; a message that failed at once has its own pair.
type answer struct {
	Code         int    `json:"code"`
	Message      string `json:"message"`
	Status       any    `json:"status"` // of a refusal a number, of a message a word
	ErrorCode    int    `json:"error_code"`
	ErrorMessage string `json:"error_message"`
}

// read reads an answer; its zero value where it is something else.
func read(r rest.Response) answer {
	var a answer
	if json.Unmarshal(r.Body, &a) != nil {
		return answer{}
	}
	return a
}

// failed says of a message that Twilio took that it will not be sent after all.
func (a answer) failed() bool { return a.Status == "failed" || a.Status == "undelivered" }

// explain says what a refusal means, in Twilio's words and ours.
//
// Source: https://www.twilio.com/docs/usage/twilios-response
func explain(r rest.Response) rest.Problem {
	a := read(r)
	p := rest.Problem{Message: a.Message}
	code := a.Code
	if a.failed() {
		p.Code, p.Message, code = fault.InvalidInput, a.ErrorMessage, a.ErrorCode
	}
	if code == 0 {
		if p.Message == "" {
			p.Message = rest.CommonProblem(r).Message
		}
		return p
	}
	p.Message = fmt.Sprintf("%s (Twilio error %d)", p.Message, code)
	known := meanings[code]
	if p.Hint = known.hint; p.Hint == "" {
		p.Hint = fmt.Sprintf("Twilio explains this error at https://www.twilio.com/docs/errors/%d.", code)
	}
	// A queue that is full is no mistake of the step, whatever the status says.
	if known.code != "" && r.Status < http.StatusInternalServerError {
		p.Code = known.code
	}
	return p
}

// meaning is what one of Twilio's error codes stands for.
type meaning struct {
	code fault.Code // "" where the status says it
	hint string
}

const (
	tokenHint   = "Compare account SID and auth token with the Twilio Console. They belong together, and a token that was rotated no longer works."
	senderCheck = "Choose a sender that belongs to this account and can send messages of this kind: Twilio Console, Phone Numbers, Active numbers."
	queueHint   = "More messages wait for this sender than Twilio keeps. Send more slowly, or let a messaging service share them among several numbers."
	windowHint  = "WhatsApp lets you write freely only within 24 hours of the person's last message to you. Outside that window send an approved template: fill content_sid instead of body."
	paceHint    = "WhatsApp limits how fast and to how many people a sender may write. Send more slowly."
	policyHint  = "WhatsApp does not allow this content. A template's variables may not be empty, and may not hold line breaks, tabs or more than four spaces in a row."
)

// meanings is the one table of Twilio's error codes for which there is more to
// say than its own text.
//
// Source: https://www.twilio.com/docs/api/errors
var meanings = map[int]meaning{
	20003: {fault.AuthFailed, tokenHint},
	20404: {"", "Twilio knows no such account. Compare the account SID of the credential with the Twilio Console."},
	20429: {fault.RateLimited, "The account has too many calls under way at once. The step is tried again."},
	21211: {"", "The recipient's number does not exist. " + NumberHint},
	21212: {"", senderCheck},
	21265: {"", "The recipient's number is a short code. Write to a phone number."},
	21408: {"", "Allow the recipient's country in the Twilio Console under Messaging, Settings, Geo permissions."},
	21604: {"", "Fill the recipient. " + NumberHint},
	21606: {"", senderCheck},
	21608: {"", "A trial account can write only to numbers that are verified in the Twilio Console. Verify this one, or upgrade the account."},
	21610: {"", "The person has answered STOP to this sender. Only they can undo that, by sending START to it."},
	21611: {fault.RateLimited, queueHint},
	21612: {"", "This sender cannot reach this number. Choose a sender for the recipient's country."},
	21614: {"", "The recipient's number cannot receive text messages; it may be a landline."},
	21617: {"", "Shorten the text: at most 1600 characters."},
	21620: {"", "Twilio cannot use the address of a medium. It has to be public and begin with https://."},
	21655: {"", "There is no template with this content SID in the account. It begins with HX: Twilio Console, Messaging, Content Template Builder."},
	21656: {"", "The variables do not fit the template. Name them as the template does, such as 1 and 2, and give each a text."},
	21659: {"", senderCheck},
	21660: {"", senderCheck},
	21703: {"", "Add a number to the messaging service: Twilio Console, Messaging, Services, Sender Pool."},
	63003: {"", "The recipient has no WhatsApp, or the number is not right. " + NumberHint},
	63007: {"", "This number is no WhatsApp sender of the account: Twilio Console, Messaging, Senders, WhatsApp senders. The sandbox sends from +14155238886."},
	63013: {"", policyHint},
	63015: {"", "The WhatsApp sandbox writes only to people who have joined it, by sending \"join\" and its code word to the sandbox's number."},
	63016: {"", windowHint},
	63018: {fault.RateLimited, paceHint},
	63024: {"", "The recipient has no WhatsApp, or the number is not right. " + NumberHint},
	63038: {"", "The account has sent as many messages as it may in a day. Ask Twilio for more, or wait until tomorrow."},
}
