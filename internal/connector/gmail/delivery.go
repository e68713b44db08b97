package gmail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"

	"switchboard/internal/connector/rest"
)

const sendPath = "/gmail/v1/users/me/messages/send"

// mostInJSON is how long a message may be, encoded, to be sent within JSON. Gmail
// takes longer ones, up to 35 MB, as an upload alone.
const mostInJSON = 5 << 20

// delivery is the request that hands a message over: within JSON, or as an upload
// where it is too long for that.
func delivery(raw []byte, thread string) (rest.Request, error) {
	about := map[string]any{}
	if thread != "" {
		about["threadId"] = thread
	}
	if base64.URLEncoding.EncodedLen(len(raw)) > mostInJSON {
		return upload(raw, about)
	}
	about["raw"] = encode(raw)
	return rest.Request{Path: sendPath, JSON: about}, nil
}

// upload sends what is about the message, and the message as it stands, in one
// request: of Google's ways to upload it is the one that takes a thread and cannot
// end half done.
//
// Source: https://developers.google.com/workspace/gmail/api/guides/uploads#multipart
func upload(raw []byte, about map[string]any) (rest.Request, error) {
	metadata, err := json.Marshal(about)
	if err != nil {
		return rest.Request{}, fmt.Errorf("building upload: %w", err)
	}
	var body bytes.Buffer
	body.Grow(len(raw) + 1<<10)
	parts := multipart.NewWriter(&body)
	for _, part := range []struct {
		mediaType string
		content   []byte
	}{{"application/json; charset=UTF-8", metadata}, {"message/rfc822", raw}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.mediaType}})
		if err == nil {
			_, err = w.Write(part.content)
		}
		if err != nil {
			return rest.Request{}, fmt.Errorf("building upload: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return rest.Request{}, fmt.Errorf("building upload: %w", err)
	}
	return rest.Request{
		Path: "/upload" + sendPath, Query: url.Values{"uploadType": {"multipart"}},
		Body: body.Bytes(), ContentType: mime.FormatMediaType("multipart/related", map[string]string{"boundary": parts.Boundary()}),
	}, nil
}

// encode writes a message as JSON holds it.
func encode(raw []byte) string { return base64.URLEncoding.EncodeToString(raw) }
