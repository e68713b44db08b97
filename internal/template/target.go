package template

// Target says what a rendered text becomes part of. A value that is put into
// the text by {{ }} is escaped for it; the text around is the author's and is
// left alone.
type Target string

// The targets.
const (
	TargetText        Target = ""             // plain text: nothing is escaped
	TargetPathSegment Target = "path_segment" // one segment of a URL path
	TargetURL         Target = "url"          // a whole URL: by the place where the value stands
	TargetHTML        Target = "html"         // HTML text or a quoted attribute
	TargetJSON        Target = "json"         // JSON text: inside quotes as string content, outside as a value
	TargetHeader      Target = "header"       // one line: CR, LF and NUL are refused
	TargetSlack       Target = "slack"        // Slack mrkdwn: & < > only
	TargetMarkdown    Target = "markdown"     // Telegram's old Markdown: _ * ` [
	TargetMarkdownV2  Target = "markdown_v2"  // Telegram's MarkdownV2: all that has a meaning there
	TargetSOQL        Target = "soql"         // Salesforce's query language: inside quotes as string content, outside as one word
)
