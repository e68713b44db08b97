package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// namedFormats are Go layouts of the formats that have a name.
var namedFormats = map[string]string{
	"iso":      "2006-01-02T15:04:05.000Z07:00",
	"rfc3339":  time.RFC3339,
	"date":     time.DateOnly,
	"time":     time.TimeOnly,
	formatUnix: "",
}

const (
	formatISO  = "iso"
	formatUnix = "unix" // gives a number
)

// tokenLayouts are the Go layouts of the tokens of a format, those of Moment and Day.js.
var tokenLayouts = map[string]string{
	"YYYY": "2006", "YY": "06",
	"MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1",
	"DD": "02", "D": "2", "dddd": "Monday", "ddd": "Mon",
	"HH": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5",
	"A": "PM", "a": "pm", "Z": "-07:00", "ZZ": "-0700",
}

// Tokens that Go has no layout of their own for.
const (
	tokenHour   = "H"
	tokenMillis = "SSS"
)

func dateTokens() []string {
	tokens := []string{tokenHour, tokenMillis}
	for token := range tokenLayouts {
		tokens = append(tokens, token)
	}
	slices.Sort(tokens)
	return tokens
}

var dateFormat = domain{
	noun: "a format such as \"YYYY-MM-DD HH:mm\", or one of iso, rfc3339, date, time and unix",
	contains: func(v any) bool {
		s, ok := v.(string)
		if !ok {
			return false
		}
		_, named := namedFormats[s]
		_, unknown := formatPieces(s)
		return named || s != "" && unknown == ""
	},
	hint: func(v any) string {
		s, _ := v.(string)
		if _, unknown := formatPieces(s); unknown != "" {
			return fmt.Sprintf("%s is not a token. %s Other letters go in brackets: [at].", unknown, suggestToken(unknown))
		}
		return ""
	},
}

var timeZone = domain{
	noun: "the name of a time zone in the IANA database of this machine, such as \"Europe/Berlin\"",
	contains: func(v any) bool {
		s, ok := v.(string)
		if !ok || s == "" || s == "Local" { // Go's own names for UTC and the machine's zone
			return false
		}
		_, err := time.LoadLocation(s)
		return err == nil
	},
}

func applyDate(v any, args []any) (any, error) {
	format, zone := formatISO, time.UTC
	if len(args) > 0 {
		format = args[0].(string)
	}
	if len(args) > 1 {
		z, err := time.LoadLocation(args[1].(string))
		if err != nil { // checked by its domain
			return nil, errors.New(complaintTime)
		}
		zone = z
	}
	at, ok := pointInTime(v, zone)
	if !ok {
		return nil, errors.New(complaintTime)
	}
	at = at.In(zone)
	switch layout, named := namedFormats[format]; {
	case format == formatUnix:
		return json.Number(strconv.FormatInt(at.Unix(), 10)), nil
	case named:
		return at.Format(layout), nil
	}
	pieces, _ := formatPieces(format)
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.of(at))
	}
	return b.String(), nil
}

// millisFrom is the number from which on a number means milliseconds: as seconds
// it would be in the year 5138, as milliseconds it is in 1973.
const millisFrom = 1e11

// pointInTime reads text or a number; text without an offset is in the zone.
func pointInTime(v any, zone *time.Location) (time.Time, bool) {
	if s, ok := v.(string); ok {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
			if t, err := time.ParseInLocation(layout, s, zone); err == nil {
				return t, true
			}
		}
		return time.Time{}, false
	}
	d, ok := parseDecimal(textOf(v))
	if !ok {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(string(d.number()), 64)
	if err != nil {
		return time.Time{}, false
	}
	if seconds < millisFrom && seconds > -millisFrom {
		d.point += 3 // exactly, so that a fraction of a second stays what it was
	}
	const latest = 253402300799999 // the end of the year 9999
	millis, err := strconv.ParseInt(string(d.round(0).number()), 10, 64)
	if err != nil || millis > latest || millis < -latest {
		return time.Time{}, false
	}
	return time.UnixMilli(millis), true
}

// formatPiece is a token, or literal text.
type formatPiece struct {
	literal, token string
}

func (p formatPiece) of(t time.Time) string {
	switch p.token {
	case "":
		return p.literal
	case tokenHour:
		return strconv.Itoa(t.Hour())
	case tokenMillis:
		return fmt.Sprintf("%03d", t.Nanosecond()/int(time.Millisecond))
	}
	return t.Format(tokenLayouts[p.token])
}

// formatPieces cuts a format into tokens and literals; unknown is the first run of
// letters that is no token.
func formatPieces(format string) (pieces []formatPiece, unknown string) {
	for rest := format; rest != ""; {
		if literal, after, ok := bracketed(rest); ok {
			pieces, rest = append(pieces, formatPiece{literal: literal}), after
			continue
		}
		c := rest[0]
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter || c == 'T' {
			_, size := utf8.DecodeRuneInString(rest)
			pieces, rest = append(pieces, formatPiece{literal: rest[:size]}), rest[size:]
			continue
		}
		run := rest[:len(rest)-len(strings.TrimLeft(rest, string(c)))]
		_, known := tokenLayouts[run]
		if known = known || run == tokenHour || run == tokenMillis; !known && unknown == "" {
			unknown = run
		}
		pieces, rest = append(pieces, formatPiece{token: run}), rest[len(run):]
	}
	return pieces, unknown
}

func bracketed(s string) (literal, rest string, ok bool) {
	if s[0] != '[' {
		return "", s, false
	}
	return strings.Cut(s[1:], "]")
}
