package whatsappcloud

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how the Graph API refuses.
type refusal struct {
	Error struct {
		Message string `json:"message"` // holds the code, such as (#131047) Re-engagement message
		Code    *int   `json:"code"`    // 0 is a code of its own
		Subcode int    `json:"error_subcode"`
		Data    struct {
			Details string `json:"details"`
		} `json:"error_data"`
		UserMessage string `json:"error_user_msg"`
	} `json:"error"`
}

// explain says what a refusal means, in Meta's words and ours.
//
// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Error.Message == "" {
		return rest.CommonProblem(r)
	}
	e := said.Error
	p := rest.Problem{Message: e.Message}
	for _, more := range []string{e.Data.Details, e.UserMessage} {
		if more != "" && !strings.Contains(p.Message, more) {
			p.Message += ": " + more
		}
	}
	if e.Code == nil {
		return p
	}
	known := meanings[*e.Code]
	if *e.Code >= firstPermission && *e.Code <= lastPermission {
		known = meaning{fault.AuthFailed, permissionHint}
	}
	if *e.Code == invalid && e.Subcode == notThere {
		known.hint = numberHint
	}
	p.Hint = known.hint
	// A fault on Meta's side stays one, whatever code it carries.
	if r.Status < http.StatusInternalServerError {
		p.Code = known.code
	}
	if p.Code == fault.RateLimited {
		p.RetryAfter = untilRegained(r.Header)
	}
	return p
}

// untilRegained reads how long Meta keeps a business from calling: the longest of
// the waits, in minutes, of the limits that it counts by. 0 where it names none.
//
// Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers-2
func untilRegained(h http.Header) time.Duration {
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return 0
	}
	wait := time.Duration(0)
	for _, limits := range usage {
		for _, limit := range limits {
			wait = max(wait, time.Duration(min(limit.Minutes, longestWait))*time.Minute)
		}
	}
	return wait
}

// longestWait bounds what is believed of a wait, in minutes.
const longestWait = 24 * 60

// Codes that stand for ranges, or for something else with a subcode.
const (
	firstPermission = 200
	lastPermission  = 299
	invalid         = 100
	notThere        = 33 // the object does not exist, or the token may not see it
)

// meaning is what one of Meta's error codes stands for.
type meaning struct {
	code fault.Code // "" where the status says it
	hint string
}

const (
	tokenHint      = "Make a permanent token of a system user in Meta's Business Settings, and enter it in the credential. The token on the page API Setup ends after a day."
	permissionHint = "Give the token whatsapp_business_messaging and whatsapp_business_management, and assign the app and the WhatsApp account to its system user."
	numberHint     = "Check the phone number ID of the credential: it is neither the phone number nor the ID of the business account. The token's system user must have the WhatsApp account assigned."
	paceHint       = "WhatsApp limits how fast a number may write. The step is tried again; send more slowly if it stays."
	windowHint     = "WhatsApp lets you write freely only within 24 hours of the person's last message to you. Outside that window use the action Send a template."
	reachHint      = "The person may have no WhatsApp, an old version of it, or have blocked you. Check the number."
	parameterHint  = "Give as many parameters as the template has variables, in their order and of their form. Header and buttons go into components."
	templateHint   = "Check name and language against WhatsApp Manager: both have to be exactly those of an approved template."
	policyHint     = "Look into WhatsApp Manager: it says what is wrong with the account, and how to appeal."
)

// meanings is the one table of Meta's error codes for which there is more to say
// than the HTTP status. Limits come with status 400 as well as 429, so their code
// decides.
var meanings = map[int]meaning{
	0:   {fault.AuthFailed, tokenHint},
	10:  {fault.AuthFailed, permissionHint},
	102: {fault.AuthFailed, tokenHint},
	104: {fault.AuthFailed, tokenHint},
	190: {fault.AuthFailed, tokenHint},

	2:      {fault.ServiceUnavailable, ""},
	131016: {fault.ServiceUnavailable, ""},
	131057: {fault.ServiceUnavailable, "The account is being moved or upgraded. Try again in a few minutes."},

	4:      {fault.RateLimited, paceHint},
	80007:  {fault.RateLimited, paceHint},
	130429: {fault.RateLimited, paceHint},
	131048: {fault.RateLimited, "Too many people have blocked or reported this number, so WhatsApp lets it send less. WhatsApp Manager shows its quality."},
	131056: {fault.RateLimited, "Too many messages went to this one person in a short time. The step is tried again."},
	133016: {fault.RateLimited, paceHint},

	invalid: {"", "Check the fields of this step, and the phone number ID of the credential."},
	368:     {"", policyHint},
	131005:  {"", permissionHint},
	131008:  {"", "Something that the message needs is empty. Check the fields of this step."},
	131021:  {"", "A number cannot write to itself. Choose another recipient."},
	131026:  {"", reachHint},
	131030:  {"", "The test number writes only to numbers on its list. Add this one on the page API Setup, or register a number of your own."},
	131031:  {"", policyHint},
	131042:  {"", "Add or renew the payment method of the WhatsApp account in Meta's Business Settings."},
	131047:  {"", windowHint},
	131049:  {"", "WhatsApp holds back marketing messages from people who get too many of them. Do not send it again right away."},
	131050:  {"", "The person wants no marketing messages from you."},
	131051:  {"", "WhatsApp does not know this kind of message."},
	132000:  {"", parameterHint},
	132001:  {"", templateHint},
	132005:  {"", "With its parameters the text is too long. Shorten them."},
	132007:  {"", "The template breaks a rule of WhatsApp. WhatsApp Manager says which."},
	132012:  {"", parameterHint},
	132015:  {"", "The template is paused because too many people disliked it. Change it in WhatsApp Manager, or choose another one."},
	132016:  {"", "The template was disabled for good. Make another one in WhatsApp Manager."},
	133010:  {"", "Register the number for the Cloud API first, on the page API Setup or in WhatsApp Manager."},
}
