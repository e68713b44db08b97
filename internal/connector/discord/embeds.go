package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"switchboard/internal/template"
)

// How much embeds may hold, in items and characters.
//
// Source: https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	mostEmbeds = 10
	mostFields = 25
	mostOfAll  = 6000 // of all texts of all embeds together

	longTitle  = 256
	longText   = 4096
	longName   = 256
	longValue  = 1024
	longFooter = 2048
	longAuthor = 256
)

// embedsTarget says what a variable in the embeds becomes part of: in JSON text a
// piece of JSON, in a list the words of an embed.
func embedsTarget(config map[string]any) template.Target {
	if _, ok := config["embeds"].(string); ok {
		return template.TargetJSON
	}
	return template.TargetText
}

// readEmbeds gives embeds that come as a list, as one object, as JSON text, or in
// an object as embed builders show them.
func readEmbeds(value any) ([]any, error) {
	if words, ok := value.(string); ok {
		if strings.TrimSpace(words) == "" {
			return nil, nil
		}
		decoder := json.NewDecoder(strings.NewReader(words))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil || decoder.More() {
			return nil, errors.New("the text is not JSON")
		}
	}
	if object, ok := value.(map[string]any); ok {
		if value, ok = object["embeds"]; !ok {
			value = []any{object}
		}
	}
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("they are not a list")
	}
	return list, checkEmbeds(list)
}

// checkEmbeds says what Discord would refuse, but with the number of the embed.
func checkEmbeds(list []any) error {
	if len(list) > mostEmbeds {
		return fmt.Errorf("there are %d, and a message has at most %d", len(list), mostEmbeds)
	}
	m := measure{}
	for i, element := range list {
		embed, ok := element.(map[string]any)
		if !ok || len(embed) == 0 {
			return fmt.Errorf("number %d is not an object with something in it", i+1)
		}
		m.embed(fmt.Sprintf("number %d", i+1), embed)
	}
	if m.wrong == nil && m.total > mostOfAll {
		return fmt.Errorf("their texts have %d characters together, and a message has at most %d", m.total, mostOfAll)
	}
	return m.wrong
}

// measure adds up the texts of embeds and notes the first that is too long.
type measure struct {
	total int
	wrong error
}

func (m *measure) embed(which string, embed map[string]any) {
	m.text(which, embed, "title", longTitle)
	m.text(which, embed, "description", longText)
	if footer, ok := embed["footer"].(map[string]any); ok {
		m.text(which+", footer", footer, "text", longFooter)
	}
	if author, ok := embed["author"].(map[string]any); ok {
		m.text(which+", author", author, "name", longAuthor)
	}
	fields, ok := embed["fields"].([]any)
	if !ok {
		return
	}
	if len(fields) > mostFields && m.wrong == nil {
		m.wrong = fmt.Errorf("%s has %d fields, and an embed has at most %d", which, len(fields), mostFields)
	}
	for i, f := range fields {
		if field, ok := f.(map[string]any); ok {
			at := fmt.Sprintf("%s, field %d", which, i+1)
			m.text(at, field, "name", longName)
			m.text(at, field, "value", longValue)
		}
	}
}

func (m *measure) text(of string, object map[string]any, name string, limit int) {
	s, ok := object[name].(string)
	if !ok {
		return
	}
	n := utf8.RuneCountInString(strings.TrimSpace(s)) // as Discord counts
	m.total += n
	if n > limit && m.wrong == nil {
		m.wrong = fmt.Errorf("the %s of %s has %d characters, and may have %d", name, of, n, limit)
	}
}
