package letter

import (
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// Fields are all of them, in the order in which a form shows them.
func Fields() schema.Fields {
	return schema.Fields{To, Cc, Bcc, ReplyTo, Subject, Body, BodyType, Attachments}
}

// The fields of a letter. Addresses and names become lines of the header or of
// a command, where a line break would start another one.
var (
	To = schema.Field{
		Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, Escape: template.TargetHeader,
		Help:        "One address or several, such as Ann Lee <ann@example.com>.",
		Placeholder: "ann@example.com, Bob Ray <bob@example.com>",
	}
	Cc = schema.Field{
		Name: "cc", Kind: schema.List, Title: "Cc", Personal: true, Escape: template.TargetHeader,
		Help: "Who gets a copy that everybody sees.",
	}
	Bcc = schema.Field{
		Name: "bcc", Kind: schema.List, Title: "Bcc", Personal: true, Escape: template.TargetHeader,
		Help: "Who gets a copy that nobody else sees.",
	}
	ReplyTo = schema.Field{
		Name: "reply_to", Kind: schema.List, Title: "Reply to", Personal: true, Escape: template.TargetHeader, Advanced: true,
		Help: "Where answers go, if not to the sender.",
	}
	Subject = schema.Field{
		Name: "subject", Kind: schema.Text, Title: "Subject", Required: true, Content: true, Escape: template.TargetHeader,
		Help: "One line.", MaxLength: longestLine,
	}
	Body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Body", Content: true,
		Help: "The message. As HTML, a plain text version is made from it and sent along.",
		EscapeBy: func(config map[string]any) template.Target {
			if config["body_type"] == bodyHTML {
				return template.TargetHTML
			}
			return template.TargetText
		},
	}
	BodyType = schema.Field{
		Name: "body_type", Kind: schema.Choice, Title: "Body type", Choices: []string{bodyText, bodyHTML}, Default: bodyText,
		Help: "How the body is written: plain text, or HTML.",
	}
	Attachments = schema.Field{
		Name: "attachments", Kind: schema.Items, Title: "Attachments", MaxLength: 50,
		Help:   "Files to send along, at most 10 MB together.",
		Fields: schema.Fields{filename, contentType, contentBase64},
	}
	filename = schema.Field{
		Name: "filename", Kind: schema.Text, Title: "File name", Required: true, Escape: template.TargetHeader, MaxLength: 255,
		Help: "The name that the reader sees.", Placeholder: "invoice.pdf",
	}
	contentType = schema.Field{
		Name: "content_type", Kind: schema.Text, Title: "Content type", Escape: template.TargetHeader, MaxLength: 255,
		Help: "The media type. Empty means that it follows from the file name.", Placeholder: "application/pdf",
	}
	contentBase64 = schema.Field{
		Name: "content_base64", Kind: schema.Text, Title: "Content", Required: true,
		Help: "The file's content in base64.",
	}
)

// Kinds of body.
const (
	bodyText = "text"
	bodyHTML = "html"
)
