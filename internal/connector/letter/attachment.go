package letter

import (
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// mostAttached is the size of all attachments together, decoded.
const mostAttached = 10 << 20

// file is an attachment.
type file struct {
	name       string
	mediaType  string
	parameters map[string]string
	content    []byte
}

// readFiles decodes the attachments and reports every one that can't be sent.
func readFiles(in schema.Input) (files []file, bad []fault.Field) {
	size := 0
	for i, item := range in.Items(Attachments) {
		refuse := func(field schema.Field, message, hint string) {
			bad = append(bad, fault.Field{Pointer: fmt.Sprintf("/attachments/%d/%s", i, field.Name), Message: message, Hint: hint})
		}
		f := file{name: item.Text(filename)}
		if len(f.name) > filename.MaxLength || strings.ContainsFunc(f.name, unicode.IsControl) {
			refuse(filename, fmt.Sprintf("The file name of attachment %d is too long or holds a control character.", i+1), "At most 255 bytes on one line.")
		}
		var err error
		if f.mediaType, f.parameters, err = mediaType(item.Text(contentType), f.name); err != nil {
			refuse(contentType, fmt.Sprintf("%q is not a content type that %s can be sent as: %v.", item.Text(contentType), f.name, err), "Such as application/pdf, or leave it empty.")
		}
		if f.content, err = decodeBase64(item.Text(contentBase64)); err != nil {
			refuse(contentBase64, fmt.Sprintf("The content of %s is not base64: %v.", f.name, err), "Encode the file's bytes in base64, without a data: prefix.")
		}
		size += len(f.content)
		files = append(files, f)
	}
	if size > mostAttached {
		bad = append(bad, fault.Field{
			Pointer: "/attachments", Message: fmt.Sprintf("The attachments have %.1f MB together; at most 10 MB can be sent.", float64(size)/(1<<20)),
			Hint: "Send a link to the file instead.",
		})
	}
	return files, bad
}

// mediaType reads the type that was given, or finds it by the ending of the name.
func mediaType(given, name string) (string, map[string]string, error) {
	if given == "" {
		if found := mime.TypeByExtension(path.Ext(name)); found != "" {
			if parsed, parameters, err := mediaType(found, name); err == nil {
				return parsed, parameters, nil
			}
		}
		return "application/octet-stream", nil, nil
	}
	parsed, parameters, err := mime.ParseMediaType(given)
	if err != nil {
		return "", nil, errors.New(strings.TrimPrefix(err.Error(), "mime: "))
	}
	major, minor, _ := strings.Cut(parsed, "/")
	if major == "" || minor == "" {
		return "", nil, errors.New("it needs the form type/subtype")
	}
	// RFC 2045, 6.4: these may not be sent in base64.
	if major == "multipart" || major == "message" {
		return "", nil, fmt.Errorf("a file is no %s part", major)
	}
	return parsed, parameters, nil
}

// decodeBase64 takes the standard and the URL alphabet, with and without padding and line breaks.
func decodeBase64(text string) ([]byte, error) {
	text = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return r
	}, text)
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

// describe sets the header of the part. The name is written as RFC 2231 says,
// which go-mail does not.
func (f file) describe(part *gomail.File) {
	parameters := map[string]string{"name": f.name}
	for k, v := range f.parameters {
		parameters[k] = v
	}
	part.Header.Set("Content-Type", mime.FormatMediaType(f.mediaType, parameters))
	part.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
}
