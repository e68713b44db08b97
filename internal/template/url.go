package template

import (
	"errors"
	"net/url"
	"strings"
)

// urlPart is the part of a URL in which the next byte stands.
type urlPart int

const (
	urlStart     urlPart = iota // a scheme, or the first segment of a relative path
	urlSlash                    // after the first slash of what may become //
	urlAuthority                // user, host and port
	urlPath
	urlQuery
	urlFragment
)

// urlPlace follows a URL while it is written.
type urlPlace struct {
	part    urlPart
	begun   bool   // something has been written, even if it was empty
	scheme  bool   // the last byte ended a scheme
	segment []byte // of the path, so far
	touched bool   // a value is part of the segment
	port    bool   // of the authority: behind its colon
	tail    bool   // a value is the end of a host that the author began
}

// urlValue adds a value, escaped for the part in which it stands. At the very
// start it may be a base URL of several parts; it decides about itself there.
func (o *output) urlValue(s string) error {
	if !o.url.begun {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
			return errors.New(complaintURL)
		}
		o.text = append(o.text, s...)
		if err := o.url.advance(s, false); err != nil {
			return err
		}
		return o.checkSize()
	}
	if o.url.scheme { // mailto:{{address}}
		o.url.part = urlPath
	}
	switch o.url.part {
	case urlStart, urlAuthority:
		if strings.ContainsFunc(s, notInHost) {
			return errors.New(complaintHost)
		}
	case urlSlash:
		if s == "" { // a slash that follows would make what comes then a host
			return errors.New(complaintEmptySegment)
		}
		s = url.PathEscape(s)
	case urlQuery:
		s = url.QueryEscape(s)
	default:
		s = url.PathEscape(s)
	}
	o.text = append(o.text, s...)
	if err := o.url.advance(s, true); err != nil {
		return err
	}
	return o.checkSize()
}

func notInHost(r rune) bool {
	letter, digit := r|0x20 >= 'a' && r|0x20 <= 'z', r >= '0' && r <= '9'
	return !letter && !digit && !strings.ContainsRune(".-_", r)
}

// advance follows s; a segment that a value took part in must not be dots alone.
func (p *urlPlace) advance(s string, value bool) error {
	p.begun = true
	if value {
		p.touched = true
		p.tail = p.tail || s != "" && p.part == urlAuthority && len(p.segment) > 0 && !p.port
	}
	for i := range len(s) {
		if p.part == urlAuthority && strings.IndexByte("/?#", s[i]) < 0 {
			p.port = p.port || s[i] == ':'
			p.tail = p.tail && (value || p.port)
		}
		if err := p.step(s[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *urlPlace) step(c byte) error {
	if p.part >= urlQuery {
		if c == '#' {
			p.part = urlFragment
		}
		return nil
	}
	switch c {
	case '?', '#':
		err := p.endSegment()
		if p.part = urlQuery; c == '#' {
			p.part = urlFragment
		}
		return err
	case '/':
		return p.slash()
	}
	if p.part == urlSlash {
		p.part = urlPath
	}
	p.scheme = c == ':' && p.part == urlStart
	p.segment = append(p.segment, c)
	return nil
}

func (p *urlPlace) slash() error {
	err := p.endSegment()
	switch {
	case p.part == urlSlash:
		p.part = urlAuthority
	case p.part == urlStart && (p.scheme || len(p.segment) == 0):
		p.part = urlSlash
	default:
		p.part = urlPath
	}
	p.segment, p.touched, p.scheme = p.segment[:0], false, false
	return err
}

// endSegment checks what was written since the last slash. A host that the author
// began must be ended by the author too: {{x}} behind https://api.example.com would
// else make it any host, and send the credential there.
func (p *urlPlace) endSegment() error {
	if p.part == urlAuthority && p.tail {
		return errors.New(complaintHostEnd)
	}
	if !p.touched || p.part == urlAuthority || p.part >= urlQuery {
		return nil
	}
	return checkSegment(string(p.segment))
}
