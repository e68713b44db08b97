package slack

import (
	"encoding/json"
	"fmt"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// envelope is what every answer of the Web API has in common.
type envelope struct {
	OK       *bool  `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`   // with missing_scope
	Provided string `json:"provided"` // with missing_scope
	Metadata struct {
		Messages []string `json:"messages"` // what exactly is wrong, such as with blocks
	} `json:"response_metadata"`
}

// read reads the envelope; its zero value where the answer is something else.
func read(r rest.Response) envelope {
	var e envelope
	if json.Unmarshal(r.Body, &e) != nil {
		return envelope{}
	}
	return e
}

// explain says what a refusal means, in Slack's words and ours.
func explain(r rest.Response) rest.Problem {
	e := read(r)
	p := rest.Problem{Message: strings.Join(append([]string{e.Error}, e.Metadata.Messages...), "; ")}
	known, ok := meanings[e.Error]
	switch {
	case ok:
		p.Code, p.Hint = known.code, known.hint
	case e.Error == "" && e.OK == nil: // not Slack's own shape
		p = rest.CommonProblem(r)
	case strings.HasPrefix(e.Error, "invalid_"):
		p.Code = fault.InvalidInput
	case r.Status/100 == 2: // any other status says enough by itself
		p.Code, p.Hint = fault.ConnectorFailed, unknownHint
	}
	if e.Error == "missing_scope" && e.Needed != "" {
		p.Message = fmt.Sprintf("%s; needed: %s; provided: %s", p.Message, e.Needed, e.Provided)
		p.Hint = fmt.Sprintf("Add the bot scope %s to the app under OAuth & Permissions, and install the app again.", e.Needed)
	}
	return p
}

// maybeDone lists the errors of which Slack says that "some aspect of the
// operation" may have succeeded before they were raised.
var maybeDone = map[string]bool{"internal_error": true, "fatal_error": true}

// meaning is what one of Slack's error codes stands for.
type meaning struct {
	code fault.Code
	hint string
}

const (
	newTokenHint = "Copy the Bot User OAuth Token again under OAuth & Permissions of the app, and enter it in the credential."
	inviteHint   = "Check the channel, and invite the bot to it: /invite @your-bot. A private channel that the bot is not in does not exist for it."
	adminHint    = "A setting of the workspace or the channel forbids this. An admin of the workspace can change it."
	channelHint  = "The channel's settings do not let the bot post this here. A channel manager can change them."
	formHint     = "The request was not what Slack expects. Check the fields of this step."
	blocksHint   = "Paste the blocks into Slack's Block Kit Builder: it shows what is wrong with them."
	shortenHint  = "Shorten it: a text has at most 40,000 characters, and a block at most 3,000."
	laterHint    = "Slack has a problem of its own. Its status page may say more: https://slack-status.com."
	movingHint   = "The workspace is being moved to an Enterprise organization. Try again when that is done."
	oldHint      = "Slack has changed this method. Update Switchboard."
	unknownHint  = "What this code means stands under the method at https://docs.slack.dev/reference/methods."
)

// meanings is the one table of Slack's error codes, of the methods that are called
// here and those that all methods share. A code that is not in it means
// InvalidInput where it begins with "invalid_", else ConnectorFailed.
//
// Source: the "Errors" of https://docs.slack.dev/reference/methods/chat.postMessage,
// chat.update, reactions.add, users.lookupByEmail and auth.test.
var meanings = map[string]meaning{
	"invalid_auth":                             {fault.AuthFailed, "The token is wrong, or the app does not allow this network. " + newTokenHint},
	"not_authed":                               {fault.AuthFailed, newTokenHint},
	"account_inactive":                         {fault.AuthFailed, "The app was removed from the workspace, or the workspace is gone. Install the app again and enter its new token."},
	"token_revoked":                            {fault.AuthFailed, "The token was revoked. Install the app again and enter its new token."},
	"token_expired":                            {fault.AuthFailed, "The app has token rotation on. Make an app without it, and enter its token, which begins with xoxb-."},
	"not_allowed_token_type":                   {fault.AuthFailed, "Use a bot token, which begins with xoxb-."},
	"missing_scope":                            {fault.AuthFailed, "Add the missing bot scope to the app under OAuth & Permissions, and install the app again."},
	"no_permission":                            {fault.AuthFailed, "Invite the bot to the channel, and check its scopes under OAuth & Permissions."},
	"access_denied":                            {fault.AuthFailed, adminHint},
	"accesslimited":                            {fault.AuthFailed, "The workspace allows access only from certain networks. An admin can allow this one."},
	"app_access_restricted":                    {fault.AuthFailed, adminHint},
	"ekm_access_denied":                        {fault.AuthFailed, adminHint},
	"enterprise_is_restricted":                 {fault.AuthFailed, "Install the app in a workspace of the organization, and use that token."},
	"team_access_not_granted":                  {fault.AuthFailed, "Let an admin of the organization grant the app access to this workspace."},
	"two_factor_setup_required":                {fault.AuthFailed, "The account that installed the app has to set up two-factor authentication."},
	"messages_tab_disabled":                    {fault.AuthFailed, "Turn on the Messages tab under App Home of the app, to write to people directly."},
	"cant_update_message":                      {fault.AuthFailed, "A bot can change only messages that it posted itself."},
	"restricted_action":                        {fault.AuthFailed, adminHint},
	"restricted_action_read_only_channel":      {fault.AuthFailed, channelHint},
	"restricted_action_thread_only_channel":    {fault.AuthFailed, channelHint},
	"restricted_action_non_threadable_channel": {fault.AuthFailed, channelHint},
	"restricted_action_thread_locked":          {fault.AuthFailed, channelHint},
	"slack_connect_file_link_sharing_blocked":  {fault.AuthFailed, adminHint},

	"channel_not_found": {fault.ServiceNotFound, inviteHint},
	"not_in_channel":    {fault.ServiceNotFound, "Invite the bot to the channel: /invite @your-bot. With the scope chat:write.public it may post to public channels uninvited."},
	"message_not_found": {fault.ServiceNotFound, "Check ts and channel: the channel has to be the id (C...) that post_message gave, and the message must still be there."},
	"thread_not_found":  {fault.ServiceNotFound, "Check thread_ts: it is the ts of the message that began the thread."},
	"users_not_found":   {fault.ServiceNotFound, "Nobody in the workspace has this address. Guests of other workspaces and deactivated people are not found."},
	"user_not_found":    {fault.ServiceNotFound, "Check the user id."},
	"team_not_found":    {fault.ServiceNotFound, "With a token for a whole organization, name the channel by its id (C...)."},

	"is_archived":        {fault.ServiceConflict, "The channel is archived. Unarchive it or choose another one."},
	"is_inactive":        {fault.ServiceConflict, "The message can no longer be changed."},
	"edit_window_closed": {fault.ServiceConflict, "The workspace lets messages be changed only for a while."},
	"too_many_emoji":     {fault.ServiceConflict, "The message has as many different reactions as Slack allows."},
	"too_many_reactions": {fault.ServiceConflict, "The bot has put as many reactions on this message as Slack allows."},

	"ratelimited":            {fault.RateLimited, ""},
	"rate_limited":           {fault.RateLimited, ""},
	"message_limit_exceeded": {fault.RateLimited, "The workspace sends more messages than its plan allows."},

	"no_text":                           {fault.InvalidInput, "Fill text or blocks."},
	"msg_too_long":                      {fault.InvalidInput, shortenHint},
	"msg_blocks_too_long":               {fault.InvalidInput, shortenHint},
	"invalid_blocks":                    {fault.InvalidInput, blocksHint},
	"invalid_blocks_format":             {fault.InvalidInput, blocksHint},
	"invalid_name":                      {fault.InvalidInput, "There is no emoji of this name in the workspace."},
	"bad_timestamp":                     {fault.InvalidInput, "ts looks like 1503435956.000247; post_message gives it."},
	"no_item_specified":                 {fault.InvalidInput, "Name the message by channel and ts."},
	"cannot_reply_to_message":           {fault.InvalidInput, "A message of this kind can't have a thread. Leave thread_ts empty."},
	"too_many_attachments":              {fault.InvalidInput, "A message has at most 100 attachments."},
	"attachment_payload_limit_exceeded": {fault.InvalidInput, shortenHint},
	"invalid_arguments":                 {fault.InvalidInput, formHint},
	"invalid_arg_name":                  {fault.InvalidInput, formHint},
	"invalid_array_arg":                 {fault.InvalidInput, formHint},
	"invalid_charset":                   {fault.InvalidInput, formHint},
	"invalid_form_data":                 {fault.InvalidInput, formHint},
	"invalid_post_type":                 {fault.InvalidInput, formHint},
	"missing_post_type":                 {fault.InvalidInput, formHint},
	"invalid_json":                      {fault.InvalidInput, formHint},
	"json_not_object":                   {fault.InvalidInput, formHint},

	"internal_error":      {fault.ServiceUnavailable, laterHint},
	"fatal_error":         {fault.ServiceUnavailable, laterHint},
	"service_unavailable": {fault.ServiceUnavailable, laterHint},
	"request_timeout":     {fault.ServiceUnavailable, laterHint},
	"team_added_to_org":   {fault.ServiceUnavailable, movingHint},
	"org_login_required":  {fault.ServiceUnavailable, movingHint},

	"deprecated_endpoint": {fault.ConnectorFailed, oldHint},
	"method_deprecated":   {fault.ConnectorFailed, oldHint},
	"upgrade_required":    {fault.ConnectorFailed, oldHint},
}
