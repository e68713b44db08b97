package jira

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// link finds [text](address) and bare addresses. An address may hold brackets
// in pairs.
var link = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[([^\[\]]+)\]\((https?://(?:[^\s()]|\([^\s()]*\))+)\)|https?://[^\s<>"]+`)
})

// linked parts a line into text and links.
func linked(text string) []node {
	var nodes []node
	plain := func(s string) {
		if s != "" {
			nodes = append(nodes, node{Type: typeText, Text: s})
		}
	}
	for text != "" {
		m := link().FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		begin, end := m[0], m[1]
		var shown, address string
		if m[2] >= 0 {
			shown, address = text[m[2]:m[3]], text[m[4]:m[5]]
		} else {
			address = withoutEnd(text[begin:end])
			shown, end = address, begin+len(address)
		}
		plain(text[:begin])
		if host := address[strings.Index(address, "//")+2:]; host == "" {
			plain(text[begin:end])
		} else {
			nodes = append(nodes, node{Type: typeText, Text: shown, Marks: []node{{Type: typeLink, Attrs: map[string]any{"href": address}}}})
		}
		text = text[end:]
	}
	plain(text)
	return nodes
}

// withoutEnd takes off what more likely belongs to the sentence than to the address:
// punctuation, and a bracket that the address does not open.
func withoutEnd(address string) string {
	surplus := strings.Count(address, ")") - strings.Count(address, "(")
	for {
		last, size := utf8.DecodeLastRuneInString(address)
		switch {
		case last == ')' && surplus > 0:
			surplus--
		case !strings.ContainsRune(`.,;:!?'*_]}»”’`, last):
			return address
		}
		address = address[:len(address)-size]
	}
}
