package template

import (
	"errors"
	"html"
	"net/url"
	"strings"
)

// output collects a rendered text, with every value escaped for the target and
// for the place in the text where it stands.
type output struct {
	target Target
	text   []byte
	json   jsonPlace
	url    urlPlace
	soql   soqlPlace
}

func (t Target) known() bool {
	switch t {
	case TargetText, TargetPathSegment, TargetURL, TargetHTML, TargetJSON, TargetHeader, TargetSlack, TargetMarkdown, TargetMarkdownV2, TargetSOQL:
		return true
	}
	return false
}

// literal adds the author's own text.
func (o *output) literal(s string) error {
	o.text = append(o.text, s...)
	switch o.target {
	case TargetJSON:
		o.json.advance(s)
	case TargetURL:
		return o.url.advance(s, false)
	case TargetSOQL:
		o.soql.advance(s)
	}
	return nil
}

// value adds a value; an error says why it cannot stand here.
func (o *output) value(v any) error {
	switch o.target {
	case TargetText:
		o.text = appendText(o.text, v)
	case TargetJSON:
		return o.jsonValue(v)
	case TargetURL:
		return o.urlValue(textOf(v))
	case TargetSOQL:
		return o.soqlValue(textOf(v))
	default:
		s, err := escapeText(textOf(v), o.target)
		if err != nil {
			return err
		}
		o.text = append(o.text, s...)
	}
	return o.checkSize()
}

func (o *output) checkSize() error {
	if len(o.text) > maxTextBytes {
		return errors.New(complaintLarge)
	}
	return nil
}

// finish checks what only the whole text shows.
func (o *output) finish() error {
	switch o.target {
	case TargetPathSegment:
		return checkSegment(string(o.text))
	case TargetURL:
		return o.url.endSegment()
	}
	return nil
}

// escapeText escapes for the targets where all places are alike.
func escapeText(s string, target Target) (string, error) {
	switch target {
	case TargetPathSegment:
		return url.PathEscape(s), nil
	case TargetHTML:
		return html.EscapeString(s), nil
	case TargetHeader:
		if strings.ContainsAny(s, "\r\n\x00") {
			return "", errors.New(complaintHeader)
		}
	case TargetSlack:
		return slackEscaper.Replace(s), nil
	case TargetMarkdown:
		return markdownEscaper.Replace(s), nil
	case TargetMarkdownV2:
		return markdownV2Escaper.Replace(s), nil
	}
	return s, nil
}

// What a backslash takes its meaning from in Telegram's two forms of Markdown.
//
// Source: https://core.telegram.org/bots/api#formatting-options
var (
	markdownEscaper   = backslashed("_*`[")
	markdownV2Escaper = backslashed("\\_*[]()~`>#+-=|{}.!")
)

func backslashed(characters string) *strings.Replacer {
	var pairs []string
	for _, c := range characters {
		pairs = append(pairs, string(c), `\`+string(c))
	}
	return strings.NewReplacer(pairs...)
}

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escapeWhole escapes a value that is a whole text of its own. What is not text
// keeps its type, a URL is whole as it is, and in JSON the field encodes the value.
func escapeWhole(v any, target Target) (any, error) {
	s, ok := v.(string)
	if !ok || target == TargetURL || target == TargetJSON {
		return v, nil
	}
	escaped, err := escapeText(s, target)
	if err == nil && target == TargetPathSegment {
		err = checkSegment(escaped)
	}
	return escaped, err
}

// checkSegment refuses the segments that mean another level of the path, also
// where half of one is written encoded.
func checkSegment(segment string) error {
	const longest = len("%2e%2e")
	if len(segment) <= longest {
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case ".", "..":
			return errors.New(complaintDots)
		}
	}
	return nil
}

// jsonPlace is where a JSON text stands after what has been written. Values never
// change it: they are whole values, or content within quotes.
type jsonPlace struct {
	inString bool
	escape   int // bytes that belong to an escape that has begun; -1 right after its backslash
}

const hexDigitsOfEscape = 4

func (p *jsonPlace) advance(s string) {
	for i := range len(s) {
		c := s[i]
		switch {
		case !p.inString:
			p.inString = c == '"'
		case p.escape == -1 && c == 'u':
			p.escape = hexDigitsOfEscape
		case p.escape == -1:
			p.escape = 0
		case p.escape > 0:
			p.escape--
		case c == '\\':
			p.escape = -1
		case c == '"':
			p.inString = false
		}
	}
}

func (o *output) jsonValue(v any) error {
	switch raw, isJSON := v.(jsonText); {
	case o.json.escape != 0:
		return errors.New(complaintJSONPlace)
	case o.json.inString:
		o.text = appendStringContent(o.text, textOf(v))
	case isJSON:
		o.text = append(o.text, raw...)
	default:
		o.text = appendJSON(o.text, v)
	}
	return o.checkSize()
}
